from typing import Any

import pytest

from emulator.digital_twins.schemas import SchemaInvalid, parse_schema

POINT = "dtmi:standard:schema:geospatial:point;2"


def violations(schema: Any, value: object, **named: object) -> list[str]:
    parsed = parse_schema(schema, named=named, arrays=True)
    return list(parsed.violations(value, "p"))


def text_map(value: Any = "string", **key: Any) -> Any:
    return {
        "@type": "Map",
        "mapKey": {"name": "k", "schema": "string", **key},
        "mapValue": {"name": "v", "schema": value},
    }


ENUM = {
    "@type": "Enum",
    "valueSchema": "integer",
    "enumValues": [{"name": "low", "enumValue": 1}, {"name": "high", "enumValue": 2}],
}
OBJECT = {"@type": "Object", "fields": [{"name": "a", "schema": "double"}, {"name": "b", "schema": text_map()}]}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ("boolean", True),
        ("date", "2024-02-29"),
        ("dateTime", "2024-02-29T23:59:59.1234567Z"),
        ("dateTime", "2024-02-29T23:59:59+02:00"),
        ("double", 68),
        ("float", 6.5),
        ("duration", "P1DT2H"),
        ("integer", -(2**31)),
        ("long", 2**63 - 1),
        ("string", ""),
        ("time", "23:59:59"),
        (text_map(), {"role": "x", "": "y"}),
        (text_map(), {}),
        (ENUM, 2),
        (OBJECT, {"b": {"k": "v"}}),
        ({"@type": ["Array"], "elementSchema": "integer"}, [1, 2]),
        (POINT, {"type": "Point", "coordinates": [1, 2]}),
    ],
)
def test_a_value_of_its_schema_is_taken(schema: Any, value: object) -> None:
    assert violations(schema, value) == []


@pytest.mark.parametrize(
    ("schema", "value", "violation"),
    [
        ("boolean", 1, "Expected value of type boolean for p"),
        ("date", "2024-13-01", "Expected value of type date for p"),
        ("dateTime", "2024-02-29", "Expected value of type dateTime for p"),
        ("double", "68", "Expected value of type double for p"),
        ("double", True, "Expected value of type double for p"),
        ("duration", "P", "Expected value of type duration for p"),
        ("integer", 2**31, "Expected value of type integer for p"),
        ("integer", 1.5, "Expected value of type integer for p"),
        ("string", None, "Expected value of type string for p"),
        ("string", 42, "Expected value of type string for p"),
        (text_map(), "x", "Expected value of type map for p"),
        (text_map(), {"role": None}, "Expected value of type string for p.role"),
        (text_map("boolean"), {"role": "x"}, "Expected value of type boolean for p.role"),
        (ENUM, 3, "Expected value of type enum for p"),
        (ENUM, True, "Expected value of type enum for p"),
        (OBJECT, [], "Expected value of type object for p"),
        (OBJECT, {"c": 1}, "c is not a field of the object schema for p"),
        ({"@type": "Array", "elementSchema": "integer"}, [1, "2"], "Expected value of type integer for p[1]"),
        ({"@type": "Array", "elementSchema": "integer"}, {}, "Expected value of type array for p"),
        (POINT, {"type": "Polygon", "coordinates": []}, "Expected value of type point for p"),
        (POINT, {"type": "Point"}, "Expected value of type point for p"),
    ],
)
def test_another_value_is_refused_without_being_shown(schema: Any, value: object, violation: str) -> None:
    assert violations(schema, value) == [violation]


def test_a_schema_may_be_named() -> None:
    assert violations("dtmi:x:Level;1", 3, **{"dtmi:x:Level;1": ENUM}) == ["Expected value of type enum for p"]


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        (None, "has no valid value but one is required"),
        ("number", "has value 'number' that is neither a valid DTMI reference nor a DTDL term"),
        ({"@type": "List"}, "has a value whose @type is none of Array, Enum, Map, Object"),
        ({"@type": "Map"}, "is a Map without mapKey and mapValue"),
        (text_map(schema="integer"), "is a Map whose mapKey has another schema than string"),
        (text_map(name="1st"), "contains the name '1st'"),
        ({"@type": "Enum", "valueSchema": "double", "enumValues": []}, "is an Enum without enumValues"),
        ({**ENUM, "valueSchema": "string"}, "is an Enum with a value of another kind than its valueSchema"),
        ({"@type": "Object", "fields": {}}, "is an Object whose fields are no list"),
        (text_map(text_map(text_map(text_map(text_map(text_map()))))), "nests complex schemas more than 5 levels deep"),
    ],
)
def test_a_schema_that_dtdl_does_not_allow_is_refused(schema: Any, problem: str) -> None:
    with pytest.raises(SchemaInvalid, match="^" + problem):
        parse_schema(schema, named={}, arrays=True)


def test_a_schema_that_contains_itself_is_refused() -> None:
    with pytest.raises(SchemaInvalid, match="neither a valid DTMI reference"):
        parse_schema("dtmi:x:Loop;1", named={"dtmi:x:Loop;1": text_map("dtmi:x:Loop;1")}, arrays=True)


def test_arrays_are_refused_where_they_are_not_allowed() -> None:
    with pytest.raises(SchemaInvalid, match="is or contains an Array"):
        parse_schema(text_map({"@type": "Array", "elementSchema": "integer"}), named={}, arrays=False)
