import json
import re
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError

ONTOLOGY = Path(__file__).parents[5] / "shared" / "data" / "building-ontology.json"
COMPONENT = {
    "@id": "dtmi:samples:C;1",
    "@type": "Interface",
    "@context": "dtmi:dtdl:context;2",
    "displayName": "Component1",
    "contents": [{"@type": "Property", "name": "P", "schema": "string"}],
}
USER = {
    "@id": "dtmi:samples:M;1",
    "@type": "Interface",
    "@context": ["dtmi:dtdl:context;2"],
    "description": {"de": "Modell"},
    "contents": {"@type": "Component", "name": "Component1", "schema": "dtmi:samples:C;1"},
}
DECOMMISSION = [{"op": "replace", "path": "/decommissioned", "value": True}]
C, M = "/models/dtmi%3Asamples%3AC%3B1", "/models/dtmi%3Asamples%3AM%3B1"


def plain(number: int) -> Any:
    return {"@id": f"dtmi:x:m{number};1", "@type": "Interface", "@context": "dtmi:dtdl:context;3"}


def test_uploaded_models_are_answered_in_the_order_of_the_request(emulated: Any) -> None:
    answer = emulated.request("POST", "/models", [USER, COMPONENT])
    upload_time = r'"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d*[1-9])?\+00:00"'
    assert answer.status == 201
    assert re.fullmatch(
        r'\[\{"id":"dtmi:samples:M;1","description":\{"de":"Modell"\},"displayName":\{\},"decommissioned":false,'
        rf'"uploadTime":{upload_time}\}},'
        r'\{"id":"dtmi:samples:C;1","description":\{\},"displayName":\{"en":"Component1"\},"decommissioned":false,'
        rf'"uploadTime":{upload_time}\}}\]',
        answer.body.decode(),
    )


def test_a_model_reads_with_and_without_its_definition(emulated: Any) -> None:
    uploaded = emulated.request("POST", "/models", [COMPONENT]).json()[0]
    assert emulated.request("GET", C).json() == uploaded
    assert emulated.request("GET", f"{C}?includeModelDefinition=false").json() == uploaded
    with_definition = emulated.request("GET", f"{C}?includeModelDefinition=true").json()
    assert with_definition == {**uploaded, "model": COMPONENT}
    assert emulated.request("GET", f"{C}?includeModelDefinition=maybe").error["code"] == "InvalidArgument"


def test_nothing_of_a_request_is_stored_when_an_id_exists(emulated: Any) -> None:
    client = emulated.client()
    client.create_models([COMPONENT])
    with pytest.raises(ResourceExistsError) as caught:
        client.create_models([plain(1), COMPONENT])
    assert caught.value.error is not None
    assert caught.value.error.code == "ModelIdAlreadyExists"
    assert caught.value.error.message == (
        "Some of the model ids already exist: dtmi:samples:C;1. Use Model_List API to view models that already exist. "
        "See the Swagger example (https://aka.ms/ModelListSwSmpl)."
    )
    assert [each.id for each in client.list_models()] == ["dtmi:samples:C;1"]


def test_a_model_without_id_is_refused_as_recorded(emulated: Any) -> None:
    answer = emulated.request("POST", "/models", [plain(1), {**COMPONENT, "@id": None}])
    assert answer.status == 400
    assert answer.error == {
        "code": "DTDLParserError",
        "message": "None of the models in this request could be created due to a problem with one or more models: In "
        "source, top-level JSON element requires an identifer but none provided. Add an '@id' property whose value is "
        "a string that conforms to the DTMI syntax -- see https://github.com/Azure/digital-twin-model-identifier.. See "
        "model documentation(https://aka.ms/ADTv2Models) for supported format.",
    }
    assert emulated.request("GET", "/models").body == b'{"value":[],"nextLink":null}'


def test_an_invalid_reference_is_refused_as_recorded(emulated: Any) -> None:
    user = {**USER, "contents": [{"@type": "Component", "name": "Component1", "schema": "XXX"}]}
    where = "dtmi:samples:M;1 has 'contents' value with name 'Component1' whose property 'schema' has"
    assert emulated.request("POST", "/models", [user]).error["message"] == (
        "None of the models in this request could be created due to a problem with one or more models: "
        f"{where} value 'XXX' that is neither a valid DTMI reference nor a DTDL term. Replace the value of property "
        "'schema' with a valid DTMI reference or a term defined by DTDL -- see "
        "https://github.com/Azure/opendigitaltwins-dtdl/tree/master/DTDL. | "
        f"{where} no valid value but one is required. Provide a value for 'schema' that is either an element "
        "definition or a DTMI reference.. See model documentation(https://aka.ms/ADTv2Models) for supported format."
    )


def test_a_base_or_component_must_be_there_or_come_along(emulated: Any) -> None:
    message = emulated.request("POST", "/models", [USER]).error["message"]
    assert "failed to resolve requisite references to element(s): dtmi:samples:C;1 (referenced in 1 place)" in message


def test_the_target_of_a_relationship_need_not_exist(emulated: Any) -> None:
    model = {**plain(1), "contents": [{"@type": "Relationship", "name": "has", "target": "dtmi:none:Such;1"}]}
    assert emulated.request("POST", "/models", [model]).status == 201


@pytest.mark.parametrize("body", [[], {}, "x"])
def test_a_request_without_models_is_refused_as_recorded(emulated: Any, body: Any) -> None:
    answer = emulated.request("POST", "/models", body)
    assert (answer.status, answer.error["code"]) == (400, "InvalidArgument")
    assert answer.error["message"].startswith("Operation failed as models provided was empty or of a type that is not")


