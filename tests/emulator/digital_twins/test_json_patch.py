from typing import Any

import pytest

from emulator.digital_twins.errors import MalformedPatch, PatchInvalid
from emulator.digital_twins.json_patch import apply, parse_patch

TARGET = {"a": {"b": {"c": 1}, "d/e": 2, "~": 3}, "f": [1]}


def patched(op: str, path: str, value: Any = None) -> Any:
    (operation,) = parse_patch([{"op": op, "path": path, "value": value}])
    return apply(TARGET, operation)


@pytest.mark.parametrize(
    ("op", "path", "expected"),
    [
        ("add", "/x", {**TARGET, "x": 9}),
        ("add", "/f", {**TARGET, "f": 9}),
        ("add", "/a/b/c", {**TARGET, "a": {"b": {"c": 9}, "d/e": 2, "~": 3}}),
        ("replace", "/a/d~1e", {**TARGET, "a": {"b": {"c": 1}, "d/e": 9, "~": 3}}),
        ("remove", "/a/~0", {**TARGET, "a": {"b": {"c": 1}, "d/e": 2}}),
        ("remove", "/a", {"f": [1]}),
    ],
)
def test_a_step_gives_a_new_object_and_leaves_the_old_one(op: str, path: str, expected: Any) -> None:
    assert patched(op, path, 9) == expected
    assert TARGET == {"a": {"b": {"c": 1}, "d/e": 2, "~": 3}, "f": [1]}


@pytest.mark.parametrize(
    ("op", "path", "reason"),
    [
        ("add", "/x/y", "Could not resolve path /x/y."),
        ("add", "/f/0", "Could not resolve path /f/0."),
        ("replace", "/x", "The target location specified by path segment 'x' was not found."),
        ("remove", "/a/b/x", "The target location specified by path segment 'x' was not found."),
        ("add", "x", "Could not resolve path x."),
        ("add", "/", "Could not resolve path /."),
        ("add", "/a//b", "Could not resolve path /a//b."),
        ("test", "/a", "Unsupported operation type test."),
        ("", "/a", "Parameter op must not be empty."),
        ("add", "", "Parameter path must not be empty."),
    ],
)
def test_a_step_that_leads_nowhere_is_refused(op: str, path: str, reason: str) -> None:
    with pytest.raises(PatchInvalid) as caught:
        patched(op, path)
    assert caught.value.document["error"]["message"].startswith(reason)


@pytest.mark.parametrize("document", [None, {}, "x", ["x"], [{"op": "remove", "path": "/a"}, 5]])
def test_a_document_that_is_no_list_of_objects_is_malformed(document: object) -> None:
    with pytest.raises(MalformedPatch):
        parse_patch(document)
