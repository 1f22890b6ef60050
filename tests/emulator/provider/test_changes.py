from typing import Any

import pytest

from emulator.provider.changes import carry_drift, find_changes, top_of


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ({"a": 1, "b": {"c": [1]}}, {"b": {"c": [1]}, "a": 1}, {}),
        ({"a": 1}, {"a": 2}, {"a": "UPDATE"}),
        ({}, {"a": {"b": 1}}, {"a": "ADD"}),
        ({"tags": {"x": "1", "y": "2"}}, {"tags": {"y": "3"}}, {"tags.x": "DELETE", "tags.y": "UPDATE"}),
        ({"tags": {}}, {"tags": {"cost center": "1"}}, {'tags["cost center"]': "ADD"}),
        ({"tags": {}}, {"tags": {'a"b': "1"}}, {'tags["a\\"b"]': "ADD"}),
        (
            {"permissions": [{"dataActions": ["r"]}]},
            {"permissions": [{"dataActions": ["r", "w"]}]},
            {"permissions[0].dataActions[1]": "ADD"},
        ),
        ({"location": "West Europe"}, {"location": "westeurope"}, {}),
        ({"scope": "/Subscriptions/s"}, {"scope": "/subscriptions/s"}, {"scope": "UPDATE"}),
    ],
)
def test_changes_are_named_down_to_the_leaf(old: Any, new: Any, changes: dict[str, str]) -> None:
    assert find_changes(old, new) == changes


def test_the_input_of_a_path_is_found() -> None:
    assert [top_of(path) for path in ("a", "tags.x", 'tags["a.b"]', "permissions[0].actions")] == [
        "a",
        "tags",
        "tags",
        "permissions",
    ]


@pytest.mark.parametrize(
    ("value", "before", "after", "carried"),
    [
        ("a", "a", "a", "a"),
        ("a", "a", "b", "b"),
        (None, None, {"x": "1"}, {"x": "1"}),
        ({"x": "1"}, {"x": "1"}, None, None),
        # Only what changed since is carried: a tag that a policy added before is not the program's.
        ({"x": "1"}, {"x": "1", "policy": "p"}, {"x": "2", "policy": "p"}, {"x": "2"}),
        ({"x": "1"}, {"x": "1"}, {"x": "1", "hand": "h"}, {"x": "1", "hand": "h"}),
        ({"x": "1", "y": "2"}, {"x": "1", "y": "2"}, {"y": "2"}, {"y": "2"}),
        (["a"], ["a"], ["a", "b"], ["a", "b"]),
        # The service spells it otherwise, and nothing changed.
        ("/roles/1", "/subscriptions/s/roles/1", "/subscriptions/s/roles/1", "/roles/1"),
    ],
)
def test_drift_is_carried_into_the_input(value: Any, before: Any, after: Any, carried: Any) -> None:
    assert carry_drift(value, before, after) == carried
