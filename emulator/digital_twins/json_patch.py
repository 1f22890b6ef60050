"""JSON Patch as the service understands it: add, replace and remove, all of a request or nothing.

Rules and texts: fact sheet adt-data-plane, section 4; recordings of the Azure SDKs' tests.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from emulator.digital_twins.errors import MalformedPatch, PatchInvalid

ADD, REPLACE, REMOVE = "add", "replace", "remove"
_OPERATION_TYPE = "Microsoft.AspNetCore.JsonPatch.Operations.Operation"


@dataclass(frozen=True)
class Operation:
    """One step of a patch."""

    op: str
    path: tuple[str, ...]
    """The decoded segments, at least one."""
    value: Any = None

    def below(self, segment: str) -> "Operation":
        """The same step, seen from the object that holds this one under that name."""
        return replace(self, path=(segment, *self.path))


def parse_patch(document: object) -> list[Operation]:
    """Reads a patch document.

    Raises:
        MalformedPatch: it is no list of objects.
        PatchInvalid: a step is not add, replace or remove, or lacks what it needs.
    """
    if not isinstance(document, list):
        raise _malformed("", document)
    for position, step in enumerate(document):
        if not isinstance(step, dict):
            raise _malformed(f"[{position}]", step)
    return [_parse_step(step) for step in document]


def path_text(path: Sequence[str]) -> str:
    """The path as a JSON Pointer."""
    return "".join("/" + segment.replace("~", "~0").replace("/", "~1") for segment in path)


def apply(target: Mapping[str, Any], operation: Operation) -> dict[str, Any]:
    """The object after one step; the given one stays as it is.

    Raises:
        PatchInvalid: the step leads nowhere.
    """
    return _apply(target, operation, operation.path)


def _apply(target: Mapping[str, Any], operation: Operation, path: tuple[str, ...]) -> dict[str, Any]:
    name, rest = path[0], path[1:]
    if rest:
        child = target.get(name)
        if not isinstance(child, dict):
            raise PatchInvalid(f"Could not resolve path {path_text(operation.path)}")
        return {**target, name: _apply(child, operation, rest)}
    if operation.op != ADD and name not in target:
        raise PatchInvalid(f"The target location specified by path segment '{name}' was not found")
    if operation.op == REMOVE:
        return {key: value for key, value in target.items() if key != name}
    return {**target, name: operation.value}


def _parse_step(step: Mapping[str, Any]) -> Operation:
    op, path = step.get("op"), step.get("path")
    if not op:
        raise PatchInvalid("Parameter op must not be empty")
    if op not in (ADD, REPLACE, REMOVE):
        raise PatchInvalid(f"Unsupported operation type {op}")
    if not path:
        raise PatchInvalid("Parameter path must not be empty")
    if op != REMOVE and "value" not in step:
        raise PatchInvalid(f"Value must be specified for {op} operation")
    if not isinstance(path, str) or not path.startswith("/") or "" in path[1:].split("/"):
        raise PatchInvalid(f"Could not resolve path {path}")
    segments = tuple(each.replace("~1", "/").replace("~0", "~") for each in path[1:].split("/"))
    return Operation(op, segments, step.get("value"))


def _malformed(where: str, value: object) -> MalformedPatch:
    shown = f'value "{value}"' if isinstance(value, str) else "the given value"
    text = f"Error converting {shown} to type '{_OPERATION_TYPE}'. Path '{where}'."
    return MalformedPatch({where: [text]}, trace_id=f"|{secrets.token_hex(4)}-{secrets.token_hex(8)}.")
