from typing import Any

import pytest

from tests.twin_rbac.insight.previews import (
    EARTH,
    FIRE,
    GROUP,
    INSTANCE_ID,
    ROLE_TAGS,
    SUBSCRIPTION,
    TWINS,
    UNKNOWN,
    WIND,
    document,
    grant,
    grant_urn,
    marker,
    marker_urn,
    role_tags,
    same,
    scenario,
    state,
    step,
)
from twin_rbac.insight.base import Base
from twin_rbac.insight.preview_file import read_preview
from twin_rbac.insight.report import make_report
from twin_rbac.insight.sight import SightChange, compare_views, view_after, view_before


def changes(*steps: Any, without: tuple[str, ...] = ()) -> dict[str, SightChange]:
    """Principal -> change, for the scenario with some steps in place of others."""
    preview = read_preview(document(*scenario(without=(*without, *(item["urn"] for item in steps))), *steps))
    found = compare_views(view_before(preview), view_after(preview))
    return {item.principal_id: item for item in found}


def test_nothing_changes_where_nothing_changes() -> None:
    assert changes() == {}


def test_a_twin_that_moves_is_gained_by_one_tenant_and_lost_by_the_other() -> None:
    found = changes(step("update", ROLE_TAGS, role_tags(TWINS), role_tags({**TWINS, "B": "Earth"})))

    assert set(found) == {EARTH, FIRE}
    assert (found[EARTH].gains, found[EARTH].loses, found[EARTH].sees) == (("B",), (), 4)
    assert (found[FIRE].gains, found[FIRE].loses, found[FIRE].sees) == ((), ("B",), 1)


def test_a_twin_that_leaves_the_manifest_is_lost_by_all_who_saw_it() -> None:
    rest = {twin: role for twin, role in TWINS.items() if twin != "B"}
    found = changes(step("update", ROLE_TAGS, role_tags(TWINS), role_tags(rest)))

    assert {name: item.loses for name, item in found.items()} == {FIRE: ("B",), WIND: ("B",)}


def test_a_role_that_a_tenant_gets_shows_it_all_twins_of_the_role() -> None:
    found = changes(step("create", grant_urn("Earth", FIRE), None, grant("Earth", FIRE)))

    (item,) = found.values()
    assert (item.principal_id, item.instance, item.roles_gained, item.gains) == (
        FIRE,
        "instance",
        ("Earth",),
        ("1", "2", "A"),
    )
    assert item.sees == 5


def test_a_role_that_a_tenant_loses_hides_them() -> None:
    found = changes(step("delete", grant_urn("Fire", WIND), grant("Fire", WIND)))

    (item,) = found.values()
    assert (item.roles_lost, item.loses, item.sees) == (("Fire",), ("3", "B"), 3)


def test_a_role_without_twins_changes_hands_though_nobody_sees_more() -> None:
    found = changes(step("create", grant_urn("Wind", EARTH), None, grant("Wind", EARTH)))

    assert (found[EARTH].roles_gained, found[EARTH].gains) == (("Wind",), ())


def test_a_change_of_manifest_and_of_role_at_once_is_one_comparison() -> None:
    found = changes(
        step("delete", grant_urn("Earth", EARTH), grant("Earth", EARTH)),
        step("create", grant_urn("Fire", EARTH), None, grant("Fire", EARTH)),
        step("update", ROLE_TAGS, role_tags(TWINS), role_tags({**TWINS, "1": "Fire"})),
    )

    # Twin 1 moves with the tenant, which therefore keeps it.
    assert (found[EARTH].gains, found[EARTH].loses) == (("3", "B"), ("2", "A"))
    assert found[FIRE].gains == ("1",)
    assert WIND not in found


def test_an_assignment_whose_ids_are_not_known_yet_counts_by_what_it_comes_from() -> None:
    found = changes(step("create", grant_urn("Earth", FIRE), None, grant("Earth", FIRE, known=False)))

    assert found[FIRE].gains == ("1", "2", "A")


def test_an_assignment_made_anew_under_another_id_changes_nothing() -> None:
    assert (
        changes(
            step("replace", grant_urn("Earth", EARTH), grant("Earth", EARTH), grant("Earth", EARTH, known=False)),
            step("replace", marker_urn("Earth"), marker("Earth"), marker("Earth", UNKNOWN)),
        )
        == {}
    )


def test_another_role_at_the_instance_shows_no_twin() -> None:
    foreign = grant("Earth", FIRE)
    foreign["inputs"]["roleDefinitionId"] = f"{GROUP}/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
    foreign["propertyDependencies"]["roleDefinitionId"] = []

    assert changes(step("create", grant_urn("Reader", FIRE), None, foreign)) == {}


@pytest.mark.parametrize(("rule", "lost"), [("report", ()), ("remove", ("X",))])
def test_an_unlisted_twin_is_seen_until_the_manifest_removes_it(rule: str, lost: tuple[str, ...]) -> None:
    old = role_tags(TWINS, unlisted={"X": "Fire"})
    found = changes(step("update", ROLE_TAGS, old, role_tags({**TWINS, "4": "Earth"}, rule=rule)))

    assert found[EARTH].gains == ("4",)
    assert (found[FIRE].loses if FIRE in found else ()) == lost


