from typing import Any

from tests.twin_rbac.insight.previews import (
    BOUNDARY,
    EARTH,
    FIRE,
    INSTANCE,
    NAMES,
    ROLE_TAGS,
    STACK,
    TWINS,
    WIND,
    boundary,
    document,
    grant,
    grant_urn,
    role_tags,
    same,
    scenario,
    state,
    step,
)
from twin_rbac.insight.base import Base
from twin_rbac.insight.preview_file import read_preview
from twin_rbac.insight.principals import Tenant
from twin_rbac.insight.report import Report, make_report
from twin_rbac.insight.tag_plan import TagChange

NO_BASE = Base(revision="main", manifest="role-tags.yaml", twins=None, changes=None)
MOVED = step("update", ROLE_TAGS, role_tags(TWINS), role_tags({**TWINS, "B": "Earth"}))


def base(*changes: TagChange, tenants: dict[str, Tenant] | None = None) -> Base:
    return Base(revision="main", manifest="role-tags.yaml", twins=TWINS, changes=changes, tenants=tenants or {})


def report(*steps: Any, start: Base = NO_BASE, **others: Any) -> Report:
    return make_report(read_preview(document(*steps, **others)), start)


def tenant(principal_id: str, *roles: str) -> Tenant:
    return Tenant(principal_id=principal_id, roles=frozenset(roles))


def test_a_stack_at_rest_has_no_changes() -> None:
    found = report(*scenario())

    assert (found.has_changes, found.tenants, found.notes) == (False, 3, ())


def test_tenants_are_called_by_the_names_of_the_boundary() -> None:
    found = report(*scenario(without=(ROLE_TAGS,)), MOVED)

    assert [found.name(item.principal_id) for item in found.sight] == ["earth", "fire"]


def test_a_tenant_that_leaves_keeps_the_name_that_it_had() -> None:
    steps = [
        step("update", BOUNDARY, boundary(**NAMES), boundary(earth=EARTH, wind=WIND)),
        step("delete", grant_urn("Fire", FIRE), grant("Fire", FIRE)),
    ]
    found = report(*scenario(without=(BOUNDARY, grant_urn("Fire", FIRE))), *steps)

    assert [(found.name(item.principal_id), item.loses) for item in found.sight] == [("fire", ("3", "B"))]


def test_the_configs_names_win_and_the_bases_fill_in() -> None:
    config = {"erde": {"principalId": EARTH, "principalType": "Group", "roles": ["Earth"]}}
    found = report(*scenario(), tenants=config, start=base(tenants={"gone": tenant("0" * 36, "Fire")}))

    assert (found.name(EARTH), found.name(FIRE), found.name("0" * 36)) == ("erde", "fire", "gone")


def test_a_twin_that_the_manifest_did_not_change_is_said() -> None:
    start = base(TagChange(twin_id="B", old="Fire", new="Earth"))
    live = role_tags({**TWINS, "B": "Fire", "A": "Fire"})
    found = report(
        *scenario(without=(ROLE_TAGS,)),
        step("update", ROLE_TAGS, live, role_tags({**TWINS, "B": "Earth"})),
        start=start,
    )

    (note,) = found.notes
    assert note.endswith("(tags edited by hand, or an update that was never run): A")


def test_a_failed_preview_says_nothing_of_tenants_and_tags() -> None:
    error = {"message": "error: no twin 'X'", "severity": "error"}
    found = report(*scenario(without=(ROLE_TAGS,)), MOVED, diagnostics=[error])

    assert (found.errors, found.sight, found.tags) == (("error: no twin 'X'",), (), ())


def test_a_preview_of_changes_alone_takes_the_rest_from_the_files() -> None:
    config = {
        "earth": {"principalId": EARTH, "principalType": "Group", "roles": ["Earth", "Wind"]},
        "fire": {"principalId": FIRE, "principalType": "Group", "roles": ["Fire"]},
    }
    start = base(
        TagChange(twin_id="B", old="Fire", new="Earth"),
        tenants={"earth": tenant(EARTH, "Earth"), "fire": tenant(FIRE, "Fire")},
    )

    found = report(same(STACK, state({})), MOVED, start=start, tenants=config)

    assert [(item.principal_id, item.roles_gained, item.gains, item.loses) for item in found.sight] == [
        (EARTH, ("Wind",), ("B",), ()),
        (FIRE, (), (), ("B",)),
    ]
    assert "not from what is deployed" in found.notes[0]


def test_a_preview_of_changes_alone_without_files_says_what_it_lacks() -> None:
    found = report(same(STACK, state({})), MOVED)

    assert "run it with --show-sames" in found.notes[0]


def test_warnings_and_what_the_base_lacks_are_notes() -> None:
    warning = {"message": "warning: the live twins were not looked at", "severity": "info"}
    start = Base(revision="x", manifest=None, twins=None, changes=None, problems=("the manifest at x is gone",))

    found = report(*scenario(), start=start, diagnostics=[warning])

    assert found.notes == ("the manifest at x is gone", "warning: the live twins were not looked at")


def test_an_instance_that_would_be_lost_is_told_apart() -> None:
    old, new = (state({"location": value}) for value in ("westeurope", "northeurope"))
    found = report(*scenario(without=(INSTANCE,)), step("replace", INSTANCE, old, new))

    assert [item.name for item in found.losses] == ["instance"]
    assert found.has_changes


def test_a_change_of_nobodys_sight_is_a_change_all_the_same() -> None:
    found = report(*scenario(), step("create", grant_urn("Wind", EARTH), None, grant("Wind", EARTH)))

    assert found.has_changes
    assert [(item.roles_gained, item.gains) for item in found.sight] == [(("Wind",), ())]
