"""Reads what `pulumi preview --json` wrote; pure but for the one function that reads the file."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from twin_rbac.insight.errors import PreviewUnreadable, UnknownForm
from twin_rbac.insight.masking import mask
from twin_rbac.insight.preview import Operation, Preview, State, Step

_OPERATIONS = {
    "create": Operation.CREATE,
    "import": Operation.CREATE,
    "update": Operation.UPDATE,
    "replace": Operation.REPLACE,
    "create-replacement": Operation.REPLACE,
    "import-replacement": Operation.REPLACE,
    "delete": Operation.DELETE,
    "same": Operation.SAME,
    "read": Operation.SAME,
    "read-replacement": Operation.SAME,
    "refresh": Operation.REFRESH,
    "delete-replaced": Operation.PART,
    "discard-replaced": Operation.PART,
    "read-discard": Operation.PART,
    "remove-pending-replace": Operation.PART,
}


def load_preview(file: Path) -> Preview:
    """Reads a preview from its file.

    Raises:
        PreviewUnreadable: there is no such file, or it is not what `pulumi preview --json` writes.
    """
    try:
        document = json.loads(file.read_bytes())
    except OSError as error:
        raise PreviewUnreadable(file, f"it cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise PreviewUnreadable(file, f"it is not JSON ({error})") from error
    try:
        return read_preview(document)
    except UnknownForm as error:
        raise PreviewUnreadable(file, str(error)) from error


def read_preview(document: Any) -> Preview:
    """The preview from its JSON.

    Raises:
        UnknownForm: it has no steps, or another form than the one that we know.
    """
    steps, errors = _steps(document), _errors(document)
    if not steps and not errors:
        raise UnknownForm("it has no steps, so it is no preview of a stack")
    before, after = _states(steps)
    return Preview(
        stack=steps[0].urn.split(":")[2] if steps else "",
        changes=tuple(step for step in steps if step.operation in _CHANGING),
        before=before,
        after=after,
        is_whole=any(_tells_the_rest(step) for step in steps),
        config={key: _decode(value) for key, value in (document.get("config") or {}).items()},
        messages=_messages(document),
        errors=errors,
    )


_CHANGING = {Operation.CREATE, Operation.UPDATE, Operation.REPLACE, Operation.DELETE}
_TELLING = {Operation.SAME, Operation.REFRESH}


def _tells_the_rest(step: Step) -> bool:
    # The stack's own step is there in any case; a stack that is made now has nothing else.
    if step.type == "pulumi:pulumi:Stack":
        return step.operation is Operation.CREATE
    return step.operation in _TELLING


def _steps(document: Any) -> list[Step]:
    steps = document.get("steps") if isinstance(document, dict) else None
    if steps is None and isinstance(document, dict) and _errors(document):
        return []
    if not isinstance(steps, list):
        raise UnknownForm("it has no list of steps, so it is no preview or one of another release of Pulumi")
    return [_step(item, position) for position, item in enumerate(steps)]


def _step(item: Any, position: int) -> Step:
    if not isinstance(item, dict) or not isinstance(item.get("op"), str) or not _is_urn(item.get("urn")):
        raise UnknownForm(f"step {position} has no op or no urn; Pulumi 3 writes both")
    if item["op"] not in _OPERATIONS:
        raise UnknownForm(f"step {position} is of an unknown kind, {item['op']!r}; use a later release of twin-rbac")
    return Step(
        operation=_OPERATIONS[item["op"]],
        urn=item["urn"],
        old=_state(item.get("oldState"), position),
        new=_state(item.get("newState"), position),
        reasons=tuple(item.get("replaceReasons") or ()),
    )


def _state(value: Any, position: int) -> State | None:
    if not value:
        return None
    parts = ("inputs", "outputs", "propertyDependencies")
    if not isinstance(value, dict) or not all(isinstance(value.get(part) or {}, dict) for part in parts):
        raise UnknownForm(f"step {position} has a state that is none; use the twin-rbac of the same release")
    return State.from_mapping(value)


def _is_urn(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("urn:pulumi:") and value.count("::") >= 3


def _states(steps: list[Step]) -> tuple[dict[str, State], dict[str, State]]:
    before: dict[str, State] = {}
    after: dict[str, State] = {}
    for step in (item for item in steps if item.operation is not Operation.PART):
        # A refresh comes first: what it found is what is there. Without a step of its own, it stays.
        found = step.new if step.operation is Operation.REFRESH else step.old
        _put(before, step.urn, found)
        _put(after, step.urn, step.new)
    return before, after


def _put(states: dict[str, State], urn: str, state: State | None) -> None:
    if state is None:
        states.pop(urn, None)
    else:
        states[urn] = state


def _decode(value: Any) -> Any:
    # Objects and lists come as JSON texts.
    if not isinstance(value, str) or value[:1] not in {"{", "["}:
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


_WARNINGS = ("warning:", "unlisted:", "drift:")
"""How the lines begin that our dynamic resources write in a preview; the engine passes them on as information."""


def _diagnostics(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    items = document.get("diagnostics")
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _messages(document: Mapping[str, Any]) -> tuple[str, ...]:
    texts = (
        _one_line(item)
        for item in _diagnostics(document)
        if item.get("severity") == "warning" or str(item.get("message", "")).startswith(_WARNINGS)
    )
    return tuple(dict.fromkeys(texts))


def _errors(document: Mapping[str, Any]) -> tuple[str, ...]:
    items = _diagnostics(document)
    return tuple(dict.fromkeys(_one_line(item) for item in items if item.get("severity") == "error"))


def _one_line(item: Mapping[str, Any]) -> str:
    return mask(" ".join(str(item.get("message", "")).split()))
