from typing import Any

import pytest

from twin_rbac.role_tags.dtdl import Library
from twin_rbac.role_tags.model_versions import takes_twins_of


def prop(schema: Any) -> dict[str, Any]:
    return {"@type": "Property", "name": "p", "schema": schema}


def field(name: str, schema: Any) -> dict[str, Any]:
    return {"@type": "Field", "displayName": name.upper(), "name": name, "schema": schema}


def takes(old: Any, new: Any, **others: Any) -> bool:
    """Whether twins go from a model with the one content to a model with the other."""
    models = {
        "dtmi:x:Room;1": {"@id": "dtmi:x:Room;1", "contents": [old]},
        "dtmi:x:Room;2": {"@id": "dtmi:x:Room;2", "contents": [new]},
        "dtmi:x:Valve;1": {"@id": "dtmi:x:Valve;1", "contents": [prop("string")]},
        "dtmi:x:Valve;2": {"@id": "dtmi:x:Valve;2", "contents": [prop("string"), {**prop("string"), "name": "q"}]},
        "dtmi:x:Valve;3": {"@id": "dtmi:x:Valve;3", "contents": [prop("double")]},
    }
    return takes_twins_of(Library({**models, **others}), "dtmi:x:Room;2", "dtmi:x:Room;1")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (prop("string"), {**prop("string"), "displayName": "P", "comment": "new", "writable": True}),
        (
            prop({"@type": "Object", "fields": [field("a", "string"), field("b", "double")]}),
            prop({"@type": ["Object"], "fields": [field("b", "double"), {"name": "a", "schema": "string"}]}),
        ),
        (prop({"@type": "Array", "elementSchema": "string"}), prop({"@type": "Array", "elementSchema": "string"})),
        (prop("point"), prop("point")),
    ],
)
def test_what_differs_for_people_alone_makes_no_difference(old: Any, new: Any) -> None:
    assert takes(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (prop("integer"), prop("double")),
        (prop("string"), {**prop("string"), "@type": "Telemetry"}),
        (prop("string"), {**prop("string"), "name": "other"}),
        (prop({"@type": "Array", "elementSchema": "string"}), prop({"@type": "Array", "elementSchema": "double"})),
        (
            prop({"@type": "Object", "fields": [field("a", "string"), field("b", "double")]}),
            prop({"@type": "Object", "fields": [field("a", "string")]}),
        ),
        (
            prop({"@type": "Enum", "valueSchema": "integer", "enumValues": [{"name": "a", "enumValue": 1}]}),
            prop({"@type": "Enum", "valueSchema": "string", "enumValues": [{"name": "a", "enumValue": "1"}]}),
        ),
    ],
)
def test_another_schema_takes_no_twins(old: Any, new: Any) -> None:
    assert not takes(old, new)


@pytest.mark.parametrize(("version", "expected"), [(1, True), (2, True), (3, False), (4, False)])
def test_a_component_may_go_to_a_higher_version_that_has_everything(version: int, expected: Any) -> None:
    component = {"@type": "Component", "name": "c", "schema": "dtmi:x:Valve;1"}

    assert takes(component, {**component, "schema": f"dtmi:x:Valve;{version}"}) is expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"target": "dtmi:x:Room;1"}, True),
        ({}, True),
        ({"target": "dtmi:x:Room;2"}, False),
        ({"properties": []}, False),
    ],
)
def test_a_relationship_leads_at_least_where_it_led_and_keeps_its_properties(change: Any, expected: Any) -> None:
    properties = [{"@type": "Property", "name": "since", "schema": "date"}]
    plain = {"@type": "Relationship", "name": "r", "properties": properties}

    assert takes({**plain, "target": "dtmi:x:Room;1"}, {**plain, **change}) is expected
