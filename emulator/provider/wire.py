"""Pulumi's property values as plain JSON values, and back."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from pulumi.provider.experimental.property_value import Computed, PropertyValue
from pulumi.runtime import rpc

UNKNOWN: Final = rpc.UNKNOWN
"""What stands for a value that a preview cannot know."""

Properties = Mapping[str, PropertyValue]


def read_properties(properties: Properties) -> dict[str, Any]:
    """The values as JSON; numbers arrive as floats, and whole ones become integers.

    Raises:
        TypeError: a value is an asset or another thing that no resource of ours takes.
    """
    return {key: _read(value) for key, value in properties.items()}


def write_properties(values: Mapping[str, Any], *, secret: Collection[str] = ()) -> dict[str, PropertyValue]:
    """The JSON values as property values; those named in `secret` stay out of the state's clear text."""
    return {key: _write(value).with_secret(key in secret) for key, value in values.items()}


def secret_names(properties: Properties) -> frozenset[str]:
    """The properties that are secret, or hold something that is."""
    return frozenset(key for key, value in properties.items() if value.contains_secret())


def is_unknown(value: Any) -> bool:
    """Whether the value, or anything in it, is unknown."""
    if isinstance(value, Mapping):
        return any(map(is_unknown, value.values()))
    if isinstance(value, list):
        return any(map(is_unknown, value))
    return bool(value == UNKNOWN)


def _read(value: PropertyValue) -> Any:
    match value.value:
        case Mapping() as items:
            return {key: _read(item) for key, item in items.items()}
        case str() | bool() | None as plain:
            return plain
        case float() as number:
            return int(number) if number.is_integer() else number
        case Sequence() as items:
            return [_read(item) for item in items]
        case Computed():
            return UNKNOWN
        case other:
            raise TypeError(f"no resource of the local Azure takes a {type(other).__name__}")


def _write(value: Any) -> PropertyValue:
    if isinstance(value, Mapping):
        return PropertyValue({key: _write(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return PropertyValue([_write(item) for item in value])
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return PropertyValue(float(value) if is_number else value)
