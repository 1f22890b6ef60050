"""What changed: between old and new inputs for a diff, between old and new outputs for a refresh."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

Kind = Literal["ADD", "DELETE", "UPDATE"]

_PLAIN_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_ABSENT = object()


def find_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Kind]:
    """Property path -> what happened to it, down to the leaves that differ.

    A path is spelled as Pulumi does: `tags.owner`, `tags["cost center"]`, `permissions[0].dataActions[1]`.
    """
    return dict(_changes_of_mapping(old, new, ""))


def carry_drift(value: Any, before: Any, after: Any) -> Any:
    """An input with what changed in the output of the same name, so that the next diff shows it; None to leave it out.

    What stood in the output already and not in the input, such as a tag that a policy adds, stays out.
    """
    if before == after:
        return value
    if not (isinstance(value, Mapping) and isinstance(before, Mapping) and isinstance(after, Mapping)):
        return after
    carried = {
        key: carry_drift(value.get(key), before.get(key), after.get(key)) for key in {**value, **before, **after}
    }
    return {key: item for key, item in carried.items() if item is not None}


def top_of(path: str) -> str:
    """The input that a path starts with."""
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def _changes(old: Any, new: Any, path: str) -> Iterator[tuple[str, Kind]]:
    if old is _ABSENT:
        yield path, "ADD"
    elif new is _ABSENT:
        yield path, "DELETE"
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _changes_of_mapping(old, new, path)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _changes_of_list(old, new, path)
    elif not _is_same(old, new, path):
        yield path, "UPDATE"


def _changes_of_mapping(old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> Iterator[tuple[str, Kind]]:
    for key in {**old, **new}:
        yield from _changes(old.get(key, _ABSENT), new.get(key, _ABSENT), _join(path, key))


def _changes_of_list(old: list[Any], new: list[Any], path: str) -> Iterator[tuple[str, Kind]]:
    for position in range(max(len(old), len(new))):
        before = old[position] if position < len(old) else _ABSENT
        after = new[position] if position < len(new) else _ABSENT
        yield from _changes(before, after, f"{path}[{position}]")


def _is_same(old: Any, new: Any, path: str) -> bool:
    if path == "location" and isinstance(old, str) and isinstance(new, str):
        # "West Europe" and westeurope are one region.
        return old.replace(" ", "").lower() == new.replace(" ", "").lower()
    return bool(old == new)


def _join(path: str, key: str) -> str:
    if not _PLAIN_KEY.fullmatch(key):
        escaped = key.replace("\\", "\\\\").replace('"', '\\"')
        return f'{path}["{escaped}"]'
    return f"{path}.{key}" if path else key
