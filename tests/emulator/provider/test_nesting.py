from typing import Any

import pytest

from emulator.provider.nesting import from_wire, pulumi_shape, to_wire
from emulator.resource_manager.resource_types import find_by_token
from emulator.resource_manager.schema import Shape, a_list, find_problems, inner, one_of
from emulator.resource_manager.schema import an_object as an_object_of

PART = inner({"groupIds": a_list(), "target": Shape(required=True)}, name=Shape())
KINDS = one_of(
    "odata.type",
    {
        "A": an_object_of({"odata.type": Shape(pulumi_name="odataType"), "parts": a_list(PART)}),
        "B": an_object_of({"odata.type": Shape(pulumi_name="odataType"), "size": Shape(type="integer")}),
    },
)


@pytest.mark.parametrize(
    ("shape", "pulumi", "wire"),
    [
        (
            PART,
            {"name": "n", "groupIds": ["API"], "target": "/t"},
            {"name": "n", "properties": {"groupIds": ["API"], "target": "/t"}},
        ),
        (
            a_list(PART),
            [{"name": "n", "target": "/t"}, {"target": "/u"}],
            [{"name": "n", "properties": {"target": "/t"}}, {"properties": {"target": "/u"}}],
        ),
        (
            KINDS,
            {"odataType": "A", "parts": [{"target": "/t"}]},
            {"odata.type": "A", "parts": [{"properties": {"target": "/t"}}]},
        ),
        (KINDS, {"odataType": "B", "size": 1}, {"odata.type": "B", "size": 1}),
        (Shape(type="map", items=Shape()), {"a": "1"}, {"a": "1"}),
    ],
)
def test_an_object_is_written_as_resource_manager_takes_it_and_read_back(shape: Shape, pulumi: Any, wire: Any) -> None:
    assert to_wire(pulumi, shape) == wire
    assert from_wire(wire, shape) == pulumi
    assert find_problems(pulumi, pulumi_shape(shape)) == []
    assert find_problems(wire, shape) == []


def test_what_only_the_service_says_is_read_too() -> None:
    wire = {"name": "n", "id": "/n", "properties": {"target": "/t", "state": {"status": "Approved"}}}

    assert from_wire(wire, PART) == {"name": "n", "id": "/n", "target": "/t", "state": {"status": "Approved"}}


def test_what_is_wrong_is_named_as_pulumi_spells_it() -> None:
    assert find_problems({"odataType": "C"}, pulumi_shape(KINDS), "criteria") == [
        "criteria.odataType is 'C', and must be one of: A, B"
    ]
    assert find_problems([{"name": "n"}], pulumi_shape(a_list(PART)), "parts") == [
        "missing required property parts[0].target"
    ]


def test_what_pulumi_leaves_out_is_never_an_input() -> None:
    row = find_by_token("azure-native:network:PrivateEndpoint")
    assert row is not None
    connections = row.body.properties["properties"].properties["privateLinkServiceConnections"]

    problems = find_problems([{"name": "n", "properties": {}}], pulumi_shape(connections), "connections")

    assert any(problem.startswith("unknown property connections[0].properties;") for problem in problems)
