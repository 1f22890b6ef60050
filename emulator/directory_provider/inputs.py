"""What is wrong with inputs, and what they say beyond the defaults."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from emulator.directory_provider.resource import Resource, Values
from emulator.provider.wire import UNKNOWN, is_unknown
from emulator.resource_manager.schema import Shape, find_problems

_GUIDS = frozenset(
    {
        "appRoleId",
        "authorizedClientId",
        "clientId",
        "id",
        "knownClientApplications",
        "owners",
        "permissionIds",
        "principalObjectId",
        "resourceAppId",
        "resourceObjectId",
    }
)
# What azuread takes where a value is left out, beside nothing, false and empty.
_USUAL = {
    "accountEnabled": True,
    "enabled": True,
    "requestedAccessTokenVersion": 1,
    "signInAudience": "AzureADMyOrg",
    "type": "User",
}


def find_input_problems(resource: Resource, inputs: Values) -> list[tuple[str, str]]:
    """What is wrong with the inputs: property and reason. What is unknown yet is judged when it is known."""
    shape = resource.shape
    missing = [
        (name, f"missing required property '{name}'")
        for name, inner in shape.properties.items()
        if inner.required and inputs.get(name) in (None, "")
    ]
    return [*missing, *(problem for name, value in inputs.items() for problem in _problems(resource, name, value))]


def keep_said(value: Any, shape: Shape) -> Any:
    """The value without what azuread would take anyway, and lists in an order of their own: all of them are sets."""
    if shape.type == "object" and isinstance(value, Mapping):
        items = {name: keep_said(value.get(name), inner) for name, inner in shape.properties.items()}
        return {name: item for name, item in items.items() if not _is_usual(name, item)}
    if shape.type == "array" and shape.items is not None and isinstance(value, list):
        return sorted((keep_said(item, shape.items) for item in value), key=json.dumps)
    return value


def _is_usual(name: str, value: Any) -> bool:
    return value is None or (value == _USUAL[name] if name in _USUAL else value in ("", False, [], {}))


def _problems(resource: Resource, name: str, value: Any) -> Iterator[tuple[str, str]]:
    shape = resource.shape
    if name in shape.not_supported:
        yield name, f"{name} is not supported by the local Azure; see docs/emulator-differences.md"
    elif name not in shape.properties:
        yield name, f"unknown property {name}; {resource.pulumi_type} has: {', '.join(shape.properties)}"
    elif value is not None:
        if not is_unknown(value):
            yield from ((name, problem) for problem in find_problems(value, shape.properties[name], name))
        yield from ((name, problem) for problem in _guid_problems(name, value, name))


def _guid_problems(name: str, value: Any, path: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _guid_problems(key, item, f"{path}.{key}")
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _guid_problems(name, item, f"{path}[{position}]")
    elif name in _GUIDS and isinstance(value, str) and value != UNKNOWN and not _is_guid(value):
        yield f"{path} is {value!r}, and must be a GUID"


def _is_guid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
