"""The schemas of DTDL: reading one from a model, and checking a value against it.

Rules: fact sheet adt-models-and-tags, section 5; the text for a wrong type: adt-data-plane, section 4.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

MAX_STRING_BYTES = 4096
MAX_DEPTH = 5
"""How deep complex schemas nest."""
GEOSPATIAL = "dtmi:standard:schema:geospatial:"
NAME = re.compile(r"[A-Za-z](?:[A-Za-z0-9_]*[A-Za-z0-9])?")

_DATE = r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})?"
_DURATION = r"-?P(?=\d|T\d)(?:\d+Y)?(?:\d+M)?(?:\d+W)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?"


class SchemaInvalid(Exception):
    """A schema that DTDL does not allow; the message is what is wrong with it."""


class Schema(Protocol):
    """What a value must look like."""

    def violations(self, value: object, path: str) -> Iterator[str]:
        """What is wrong with the value at that path, without the words that say on what it stands."""


def is_date_time(value: object) -> bool:
    """Whether the value is an ISO 8601 time with a date."""
    return isinstance(value, str) and re.fullmatch(f"{_DATE}T{_TIME}", value) is not None


def _is_integer(value: object, bits: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -(2 ** (bits - 1)) <= value < 2 ** (bits - 1)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_text(value: object, pattern: str) -> bool:
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None


_PRIMITIVES: Mapping[str, Callable[[object], bool]] = {
    "boolean": lambda value: isinstance(value, bool),
    "date": lambda value: _is_text(value, _DATE),
    "dateTime": is_date_time,
    "double": _is_number,
    "duration": lambda value: _is_text(value, _DURATION),
    "float": _is_number,
    "integer": lambda value: _is_integer(value, 32),
    "long": lambda value: _is_integer(value, 64),
    "string": lambda value: isinstance(value, str),
    "time": lambda value: _is_text(value, _TIME),
}


def _expected(name: str, path: str) -> str:
    return f"Expected value of type {name} for {path}"


@dataclass(frozen=True)
class Primitive:
    """A number, a text, a time or a boolean."""

    name: str

    def violations(self, value: object, path: str) -> Iterator[str]:
        """See Schema."""
        if not _PRIMITIVES[self.name](value):
            yield _expected(self.name, path)
        elif isinstance(value, str) and len(value.encode()) > MAX_STRING_BYTES:
            yield f"Expected string of at most {MAX_STRING_BYTES} bytes for {path}"


@dataclass(frozen=True)
class Geospatial:
    """A GeoJSON geometry such as `point`."""

    name: str

    def violations(self, value: object, path: str) -> Iterator[str]:
        """See Schema."""
        geometry = value if isinstance(value, dict) else {}
        is_named = str(geometry.get("type")).lower() == self.name.lower()
        if not is_named or not isinstance(geometry.get("coordinates"), list):
            yield _expected(self.name, path)


@dataclass(frozen=True)
class Map:
    """Texts to values of one schema."""

    value: Schema

    def violations(self, value: object, path: str) -> Iterator[str]:
        """See Schema."""
        if not isinstance(value, dict):
            yield _expected("map", path)
            return
        for key, item in value.items():
            yield from self.value.violations(item, f"{path}.{key}")


@dataclass(frozen=True)
class Object:
    """Named fields; none is required."""

    fields: Mapping[str, Schema]

    def violations(self, value: object, path: str) -> Iterator[str]:
        """See Schema."""
        if not isinstance(value, dict):
            yield _expected("object", path)
            return
        for key, item in value.items():
            if key in self.fields:
                yield from self.fields[key].violations(item, f"{path}.{key}")
            else:
                yield f"{key} is not a field of the object schema for {path}"


@dataclass(frozen=True)
class Enum:
    """One of some numbers or texts."""

    values: tuple[str | int, ...]

    def violations(self, value: object, path: str) -> Iterator[str]:
        """See Schema."""
        if isinstance(value, bool) or value not in self.values:
            yield _expected("enum", path)


@dataclass(frozen=True)
class Array:
    """A list of values of one schema."""

    element: Schema

    def violations(self, value: object, path: str) -> Iterator[str]:
        """See Schema."""
        if not isinstance(value, list):
            yield _expected("array", path)
            return
        for position, item in enumerate(value):
            yield from self.element.violations(item, f"{path}[{position}]")


def parse_schema(document: object, *, named: Mapping[str, object], arrays: bool, depth: int = 0) -> Schema:
    """Reads the schema of a property, a field, a map's value or an array's element.

    Args:
        document: a primitive's name, the id of a named schema, or a complex schema.
        named: the schemas that the interface defines under an id of their own.
        arrays: whether arrays are allowed here.
        depth: how many complex schemas this one stands in.

    Raises:
        SchemaInvalid: it is none of these.
    """
    if isinstance(document, str):
        return _parse_reference(document, named=named, arrays=arrays, depth=depth)
    if not isinstance(document, dict):
        raise SchemaInvalid("has no valid value but one is required")
    if depth == MAX_DEPTH:
        raise SchemaInvalid(f"nests complex schemas more than {MAX_DEPTH} levels deep")
    parsers = {"Map": _parse_map, "Object": _parse_object, "Enum": _parse_enum, "Array": _parse_array}
    types = document.get("@type")
    kind = next((name for name in parsers if name == types or (isinstance(types, list) and name in types)), None)
    if kind is None:
        raise SchemaInvalid("has a value whose @type is none of Array, Enum, Map, Object")
    if kind == "Array" and not arrays:
        raise SchemaInvalid("is or contains an Array, which is not allowed there by this version of DTDL")

    def parse(inner: object) -> Schema:
        return parse_schema(inner, named=named, arrays=arrays, depth=depth + 1)

    return parsers[kind](document, parse)


def _parse_reference(name: str, *, named: Mapping[str, object], arrays: bool, depth: int) -> Schema:
    if name in _PRIMITIVES:
        return Primitive(name)
    if name in named:
        # Its own name is left out, so that a schema which contains itself ends here.
        others = {other: schema for other, schema in named.items() if other != name}
        return parse_schema(named[name], named=others, arrays=arrays, depth=depth)
    geometry, _, version = name.removeprefix(GEOSPATIAL).partition(";")
    if name.startswith(GEOSPATIAL) and version:
        return Geospatial(geometry)
    raise SchemaInvalid(f"has value '{name}' that is neither a valid DTMI reference nor a DTDL term")


_Parse = Callable[[object], Schema]


def _parse_map(document: Mapping[str, Any], parse: _Parse) -> Schema:
    key, value = document.get("mapKey"), document.get("mapValue")
    if not isinstance(key, dict) or not isinstance(value, dict):
        raise SchemaInvalid("is a Map without mapKey and mapValue")
    _check_name(key)
    _check_name(value)
    if key.get("schema") != "string":
        raise SchemaInvalid("is a Map whose mapKey has another schema than string")
    return Map(parse(value.get("schema")))


def _parse_object(document: Mapping[str, Any], parse: _Parse) -> Schema:
    fields = document.get("fields", [])
    if not isinstance(fields, list):
        raise SchemaInvalid("is an Object whose fields are no list")
    return Object({_check_name(field): parse(field.get("schema")) for field in fields})


def _parse_enum(document: Mapping[str, Any], _: _Parse) -> Schema:
    kind = {"integer": int, "string": str}.get(str(document.get("valueSchema")))
    values = document.get("enumValues")
    if kind is None or not isinstance(values, list):
        raise SchemaInvalid("is an Enum without enumValues and a valueSchema of integer or string")
    for value in values:
        _check_name(value)
        if not isinstance(value.get("enumValue"), kind):
            raise SchemaInvalid("is an Enum with a value of another kind than its valueSchema")
    return Enum(tuple(value["enumValue"] for value in values))


def _parse_array(document: Mapping[str, Any], parse: _Parse) -> Schema:
    return Array(parse(document.get("elementSchema")))


def _check_name(element: object) -> str:
    name = element.get("name") if isinstance(element, dict) else None
    if not isinstance(name, str) or NAME.fullmatch(name) is None:
        raise SchemaInvalid(f"contains the name {name!r}, which is no letter followed by letters, digits and '_'")
    return name
