"""What is sent to make a twin's role tag say what a change wants: JSON Patch operations; pure.

The service takes a key of the map only where the map exists (fact sheet adt-data-plane, section 4.1), so that there
are two forms of every change: its keys alone, or the whole map with the other tags as they were read. The etag that
guards the write keeps the second from losing anything.
"""

from collections.abc import Mapping
from typing import Any

from twin_rbac.role_tags.model import TagRules
from twin_rbac.role_tags.plan import Change

Operation = Mapping[str, Any]
"""One operation of a JSON Patch."""


def make_patch(change: Change, rules: TagRules, *, whole_map: bool) -> list[Operation]:
    """The operations of one change, the move to another model first.

    Args:
        change: the twin and its new role tag.
        rules: whose property and key are written.
        whole_map: write the whole map in place of its keys.
    """
    gained, lost = _keys_moved(change, rules)
    if whole_map:
        others = {key: value for key, value in (change.existing.tags or {}).items() if key not in lost}
        operations = [_add(_pointer(rules.property), {**others, **gained})]
    else:
        operations = [_add(_pointer(rules.property, key), value) for key, value in gained.items()]
        operations += [{"op": "remove", "path": _pointer(rules.property, key)} for key in lost]
    return [*_move(change), *operations]


def _keys_moved(change: Change, rules: TagRules) -> tuple[dict[str, Any], list[str]]:
    """The keys to set with their values, and the keys to take away."""
    if rules.encoding == "marker":
        old, new = rules.split(change.old), rules.split(change.new)
        return dict.fromkeys(sorted(new - old), True), sorted(old - new)
    return ({}, [rules.key]) if change.new is None else ({rules.key: change.new}, [])


def _move(change: Change) -> list[Operation]:
    # Whether the twin conforms is judged after the whole patch (fact sheet adt-data-plane, section 4).
    if change.model_id is None:
        return []
    return [{"op": "replace", "path": "/$metadata/$model", "value": change.model_id}]


def _add(path: str, value: Any) -> Operation:
    # `add` overwrites what is there; `replace` fails where nothing is.
    return {"op": "add", "path": path, "value": value}


def _pointer(*keys: str) -> str:
    """A JSON Pointer (RFC 6901)."""
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)