def test_with_markers_a_twin_is_seen_by_whoever_holds_one_of_its_roles() -> None:
    found = changes(step("update", ROLE_TAGS, role_tags(TWINS), role_tags({**TWINS, "A": "Earth,Fire"})))

    assert {name: item.gains for name, item in found.items()} == {FIRE: ("A",)}


def test_tags_stay_on_the_twins_when_their_resource_leaves_the_stack() -> None:
    assert changes(step("delete", ROLE_TAGS, role_tags(TWINS))) == {}


def test_everything_is_gained_in_a_new_stack() -> None:
    steps = [
        step("create", marker_urn("Earth"), None, marker("Earth", UNKNOWN)),
        step("create", grant_urn("Earth", EARTH), None, grant("Earth", EARTH, known=False)),
        step("create", ROLE_TAGS, None, role_tags(TWINS)),
    ]
    preview = read_preview(document(*steps))

    (item,) = compare_views(view_before(preview), view_after(preview))
    assert (item.principal_id, item.roles_gained, item.gains) == (EARTH, ("Earth",), ("1", "2", "A"))


@pytest.mark.parametrize("twins", [UNKNOWN, {"A": UNKNOWN}, {"Earth": {"count": 20000}}])
def test_twins_that_the_preview_does_not_tell_are_said_to_be_unknown(twins: object) -> None:
    steps = [step("update", ROLE_TAGS, role_tags(TWINS), role_tags(twins))]
    preview = read_preview(document(*scenario(without=(ROLE_TAGS,)), *steps))

    assert view_after(preview).unknown == ("which twins role-tags tags",)
    # What is unknown is neither gained nor lost.
    assert compare_views(view_before(preview), view_after(preview)) == ()


def test_a_role_that_changes_hands_while_the_twins_are_unknown_is_told_without_twins() -> None:
    found = changes(
        step("update", ROLE_TAGS, role_tags(TWINS), role_tags(UNKNOWN)),
        step("create", grant_urn("Earth", FIRE), None, grant("Earth", FIRE)),
    )

    (item,) = found.values()
    assert (item.roles_gained, item.gains, item.loses, item.sees) == (("Earth",), (), (), None)


def test_a_principal_that_the_preview_does_not_tell_is_said_to_be_unknown() -> None:
    new = grant("Earth", UNKNOWN)
    preview = read_preview(document(*scenario(), step("create", grant_urn("Earth", "new-app"), None, new)))

    assert view_after(preview).unknown == ("who gets the role Earth by tenants-Earth-new-app",)


def test_two_instances_are_kept_apart() -> None:
    other = role_tags({"Z": "Earth"})
    other["propertyDependencies"] = {}
    other["inputs"]["instanceId"] = f"{GROUP}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/other"

    assert changes(step("create", ROLE_TAGS.replace("role-tags", "others"), None, other)) == {}


def test_a_state_without_inputs_is_no_tenant() -> None:
    assert changes(step("create", grant_urn("Earth", "nobody"), None, state({}))) == {}


def at_scope(scope: str, *urns: str) -> Any:
    new = grant("Earth", FIRE)
    new["inputs"]["scope"] = scope
    new["propertyDependencies"]["scope"] = list(urns)
    return step("create", grant_urn("Earth", FIRE), None, new)


@pytest.mark.parametrize(
    "scope",
    [
        INSTANCE_ID,
        f"{INSTANCE_ID.upper()}/",
        GROUP,
        f"{GROUP.lower()}/",
        SUBSCRIPTION,
        "/providers/Microsoft.Management/managementGroups/mg",
        "/",
    ],
)
def test_a_role_above_the_instance_counts_at_the_instance(scope: str) -> None:
    (item,) = changes(at_scope(scope)).values()

    assert (item.instance, item.gains) == ("instance", ("1", "2", "A"))


def test_a_role_above_two_instances_counts_at_both() -> None:
    other = role_tags({"Z": "Earth"})
    other["propertyDependencies"] = {}
    other["inputs"]["instanceId"] = f"{GROUP}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/other/"
    others = ROLE_TAGS.replace("role-tags", "others")
    steps = [same(others, other), at_scope(GROUP)]
    preview = read_preview(document(*scenario(), *steps))

    found = compare_views(view_before(preview), view_after(preview))

    assert {(item.instance, item.gains) for item in found} == {("instance", ("1", "2", "A")), ("other", ("Z",))}


@pytest.mark.parametrize("scope", [UNKNOWN, f"{SUBSCRIPTION}/resourceGroups/r", f"{INSTANCE_ID}/x/y"])
def test_a_scope_that_cannot_be_placed_is_said_to_be_unknown(scope: str) -> None:
    preview = read_preview(document(*scenario(), at_scope(scope)))

    assert view_after(preview).unknown == (f"at which instances the role Earth acts by tenants-Earth-{FIRE}",)
    assert not make_report(preview, Base(revision="x", manifest=None, twins=None, changes=None)).sight_is_known


def test_a_scope_above_an_instance_that_is_made_now_is_unknown() -> None:
    tags = role_tags(TWINS)
    tags["inputs"]["instanceId"] = UNKNOWN
    steps = [step("replace", ROLE_TAGS, role_tags(TWINS), tags), at_scope(GROUP)]
    preview = read_preview(document(*scenario(without=(ROLE_TAGS,)), *steps))

    assert view_after(preview).unknown == (f"at which instances the role Earth acts by tenants-Earth-{FIRE}",)
