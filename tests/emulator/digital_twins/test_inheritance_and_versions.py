"""Models that build on each other and the twins of them, through the real client."""

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

LANGUAGE = "dtmi:dtdl:context;3"
TAGS = {
    "@type": "Property",
    "name": "tags",
    "schema": {
        "@type": "Map",
        "mapKey": {"name": "tagName", "schema": "string"},
        "mapValue": {"name": "tagValue", "schema": "string"},
    },
}


def model(name: str, version: str = "1", *, extends: Any = (), contents: Any = ()) -> dict[str, Any]:
    return {
        "@id": f"dtmi:test:{name};{version}",
        "@type": "Interface",
        "@context": LANGUAGE,
        "extends": list(extends),
        "contents": list(contents),
    }


def chains() -> list[dict[str, Any]]:
    """250 models: a base, a part, and 31 chains of 8 levels, each of whose last ones embeds the part."""
    models = [
        model("Base", contents=[TAGS]),
        model("Part", contents=[{"@type": "Property", "name": "p", "schema": "double"}]),
    ]
    for chain in range(31):
        above = "dtmi:test:Base;1"
        for level in range(8):
            own = {"@type": "Property", "name": f"level{level}", "schema": "string"}
            part = {"@type": "Component", "name": "part", "schema": "dtmi:test:Part;1"}
            contents = [own, part] if level == 7 else [own]
            models.append(model(f"C{chain}:L{level}", extends=[above], contents=contents))
            above = f"dtmi:test:C{chain}:L{level};1"
    return models


@pytest.fixture
def client(emulated: Any) -> Any:
    return emulated.client()


def found(client: Any, condition: str) -> list[str]:
    return sorted(row["$dtId"] for row in client.query_twins(f"SELECT * FROM DIGITALTWINS T WHERE {condition}"))


def test_250_models_that_extend_and_embed_each_other_go_up_in_one_request_in_any_order(client: Any) -> None:
    models = chains()
    assert len(models) == 250

    client.create_models(models[::-1])
    assert len(list(client.list_models())) == 250


def test_a_twin_is_checked_against_what_its_model_inherits_over_all_levels(client: Any) -> None:
    client.create_models(chains())
    metadata = {"$metadata": {"$model": "dtmi:test:C3:L7;1"}, "part": {"$metadata": {}, "p": 1.5}}

    client.upsert_digital_twin("deep", {**metadata, "level0": "x", "level7": "y", "tags": {"role": "Earth"}})
    for wrong, message in (
        ({"level0": 5}, "Expected value of type string for level0 on Twin."),
        ({"tags": {"role": 5}}, "Expected value of type string for tags.role on Twin."),
        ({"level8": "z"}, "level8 does not appear on the DTDL for Twin."),
    ):
        with pytest.raises(HttpResponseError, match="ValidationFailed") as caught:
            client.upsert_digital_twin("wrong", {**metadata, **wrong})
        assert message in str(caught.value)
    assert found(client, "IS_OF_MODEL(T, 'dtmi:test:Base;1')") == ["deep"]
    assert found(client, "IS_OF_MODEL(T, 'dtmi:test:C3:L4;1')") == ["deep"]
    assert found(client, "IS_OF_MODEL(T, 'dtmi:test:C4:L4;1')") == []


def test_is_of_model_takes_higher_versions_and_what_inherits_from_those(client: Any) -> None:
    versions = ["1", "2", "2.1", "10"]
    client.create_models([model("Room", version, contents=[TAGS]) for version in versions])
    client.create_models([model("Cell", extends=["dtmi:test:Room;10"]), model("Attic", extends=["dtmi:test:Room;1"])])
    for name in (*(f"Room;{version}" for version in versions), "Cell;1", "Attic;1"):
        client.upsert_digital_twin(name, {"$metadata": {"$model": f"dtmi:test:{name}"}})

    # Fact sheet adt-models-and-tags, section 4; by hand.
    newer = ["Cell;1", "Room;10", "Room;2.1"]
    assert found(client, "IS_OF_MODEL('dtmi:test:Room;1')") == [
        "Attic;1",
        "Cell;1",
        *(f"Room;{v}" for v in ("1", "10", "2", "2.1")),
    ]
    assert found(client, "IS_OF_MODEL('dtmi:test:Room;2')") == sorted([*newer, "Room;2"])
    assert found(client, "IS_OF_MODEL('dtmi:test:Room;2.1')") == newer
    assert found(client, "IS_OF_MODEL('dtmi:test:Room;2', exact)") == ["Room;2"]
    assert found(client, "IS_OF_MODEL('dtmi:test:Room;11')") == []


def test_a_patch_moves_a_twin_of_a_component_s_owner_with_its_tag_or_not_at_all(client: Any) -> None:
    part = {"@type": "Component", "name": "part", "schema": "dtmi:test:Part;1"}
    more = {"@type": "Component", "name": "more", "schema": "dtmi:test:Part;1"}
    client.create_models(
        [
            model("Part"),
            model("Unit", "1", contents=[part]),
            model("Unit", "2", contents=[part, TAGS]),
            model("Unit", "3", contents=[part, more, TAGS]),
        ]
    )
    client.upsert_digital_twin("u", {"$metadata": {"$model": "dtmi:test:Unit;1"}, "part": {"$metadata": {}}})

    def move(version: int, *others: Any) -> None:
        path = {"op": "replace", "path": "/$metadata/$model", "value": f"dtmi:test:Unit;{version}"}
        client.update_digital_twin("u", [path, {"op": "add", "path": "/tags", "value": {"role": "Earth"}}, *others])

    with pytest.raises(HttpResponseError, match=r"Component more is missing on Twin\."):
        move(3)
    assert client.get_digital_twin("u")["$metadata"]["$model"] == "dtmi:test:Unit;1"
    move(2)
    assert client.get_digital_twin("u")["tags"] == {"role": "Earth"}
    move(3, {"op": "add", "path": "/more", "value": {"$metadata": {}}})
    assert client.get_digital_twin("u")["$metadata"]["$model"] == "dtmi:test:Unit;3"
