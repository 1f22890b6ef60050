"""Twins as documents: what PUT and PATCH make of them, with etags and times.

Key order and times as observed (fact sheet adt-observed-behaviour, sections 1, 3 and 4). Documents are never changed
in place: the query index and the pages of a running query share them.
"""

import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from emulator.digital_twins.errors import PatchInvalid, ValidationFailed
from emulator.digital_twins.inheritance import Contents
from emulator.digital_twins.json_patch import ADD, REMOVE, Operation, apply, path_text
from emulator.digital_twins.models import Models
from emulator.digital_twins.validation import METADATA, ROOT, check_source_time, check_twin
from emulator.storage import Document

MODEL = "$model"
LAST_UPDATE_TIME = "$lastUpdateTime"
_SYSTEM = ("$dtId", "$etag", METADATA)


def new_etag() -> str:
    """A weak etag that no other version has."""
    return f'W/"{uuid.uuid4()}"'


def timestamp(moment: datetime) -> str:
    """A UTC time with seven fraction digits."""
    return moment.isoformat(timespec="microseconds").removesuffix("+00:00") + "0Z"


def model_of(twin: Document) -> str:
    """The id of the twin's model."""
    return str(twin[METADATA][MODEL])


def component_of(twin: Document, name: str) -> Mapping[str, Any] | None:
    """The twin's component of that name, or None."""
    value = twin.get(name)
    return value if name not in _SYSTEM and isinstance(value, dict) and METADATA in value else None


def requested_model(body: Mapping[str, Any]) -> str:
    """The model that a twin as a client writes it names.

    Raises:
        ValidationFailed: it names none.
    """
    metadata = body.get(METADATA)
    model_id = metadata.get(MODEL) if isinstance(metadata, dict) else None
    if not isinstance(model_id, str):
        raise ValidationFailed([f"{METADATA}.{MODEL} is missing on {ROOT}."])
    return model_id


def create_twin(twin_id: str, body: Mapping[str, Any], models: Models, now: datetime) -> Document:
    """The twin that a PUT makes. The path decides the id; `$dtId` and `$etag` in the body are ignored.

    Raises:
        ValidationFailed: the twin does not fit its model.
    """
    model_id = requested_model(body)
    values = {name: value for name, value in body.items() if name not in _SYSTEM}
    contents = check_twin(values, model_id, models)
    changes = _Changes(timestamp(now), touched={(name,) for name in values})
    return _document(twin_id, model_id, _Values(values, contents, body[METADATA]), changes)


def patch_twin(twin: Document, operations: Sequence[Operation], models: Models, now: datetime) -> Document:
    """The twin after a PATCH: one etag and one time for all its steps.

    Raises:
        PatchInvalid: a step leads nowhere.
        ValidationFailed: the twin after the whole patch does not fit its model (after the patch).
    """
    values = {name: value for name, value in twin.items() if name not in _SYSTEM}
    model_id = model_of(twin)
    changes = _Changes(timestamp(now))
    for operation in operations:
        if operation.path == (METADATA, MODEL) and operation.op != REMOVE:
            model_id = requested_model({METADATA: {MODEL: operation.value}})
        elif METADATA in operation.path[:2]:
            changes.take_source_time(operation)
        else:
            values = _apply(values, operation)
            changes.touched.add(operation.path[:2])
    contents = check_twin(values, model_id, models)
    changes.check_source_times(values)
    return _document(twin["$dtId"], model_id, _Values(values, contents, twin[METADATA]), changes)


def component_operations(twin: Document, name: str, operations: Sequence[Operation]) -> list[Operation]:
    """The steps of a component's patch as steps of the twin's.

    Raises:
        PatchInvalid: the twin has no such component (the service answers so, not 404).
    """
    below = [operation.below(name) for operation in operations]
    if component_of(twin, name) is None:
        raise PatchInvalid(f"Could not resolve path {path_text(below[0].path if below else (name,))}")
    return below


@dataclass
class _Changes:
    """What a request touched, and when."""

    now: str
    touched: set[tuple[str, ...]] = field(default_factory=set)
    """Paths of at most two segments."""
    source_times: dict[tuple[str, ...], str | None] = field(default_factory=dict)
    """By property, or by component and property; None removes the time."""

    def take_source_time(self, operation: Operation) -> None:
        match operation.path:
            case ("$metadata", name, "sourceTime"):
                owner: tuple[str, ...] = (name,)
            case (component, "$metadata", name, "sourceTime"):
                owner = (component, name)
            case path:
                raise PatchInvalid(f"{path_text(path)} cannot be written")
        self.source_times[owner] = None if operation.op == REMOVE else operation.value

    def check_source_times(self, values: Mapping[str, Any]) -> None:
        for *component, name in self.source_times:
            holder = component_of(values, component[0]) if component else values
            if holder is None or name not in holder:
                raise PatchInvalid(f"{name} does not exist on component")

    def entries(
        self, names: Iterable[str], old: Mapping[str, Any], *, path: tuple[str, ...] = ()
    ) -> Iterator[tuple[str, Any]]:
        """The metadata of properties of the twin, or of the component at `path`."""
        for name in names:
            before = old.get(name)
            before = before if isinstance(before, dict) else {}
            touched = self._touches(path, name) or "lastUpdateTime" not in before
            entry = {"lastUpdateTime": self.now if touched else before["lastUpdateTime"]}
            source_time = self.source_times.get((*path, name), before.get("sourceTime"))
            if source_time is not None:
                check_source_time(source_time, f"{name}.sourceTime")
                entry["sourceTime"] = source_time
            yield name, entry

    def component(self, name: str, value: Mapping[str, Any]) -> Mapping[str, Any]:
        """The component with its metadata renewed where it was touched."""
        if not self._holds_changes(name):
            return value
        own = {each: item for each, item in value.items() if each != METADATA}
        entries = self.entries(own, value[METADATA], path=(name,))
        return {**own, METADATA: {LAST_UPDATE_TIME: self.now, **dict(entries)}}

    def _touches(self, path: tuple[str, ...], name: str) -> bool:
        if path:
            return path in self.touched or (*path, name) in self.touched
        return any(each[0] == name for each in self.touched)

    def _holds_changes(self, component: str) -> bool:
        return any(each[0] == component for each in (*self.touched, *self.source_times))


def _apply(values: Mapping[str, Any], operation: Operation) -> dict[str, Any]:
    path = operation.path
    if path[0].startswith("$"):
        raise PatchInvalid(f"{path_text(path)} cannot be written")
    holder: Collection[str] | None = values if len(path) == 1 else component_of(values, path[0])
    if holder is not None and len(path) <= 2 and operation.op != ADD and path[-1] not in holder:
        raise PatchInvalid(f"{path[-1]} does not exist on component")
    return apply(values, operation)


@dataclass(frozen=True)
class _Values:
    """The checked values of a twin, and what is known of their times."""

    by_name: Mapping[str, Any]
    contents: Contents
    old_metadata: Mapping[str, Any]


def _document(twin_id: str, model_id: str, values: _Values, changes: _Changes) -> Document:
    components = {
        name: changes.component(name, value)
        for name, value in values.by_name.items()
        if name in values.contents.components
    }
    properties = {name: value for name, value in values.by_name.items() if name not in components}
    entries = dict(changes.entries(properties, values.old_metadata))
    metadata = {MODEL: model_id, LAST_UPDATE_TIME: changes.now, **entries}
    return {"$dtId": twin_id, "$etag": new_etag(), **properties, **components, METADATA: metadata}
