from typing import Any

import pytest

from tests.twin_rbac.insight.previews import ROLE_TAGS, TWINS, UNKNOWN, document, role_tags, same, step
from twin_rbac.insight.preview_file import read_preview
from twin_rbac.insight.tag_plan import TagChange, TagPlan, make_tag_plans
from twin_rbac.role_tags.digest import WHOLE, pack
from twin_rbac.role_tags.model import TagRules


def plan(*steps: Any) -> TagPlan:
    (found,) = make_tag_plans(read_preview(document(*steps)))
    return found


def test_each_twin_is_added_changed_or_removed() -> None:
    new = {"A": "Earth", "1": "Fire", "3": "Fire", "B": "Fire", "4": "Wind"}

    found = plan(step("update", ROLE_TAGS, role_tags(TWINS), role_tags(new)))

    assert [(item.twin_id, item.kind, item.old, item.new) for item in found.changes] == [
        ("1", "change", "Earth", "Fire"),
        ("2", "remove", "Earth", None),
        ("4", "add", None, "Wind"),
    ]


def test_a_resource_that_does_not_change_has_no_plan() -> None:
    assert make_tag_plans(read_preview(document(same(ROLE_TAGS, role_tags(TWINS))))) == ()


def test_a_new_resource_adds_all_its_twins() -> None:
    found = plan(step("create", ROLE_TAGS, None, role_tags({"A": "Earth"})))

    assert found.changes == (TagChange(twin_id="A", old=None, new="Earth"),)
    assert not found.goes_on


def test_a_replaced_resource_tags_every_twin_anew() -> None:
    found = plan(step("replace", ROLE_TAGS, role_tags({"A": "Earth"}), role_tags({"A": "Earth"})))

    assert [item.kind for item in found.changes] == ["add"]


def test_a_resource_that_leaves_writes_nothing() -> None:
    found = plan(step("delete", ROLE_TAGS, role_tags(TWINS)))

    assert (found.removed, found.changes) == (True, ())


@pytest.mark.parametrize("twins", [UNKNOWN, {"A": UNKNOWN}, {"Earth": {"digest": "00", "count": 20_000}}, None])
def test_a_map_that_the_preview_does_not_tell_is_unknown(twins: object) -> None:
    found = plan(step("update", ROLE_TAGS, role_tags(TWINS), role_tags(twins)))

    assert (found.unknown, found.changes) == (True, ())


def test_of_very_many_twins_those_that_change_are_told_all_the_same() -> None:
    rules = TagRules(roles=("Earth", "Fire", "Wind"))
    twins = {f"t{number}": "Earth" for number in range(10_001)}
    old, new = (pack(each, rules) for each in (twins, {**twins, "t7": "Fire"}))

    found = plan(step("update", ROLE_TAGS, role_tags(old), role_tags(new)))

    assert found.changes == (TagChange(twin_id="t7", old="Earth", new="Fire"),)


def test_a_damaged_map_is_unknown() -> None:
    damaged = {"Earth": "10,001 twins, sha256:00", WHOLE: "damaged"}

    assert plan(step("update", ROLE_TAGS, role_tags(TWINS), role_tags(damaged))).unknown


def test_what_a_refresh_found_live_is_what_changes() -> None:
    live = role_tags({**TWINS, "A": "Fire"})

    found = plan(step("refresh", ROLE_TAGS, role_tags(TWINS), live), step("update", ROLE_TAGS, live, role_tags(TWINS)))

    assert found.changes == (TagChange(twin_id="A", old="Fire", new="Earth"),)