def test_a_request_holds_at_most_250_models(emulated: Any) -> None:
    assert emulated.request("POST", "/models", [plain(n) for n in range(251)]).error["code"] == "LimitExceeded"
    assert emulated.request("POST", "/models", [plain(n) for n in range(250)]).status == 201


def test_a_model_has_at_most_1_mb(emulated: Any) -> None:
    large = {**plain(1), "comment": "x" * 1024 * 1024}
    assert emulated.request("POST", "/models", [large]).error["code"] == "LimitExceeded"


def test_models_are_listed_in_pages_in_the_order_of_their_upload(emulated: Any) -> None:
    emulated.request("POST", "/models", [plain(n) for n in range(120)])
    first = emulated.request("GET", "/models").json()
    assert len(first["value"]) == 100
    assert first["nextLink"].startswith("https://instance.example/models?")
    assert [each.id for each in emulated.client().list_models()] == [f"dtmi:x:m{n};1" for n in range(120)]
    small = emulated.request("GET", "/models", headers={"max-items-per-page": "5"}).json()
    assert len(small["value"]) == 5


def test_models_are_listed_with_what_they_depend_on(house: Any) -> None:
    listed = house.client().list_models(dependencies_for=["dtmi:samples:Heated;1"], include_model_definition=True)
    assert {each.id: each.model["@id"] for each in listed} == {
        "dtmi:samples:Heated;1": "dtmi:samples:Heated;1",
        "dtmi:samples:Thermostat;1": "dtmi:samples:Thermostat;1",
    }
    assert house.request("GET", "/models?dependenciesFor=dtmi:no:Such;1").error["code"] == "ModelNotFound"


def test_a_decommissioned_model_stays_listed(emulated: Any) -> None:
    before = emulated.request("POST", "/models", [COMPONENT]).json()[0]
    assert emulated.request("PATCH", C, DECOMMISSION).status == 204
    assert emulated.request("GET", C).json() == {**before, "decommissioned": True}
    assert emulated.request("PATCH", C, DECOMMISSION).status == 204
    assert [each.decommissioned for each in emulated.client().list_models()] == [True]


def test_a_model_is_decommissioned_after_those_that_need_it(emulated: Any) -> None:
    emulated.request("POST", "/models", [USER, COMPONENT])
    answer = emulated.request("PATCH", C, DECOMMISSION)
    assert (answer.status, answer.error["code"]) == (409, "ModelReferencesNotDecommissioned")
    assert emulated.request("PATCH", M, DECOMMISSION).status == 204
    assert emulated.request("PATCH", C, DECOMMISSION).status == 204


@pytest.mark.parametrize("change", [{"path": "/model"}, {"op": "add"}, {"value": "yes"}])
def test_nothing_else_of_a_model_can_be_patched(emulated: Any, change: Any) -> None:
    emulated.request("POST", "/models", [COMPONENT])
    assert emulated.request("PATCH", C, [{**DECOMMISSION[0], **change}]).error["code"] == "JsonPatchInvalid"


def test_a_deleted_model_is_gone(emulated: Any) -> None:
    client = emulated.client()
    client.create_models([COMPONENT])
    client.delete_model("dtmi:samples:C;1")
    with pytest.raises(ResourceNotFoundError) as caught:
        client.get_model("dtmi:samples:C;1")
    assert caught.value.error is not None
    assert caught.value.error.code == "ModelNotFound"
    assert caught.value.error.message == (
        "There is no Model(s) available that matches the provided id(s) dtmi:samples:C;1. "
        "Check that the Model ID provided is valid by doing a Model_List API call."
    )
    assert emulated.request("DELETE", C).status == emulated.request("PATCH", C, DECOMMISSION).status == 404
    client.create_models([COMPONENT])


def test_a_model_that_another_one_needs_is_not_deleted(emulated: Any) -> None:
    client = emulated.client()
    client.create_models([USER, COMPONENT])
    with pytest.raises(HttpResponseError) as caught:
        client.delete_model("dtmi:samples:C;1")
    assert caught.value.error is not None
    assert caught.value.status_code == 409
    assert caught.value.error.code == "ModelReferencesNotDeleted"
    assert caught.value.error.message == (
        "This model is currently being referenced by dtmi:samples:M;1. You must delete these references before "
        "deleting the Model.. To delete references, do Delete Model on Ids provided above."
    )
    client.delete_model("dtmi:samples:M;1")
    client.delete_model("dtmi:samples:C;1")


def test_twins_do_not_protect_their_model(house: Any, room: str) -> None:
    assert house.request("DELETE", "/models/dtmi%3Asamples%3ARoom%3B1").status == 204
    assert house.request("GET", f"/digitaltwins/{room}").status == 200


@pytest.mark.skipif(not ONTOLOGY.exists(), reason=f"the building ontology is not at {ONTOLOGY}")
def test_a_real_ontology_of_767_interfaces_is_taken(emulated: Any) -> None:
    waiting = {each["@id"]: each for each in json.loads(ONTOLOGY.read_text())}
    while waiting:
        batch: dict[str, Any] = {}
        for model in list(waiting.values()):
            _take(model, waiting, batch)
            if len(batch) > 200:
                break
        assert emulated.request("POST", "/models", list(batch.values())).status == 201
    assert len(list(emulated.client().list_models())) == 767


def _take(model: Any, waiting: Any, batch: Any) -> None:
    if waiting.pop(model["@id"], None) is None:
        return
    bases = model.get("extends", [])
    for base in bases if isinstance(bases, list) else [bases]:
        if base in waiting:
            _take(waiting[base], waiting, batch)
    for content in model.get("contents", []):
        if content["@type"] == "Component" and content["schema"] in waiting:
            _take(waiting[content["schema"]], waiting, batch)
    batch[model["@id"]] = model
