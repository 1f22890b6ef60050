"""Which resources a preview changes, and by which properties; pure.

Values are left out: what a property holds may be a secret. A short list of names is known to hold none.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from twin_rbac.insight.preview import UNKNOWN, Operation, Preview, State, Step

SHOWN = frozenset(
    {"publicNetworkAccess", "location", "principalId", "principalType", "roleDefinitionId", "scope", "level"}
)
"""The properties whose values are shown: they are public to whoever may read the repository's settings."""

INSTANCE = "azure-native:digitaltwins:DigitalTwin"
SIGN_IN = "azure-native:web:WebAppAuthSettingsV2"

_ORDER = (Operation.DELETE, Operation.REPLACE, Operation.UPDATE, Operation.CREATE)


@dataclass(frozen=True, kw_only=True)
class Property:
    """A property that changes."""

    path: str
    old: str | None = None
    """Its value, where that may be shown."""
    new: str | None = None
    """As `old`."""
    unknown: bool = False
    """Whether only the update will know the new value."""
    forces: bool = False
    """Whether it is why the resource is replaced."""


@dataclass(frozen=True, kw_only=True)
class ResourceChange:
    """A resource that changes."""

    operation: Operation
    type: str
    """Its type token, shortened."""
    name: str
    properties: tuple[Property, ...]


def find_changes(preview: Preview, names: Mapping[str, str]) -> tuple[ResourceChange, ...]:
    """The resources that change, the most drastic first; components are left out, since they are nothing in Azure.

    `names` is object id or role GUID -> what people call it.
    """
    steps = [step for step in preview.changes if _is_resource(step)]
    steps.sort(key=lambda step: (_ORDER.index(step.operation), short_type(step.type), step.name))
    return tuple(
        ResourceChange(
            operation=step.operation,
            type=short_type(step.type),
            name=step.name,
            properties=tuple(_properties(step, names)),
        )
        for step in steps
    )


def find_losses(preview: Preview) -> tuple[ResourceChange, ...]:
    """Instances that are replaced or deleted, and with them every twin; and a gateway's sign-in that is deleted."""
    steps = [
        step
        for step in preview.changes
        if (step.type == INSTANCE and step.operation in {Operation.REPLACE, Operation.DELETE})
        or (step.type == SIGN_IN and step.operation is Operation.DELETE)
    ]
    return tuple(
        ResourceChange(
            operation=step.operation,
            type=short_type(step.type),
            name=step.name,
            properties=tuple(_properties(step, {})),
        )
        for step in steps
    )


def short_type(token: str) -> str:
    """A type token without what every reader knows: `web:WebApp`, `azuread:Application`, `RoleTags`."""
    package, _, rest = token.partition(":")
    module, _, name = rest.rpartition(":")
    if package in {"pulumi-python", "digital-twins-rbac"}:
        return name
    return f"{package}:{name}" if module.startswith("index") else f"{module}:{name}"


def compare(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """The places at which two values differ, as path, old and new value; lists are compared whole."""
    if isinstance(old, Mapping) and isinstance(new, Mapping) and (old or new):
        for name in sorted(old.keys() | new.keys()):
            if not name.startswith("__"):
                yield from compare(old.get(name), new.get(name), f"{path}.{name}" if path else name)
    elif old != new:
        yield path, old, new


def is_unknown(value: Any) -> bool:
    """Whether a value, or a part of it, is known only after the update."""
    if isinstance(value, Mapping):
        return any(is_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(is_unknown(item) for item in value)
    return bool(value == UNKNOWN)


def _is_resource(step: Step) -> bool:
    state = step.new or step.old
    return state is not None and state.custom and not step.type.startswith("pulumi:")


def _properties(step: Step, names: Mapping[str, str]) -> Iterator[Property]:
    old, new = (_comparable(step, state) for state in (step.old, step.new))
    for path, before, after in compare(old, new):
        shown = path in SHOWN
        if shown or (step.old and step.new):
            yield Property(
                path=path,
                old=_value(before, names) if shown else None,
                new=_value(after, names) if shown else None,
                unknown=is_unknown(after),
                forces=path.split(".")[0] in step.reasons and step.operation is Operation.REPLACE,
            )


def _comparable(step: Step, state: State | None) -> Mapping[str, Any]:
    inputs = state.inputs if state else {}
    if not step.type.startswith("pulumi-python:"):
        return inputs
    # The maps of our dynamic resources have a key for each twin: told apart elsewhere, and by name alone here.
    return {name: [value] for name, value in inputs.items() if not name.startswith("__") and value is not None}


def _value(value: Any, names: Mapping[str, str]) -> str | None:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, str | bool | int) or value == UNKNOWN:
        return None
    text = str(value)
    # Of a long id, the end says which resource it is.
    last = text.rpartition("/")[2]
    if name := names.get(last.lower()):
        return name
    return f"…/{'/'.join(text.split('/')[-2:])}" if text.startswith("/subscriptions/") else text
