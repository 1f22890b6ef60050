from typing import Any

import pytest

from twin_rbac.role_tags.model import TagRules, TwinTags
from twin_rbac.role_tags.patches import make_patch
from twin_rbac.role_tags.plan import Change, decide

BY_VALUE = TagRules(roles=("Earth", "Fire"))
MARKERS = TagRules(roles=("Earth", "Fire", "Wind"), property="marks", encoding="marker")


def change(rules: TagRules, tags: dict[str, Any] | None, new: str | None, model_id: str | None = None) -> Change:
    decided = decide(TwinTags(twin_id="A", etag="e", tags=tags), new, rules, rules.roles)
    assert decided is not None
    return Change(
        twin_id="A", kind=decided.kind, old=decided.old, new=new, existing=decided.existing, model_id=model_id
    )


def add(path: str, value: Any) -> dict[str, Any]:
    return {"op": "add", "path": path, "value": value}


def remove(path: str) -> dict[str, Any]:
    return {"op": "remove", "path": path}


# Fact sheet adt-data-plane, section 4.1: a key can be added only where the map exists, and `add` overwrites.
@pytest.mark.parametrize(
    ("tags", "new", "by_key", "by_map"),
    [
        (None, "Earth", [add("/tags/role", "Earth")], [add("/tags", {"role": "Earth"})]),
        ({"f": "1"}, "Earth", [add("/tags/role", "Earth")], [add("/tags", {"f": "1", "role": "Earth"})]),
        ({"role": "Fire"}, "Earth", [add("/tags/role", "Earth")], [add("/tags", {"role": "Earth"})]),
        ({"role": "Fire", "f": "1"}, None, [remove("/tags/role")], [add("/tags", {"f": "1"})]),
    ],
)
def test_by_value_the_one_key_is_written(tags: Any, new: str | None, by_key: Any, by_map: Any) -> None:
    assert make_patch(change(BY_VALUE, tags, new), BY_VALUE, whole_map=False) == by_key
    assert make_patch(change(BY_VALUE, tags, new), BY_VALUE, whole_map=True) == by_map


@pytest.mark.parametrize(
    ("tags", "new", "by_key", "by_map"),
    [
        (None, "Earth", [add("/marks/Earth", value=True)], [add("/marks", {"Earth": True})]),
        (
            {"Fire": True, "x": False},
            "Earth,Wind",
            [add("/marks/Earth", value=True), add("/marks/Wind", value=True), remove("/marks/Fire")],
            [add("/marks", {"x": False, "Earth": True, "Wind": True})],
        ),
        (
            {"Earth": False, "Fire": True},
            "Earth",
            [remove("/marks/Fire")],
            [add("/marks", {"Earth": False})],
        ),
        ({"Earth": True, "x": True}, None, [remove("/marks/Earth")], [add("/marks", {"x": True})]),
    ],
)
def test_with_markers_what_is_gained_is_set_and_what_is_lost_is_removed(
    tags: Any, new: str | None, by_key: Any, by_map: Any
) -> None:
    assert make_patch(change(MARKERS, tags, new), MARKERS, whole_map=False) == by_key
    assert make_patch(change(MARKERS, tags, new), MARKERS, whole_map=True) == by_map


def test_a_twin_goes_to_its_new_model_first_and_in_the_same_patch() -> None:
    moving = change(BY_VALUE, None, "Earth", "dtmi:room;2")

    assert make_patch(moving, BY_VALUE, whole_map=True) == [
        {"op": "replace", "path": "/$metadata/$model", "value": "dtmi:room;2"},
        add("/tags", {"role": "Earth"}),
    ]


def test_what_a_json_pointer_would_read_otherwise_is_escaped() -> None:
    # RFC 6901, section 3: `~` is `~0`, `/` is `~1`.
    rules = TagRules(roles=("Earth",), property="t~a", key="r/o")

    assert make_patch(change(rules, {}, "Earth"), rules, whole_map=False) == [add("/t~0a/r~1o", "Earth")]
