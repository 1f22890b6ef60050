import json
import re
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceModifiedError, ResourceNotFoundError

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z"
ETAG = r'W/\\?"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\\?"'
ROOM = {"$metadata": {"$model": "dtmi:samples:Room;1"}}
HEATED = {
    "$metadata": {"$model": "dtmi:samples:Heated;1"},
    "Thermostat": {"$metadata": {}, "Target": 20, "Mode": "eco"},
    "Name": "hall",
}


def put(emulated: Any, twin_id: str, body: Any) -> Any:
    answer = emulated.request("PUT", f"/digitaltwins/{twin_id}", body)
    assert answer.status == 200
    return answer.json()


def patch(emulated: Any, twin_id: str, *operations: Any, headers: Any = None) -> Any:
    return emulated.request("PATCH", f"/digitaltwins/{twin_id}", list(operations), headers=headers)


def read(emulated: Any, twin_id: str) -> Any:
    return emulated.request("GET", f"/digitaltwins/{twin_id}").json()


def test_a_new_twin_is_answered_with_200_in_the_observed_order(house: Any) -> None:
    answer = house.request("PUT", "/digitaltwins/1", {"$dtId": None, "$etag": None, "Temperature": 68, **ROOM})
    expected = (
        rf'\{{"\$dtId":"1","\$etag":"{ETAG}","Temperature":68,"\$metadata":\{{"\$model":"dtmi:samples:Room;1",'
        rf'"\$lastUpdateTime":"({TIME})","Temperature":\{{"lastUpdateTime":"\1"\}}\}}\}}'
    )
    assert answer.status == 200
    assert re.fullmatch(expected, answer.body.decode())
    assert answer.headers["etag"] == answer.json()["$etag"]
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


def test_a_twin_reads_as_it_was_answered(house: Any) -> None:
    created = house.request("PUT", "/digitaltwins/1", {**ROOM, "Temperature": 68})
    got = house.request("GET", "/digitaltwins/1")
    assert (got.status, got.body, got.headers["etag"]) == (200, created.body, created.headers["etag"])


@pytest.mark.parametrize("version", ["2022-05-31", "2023-06-30", "2023-10-31"])
def test_later_versions_show_when_a_twin_was_updated(house: Any, room: str, version: str) -> None:
    assert "$lastUpdateTime" in house.request("GET", f"/digitaltwins/{room}", version=version).json()["$metadata"]


def test_the_first_version_shows_no_time_of_a_twin_or_component(house: Any) -> None:
    put(house, "1", HEATED)
    twin = house.request("GET", "/digitaltwins/1", version="2020-10-31").json()
    assert list(twin["$metadata"]) == ["$model", "Name"]
    assert list(twin["Thermostat"]["$metadata"]) == ["Target", "Mode"]


def test_a_put_replaces_the_twin_whole(house: Any, room: str) -> None:
    before = read(house, room)
    after = put(house, room, {**ROOM, "Unit": "C"})
    assert "Temperature" not in after
    assert "Temperature" not in after["$metadata"]
    assert after["$etag"] != before["$etag"]


def test_components_stand_behind_properties_with_metadata_last(house: Any) -> None:
    twin = put(house, "1", HEATED)
    assert list(twin) == ["$dtId", "$etag", "Name", "Thermostat", "$metadata"]
    assert list(twin["$metadata"]) == ["$model", "$lastUpdateTime", "Name"]
    assert list(twin["Thermostat"]) == ["Target", "Mode", "$metadata"]
    assert list(twin["Thermostat"]["$metadata"]) == ["$lastUpdateTime", "Target", "Mode"]


def test_if_none_match_creates_and_never_overwrites(house: Any) -> None:
    client = house.client()
    client.upsert_digital_twin("1", ROOM, match_condition=MatchConditions.IfMissing)
    with pytest.raises(ResourceExistsError) as caught:
        client.upsert_digital_twin("1", {**ROOM, "Unit": "F"}, match_condition=MatchConditions.IfMissing)
    assert caught.value.error is not None
    assert caught.value.error.message == (
        "If-None-Match: * header was specified but a twin with the id 1 was found. Please specify a different twin id."
    )
    assert "Unit" not in read(house, "1")


@pytest.mark.parametrize(
    ("body", "violation"),
    [
        ({**ROOM, "Humidity": 1}, "Humidity does not appear on the DTDL for Twin."),
        ({**ROOM, "Unit": 42}, "Expected value of type string for Unit on Twin."),
        ({**ROOM, "tags": {"role": True}}, "Expected value of type string for tags.role on Twin."),
        ({**ROOM, "Noise": 1}, "Noise is not a property - it is a Telemetry."),
        (
            {"$metadata": {"$model": "dtmi:samples:Room;2"}},
            "dtmi:samples:Room;2 or one of its dependencies does not exist.",
        ),
        ({"$metadata": {"$model": "dtmi:samples:Heated;1"}}, "Component Thermostat is missing on Twin."),
        ({"Temperature": 1}, "$metadata.$model is missing on Twin."),
    ],
)
def test_a_twin_that_does_not_fit_its_model_is_refused(house: Any, body: Any, violation: str) -> None:
    answer = house.request("PUT", "/digitaltwins/1", body)
    assert answer.status == 400
    assert answer.headers["x-ms-error-code"] == "ValidationFailed"
    assert answer.error == {
        "code": "ValidationFailed",
        "message": "Invalid twin specified",
        "details": [{"code": "ValidationFailed", "message": violation}],
    }
    assert house.request("GET", "/digitaltwins/1").status == 404


def test_every_violation_is_named(house: Any) -> None:
    details = house.request("PUT", "/digitaltwins/1", {**ROOM, "Humidity": 1, "Unit": 42}).error["details"]
    assert len(details) == 2


@pytest.mark.parametrize("body", [[{}], b"{", b'{"a":NaN}', b'{"a":1e999}', b'{"a":"\\ud800"}', b"[" * 30_000])
def test_a_body_that_is_no_json_object_is_an_invalid_payload(house: Any, body: Any) -> None:
    answer = house.request("PUT", "/digitaltwins/1", body)
    assert answer.status == 400
    assert answer.body == b'{"error":{"code":"InvalidArgument","message":"Payload is invalid."}}'


def test_a_body_of_more_than_32_kb_is_refused(house: Any) -> None:
    fitting = {**ROOM, "tags": {str(number): "x" * 1000 for number in range(31)}}
    assert house.request("PUT", "/digitaltwins/1", fitting).status == 200
    answer = house.request("PUT", "/digitaltwins/1", {**ROOM, "tags": {str(n): "x" * 1000 for n in range(33)}})
    assert (answer.status, answer.error["code"]) == (400, "LimitExceeded")


def test_a_string_of_more_than_4_kb_is_refused(house: Any) -> None:
    assert house.request("PUT", "/digitaltwins/1", {**ROOM, "Unit": "x" * 4096}).status == 200
    answer = house.request("PUT", "/digitaltwins/1", {**ROOM, "Unit": "é" * 2049})
    assert answer.error["code"] == "ValidationFailed"


def test_an_unknown_twin_is_404_by_its_name(house: Any) -> None:
    with pytest.raises(ResourceNotFoundError) as caught:
        house.client().get_digital_twin("nobody")
    assert caught.value.error is not None
    assert caught.value.error.code == "DigitalTwinNotFound"
    assert caught.value.error.message == (
        "There is no digital twin instance that exists with the ID nobody. Please verify that the twin id is valid and "
        "ensure that the twin is not deleted. See section on querying the twins https://aka.ms/adtv2query."
    )


@pytest.mark.parametrize("twin_id", ["a/b", "a;b", "a b", "100%", "%2F", "ü", "A?b#c", "components"])
def test_ids_may_hold_any_character(house: Any, twin_id: str) -> None:
    client = house.client()
    client.upsert_digital_twin(twin_id, ROOM)
    assert client.get_digital_twin(twin_id)["$dtId"] == twin_id
    client.delete_digital_twin(twin_id)
    assert house.instance.storage.items(house.instance.kind("twins")) == []


def test_ids_are_case_sensitive(house: Any) -> None:
    put(house, "a", ROOM)
    assert house.request("GET", "/digitaltwins/A").status == 404


def test_a_patch_answers_the_new_etag_and_nothing_else(house: Any, room: str) -> None:
    answer = patch(house, room, {"op": "add", "path": "/Unit", "value": "C"})
    assert (answer.status, answer.body, answer.headers["content-length"]) == (204, b"", "0")
    assert "content-type" not in answer.headers
    assert answer.headers["etag"] == read(house, room)["$etag"]


def test_a_patch_renews_the_times_of_what_it_touches_alone(house: Any, room: str) -> None:
    before = read(house, room)["$metadata"]
    patch(house, room, {"op": "add", "path": "/Unit", "value": "C"}, {"op": "add", "path": "/tags", "value": {}})
    after = read(house, room)["$metadata"]
    assert after["Temperature"] == before["Temperature"]
    assert after["$lastUpdateTime"] > before["$lastUpdateTime"]
    assert after["Unit"] == after["tags"] == {"lastUpdateTime": after["$lastUpdateTime"]}


def test_a_role_tag_is_added_beside_other_tags(house: Any, room: str) -> None:
    client = house.client()
    client.update_digital_twin(room, [{"op": "add", "path": "/tags", "value": {"size": "small", "role": "Earth"}}])
    client.update_digital_twin(room, [{"op": "add", "path": "/tags/role", "value": "Fire"}])
    assert client.get_digital_twin(room)["tags"] == {"size": "small", "role": "Fire"}
    client.update_digital_twin(room, [{"op": "remove", "path": "/tags/role"}])
    assert client.get_digital_twin(room)["tags"] == {"size": "small"}


def test_an_empty_patch_makes_a_new_version(house: Any, room: str) -> None:
    before = read(house, room)["$etag"]
    answer = patch(house, room)
    assert answer.status == 204
    assert answer.headers["etag"] == read(house, room)["$etag"] != before


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        ({"op": "replace", "path": "/Unit", "value": "C"}, "Unit does not exist on component"),
        ({"op": "remove", "path": "/Unit"}, "Unit does not exist on component"),
        ({"op": "add", "path": "/tags/role", "value": "x"}, "Could not resolve path /tags/role"),
        ({"op": "move", "path": "/Temperature", "value": 42}, "Unsupported operation type move"),
        ({"op": "add", "path": "/Unit"}, "Value must be specified for add operation"),
        ({}, "Parameter op must not be empty"),
        ({"op": "replace", "path": "/$dtId", "value": "x"}, "/$dtId cannot be written"),
        (
            {"op": "add", "path": "/$metadata/Temperature/lastUpdateTime", "value": "x"},
            "/$metadata/Temperature/lastUpdateTime cannot be written",
        ),
    ],
)
def test_a_patch_that_leads_nowhere_is_refused(house: Any, room: str, operation: Any, reason: str) -> None:
    before = read(house, room)
    answer = patch(house, room, {"op": "add", "path": "/Temperature", "value": 1}, operation)
    assert answer.status == 400
    assert answer.error == {
        "code": "JsonPatchInvalid",
        "message": f"{reason}. Please provide a valid patch document. See section on update apis in the documentation "
        "https://aka.ms/adtv2twins.",
    }
    assert read(house, room) == before


@pytest.mark.parametrize("op", ["replace", "remove"])
def test_a_missing_key_of_a_map_is_named(house: Any, room: str, op: str) -> None:
    patch(house, room, {"op": "add", "path": "/tags", "value": {}})
    answer = patch(house, room, {"op": op, "path": "/tags/role", "value": "x"})
    assert answer.error["code"] == "JsonPatchInvalid"
    assert answer.error["message"].startswith("The target location specified by path segment 'role' was not found.")


def test_a_patch_that_is_no_list_of_objects_is_refused_by_the_web_framework(house: Any, room: str) -> None:
    answer = patch(house, room, "Temperature")
    assert answer.status == 400
    assert answer.headers["content-type"] == "application/problem+json; charset=utf-8"
    assert "x-ms-error-code" not in answer.headers
    assert list(answer.json()) == ["errors", "type", "title", "status", "detail", "instance", "extensions"]


def test_a_patch_must_leave_a_valid_twin(house: Any, room: str) -> None:
    with pytest.raises(HttpResponseError) as caught:
        house.client().update_digital_twin(room, [{"op": "add", "path": "/Humidity", "value": 1}])
    assert caught.value.error is not None
    assert caught.value.error.code == "ValidationFailed"
    assert "Humidity does not appear on the DTDL for Twin." in str(caught.value)


def test_if_match_guards_a_patch(house: Any, room: str) -> None:
    client = house.client()
    operations = [{"op": "replace", "path": "/Temperature", "value": 1}]
    current = read(house, room)["$etag"]
    client.update_digital_twin(room, operations, etag=current, match_condition=MatchConditions.IfNotModified)
    with pytest.raises(ResourceModifiedError) as caught:
        client.update_digital_twin(room, operations, etag=current, match_condition=MatchConditions.IfNotModified)
    assert caught.value.error is not None
    assert caught.value.error.message == (
        f"The provided etag {current} doesn't match the current etag for the resource. Please obtain and provide the "
        "latest etag by getting the resource. See section on get apis in the documentation https://aka.ms/adtv2twins."
    )
    client.update_digital_twin(room, operations, match_condition=MatchConditions.IfPresent)


def test_a_twin_moves_to_another_model_that_it_fits(house: Any, room: str) -> None:
    move = {"op": "replace", "path": "/$metadata/$model", "value": "dtmi:samples:Heated;1"}
    name = {"op": "add", "path": "/Name", "value": "hall"}
    component = {"op": "add", "path": "/Thermostat", "value": {"$metadata": {}, "Target": 20}}
    assert patch(house, room, move, name, component).error["code"] == "ValidationFailed"
    assert patch(house, room, move, name, component, {"op": "remove", "path": "/Temperature"}).status == 204
    moved = read(house, room)
    assert list(moved) == ["$dtId", "$etag", "Name", "Thermostat", "$metadata"]
    assert moved["$metadata"]["$model"] == "dtmi:samples:Heated;1"
    assert list(moved["Thermostat"]["$metadata"]) == ["$lastUpdateTime", "Target"]


def test_a_twin_moves_to_a_model_and_takes_what_that_inherits_in_one_patch(house: Any) -> None:
    put(house, "1", {"$metadata": {"$model": "dtmi:samples:Floor;1"}})
    tags = {"op": "add", "path": "/tags", "value": {"role": "Earth"}}
    move = {"op": "replace", "path": "/$metadata/$model", "value": "dtmi:samples:Room;1"}
    assert patch(house, "1", tags).error["details"][0]["message"] == "tags does not appear on the DTDL for Twin."
    house.client().update_digital_twin("1", [tags, move])
    moved = house.client().get_digital_twin("1")
    assert (moved["$metadata"]["$model"], moved["tags"]) == ("dtmi:samples:Room;1", {"role": "Earth"})


@pytest.mark.parametrize(
    ("model_id", "tag", "message"),
    [
        ("dtmi:samples:Room;1", 1, "Expected value of type string for tags.role on Twin."),
        ("dtmi:samples:Room;2", "Earth", "dtmi:samples:Room;2 or one of its dependencies does not exist."),
        ("dtmi:samples:Floor;1", "Earth", "tags does not appear on the DTDL for Twin."),
        ("dtmi:samples:Thermostat;1", "Earth", "tags does not appear on the DTDL for Twin."),
    ],
)
def test_a_twin_stays_as_it_is_when_it_does_not_fit_where_it_is_to_move(
    house: Any, model_id: str, tag: Any, message: str
) -> None:
    put(house, "1", {"$metadata": {"$model": "dtmi:samples:Storey;1"}})
    before = read(house, "1")
    move = {"op": "replace", "path": "/$metadata/$model", "value": model_id}
    answer = patch(house, "1", move, {"op": "add", "path": "/tags", "value": {"role": tag}})
    assert (answer.status, answer.error["code"]) == (400, "ValidationFailed")
    assert [each["message"] for each in answer.error["details"]] == [message]
    assert read(house, "1") == before


def test_a_twin_does_not_move_without_the_components_of_its_new_model(house: Any) -> None:
    put(house, "1", {"$metadata": {"$model": "dtmi:samples:Storey;1"}})
    move = {"op": "replace", "path": "/$metadata/$model", "value": "dtmi:samples:Heated;1"}
    component = {"op": "add", "path": "/Thermostat", "value": {"$metadata": {}}}
    messages = [each["message"] for each in patch(house, "1", move).error["details"]]
    assert messages == ["Component Thermostat is missing on Twin."]
    assert patch(house, "1", move, component).status == 204


def test_a_source_time_is_kept_by_later_values(house: Any, room: str) -> None:
    since = "2022-01-20T02:03:00.0943478Z"
    path = "/$metadata/Temperature/sourceTime"
    patch(house, room, {"op": "replace", "path": path, "value": since})
    patch(house, room, {"op": "replace", "path": "/Temperature", "value": 1})
    entry = read(house, room)["$metadata"]["Temperature"]
    assert list(entry) == ["lastUpdateTime", "sourceTime"]
    assert entry["sourceTime"] == since
    patch(house, room, {"op": "remove", "path": path})
    assert "sourceTime" not in read(house, room)["$metadata"]["Temperature"]
    assert patch(house, room, {"op": "add", "path": path, "value": "yesterday"}).error["code"] == "ValidationFailed"
    unset = {"op": "add", "path": "/$metadata/Unit/sourceTime", "value": since}
    assert patch(house, room, unset).error["code"] == "JsonPatchInvalid"


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("/$metadata/$model", {}, "ValidationFailed"),
        ("/Temperature/$metadata/x/sourceTime", "2022-01-20T02:03:00Z", "JsonPatchInvalid"),
        ("/$metadata/Temperature", {}, "JsonPatchInvalid"),
    ],
)
def test_odd_writes_of_metadata_are_refused(house: Any, room: str, path: str, value: Any, code: str) -> None:
    assert patch(house, room, {"op": "add", "path": path, "value": value}).error["code"] == code


def test_a_twin_can_be_put_back_as_it_was_read(house: Any) -> None:
    twin = put(house, "1", HEATED)
    again = put(house, "1", twin)
    assert {**again, "$etag": None, "$metadata": None, "Thermostat": None} == {
        **twin,
        "$etag": None,
        "$metadata": None,
        "Thermostat": None,
    }
    assert again["Thermostat"]["Target"] == 20


def test_a_deleted_twin_is_gone(house: Any, room: str) -> None:
    client = house.client()
    client.delete_digital_twin(room)
    with pytest.raises(ResourceNotFoundError):
        client.get_digital_twin(room)
    with pytest.raises(ResourceNotFoundError):
        client.delete_digital_twin(room)


def test_if_match_guards_a_delete(house: Any, room: str) -> None:
    old = read(house, room)["$etag"]
    patch(house, room)
    assert house.request("DELETE", f"/digitaltwins/{room}", headers={"If-Match": old}).status == 412
    answer = house.request("DELETE", f"/digitaltwins/{room}", headers={"If-Match": "*"})
    assert (answer.status, answer.headers["content-length"]) == (204, "0")
    assert "etag" not in answer.headers


def test_a_decommissioned_model_takes_no_new_twins_but_keeps_its_own(house: Any, room: str) -> None:
    decommission = [{"op": "replace", "path": "/decommissioned", "value": True}]
    house.request("PATCH", "/models/dtmi%3Asamples%3ARoom%3B1", decommission)
    assert house.request("PUT", "/digitaltwins/new", ROOM).error["code"] == "ModelDecommissioned"
    assert patch(house, room, {"op": "add", "path": "/Unit", "value": "C"}).status == 204
    put(house, "floor", {"$metadata": {"$model": "dtmi:samples:Floor;1"}})
    move = {"op": "replace", "path": "/$metadata/$model", "value": "dtmi:samples:Room;1"}
    assert patch(house, "floor", move).error["code"] == "ModelDecommissioned"


def test_a_twin_of_a_deleted_model_can_be_read_and_deleted_but_not_changed(house: Any, room: str) -> None:
    house.request("DELETE", "/models/dtmi%3Asamples%3ARoom%3B1")
    assert read(house, room)["Temperature"] == 80
    answer = patch(house, room, {"op": "replace", "path": "/Temperature", "value": 1})
    assert answer.error["details"][0]["message"] == "dtmi:samples:Room;1 or one of its dependencies does not exist."
    assert house.request("DELETE", f"/digitaltwins/{room}").status == 204


def test_a_component_reads_with_the_etag_of_its_twin(house: Any) -> None:
    twin = put(house, "1", HEATED)
    answer = house.request("GET", "/digitaltwins/1/components/Thermostat")
    assert json.loads(answer.body) == twin["Thermostat"]
    assert list(answer.json())[-1] == "$metadata"
    assert answer.headers["etag"] == twin["$etag"]


@pytest.mark.parametrize("name", ["Boiler", "Name", "$metadata"])
def test_an_unknown_component_is_404(house: Any, name: str) -> None:
    put(house, "1", HEATED)
    answer = house.request("GET", f"/digitaltwins/1/components/{name}")
    assert answer.status == 404
    assert answer.error == {
        "code": "ComponentNotFound",
        "message": f"1 does not have component {name} Please verify that the component path is correct. You can get "
        "components by getting the twin, See example https://aka.ms/TwinGetSwSmpl.",
    }


def test_a_patch_of_a_component_renews_its_own_times_and_the_twins(house: Any) -> None:
    before = put(house, "1", HEATED)
    client = house.client()
    client.update_component("1", "Thermostat", [{"op": "replace", "path": "/Target", "value": 21}])
    after = read(house, "1")
    old, new = before["Thermostat"]["$metadata"], after["Thermostat"]["$metadata"]
    assert after["Thermostat"]["Target"] == 21
    assert after["$etag"] != before["$etag"]
    assert after["$metadata"]["Name"] == before["$metadata"]["Name"]
    assert new["Mode"] == old["Mode"]
    assert new["Target"]["lastUpdateTime"] == new["$lastUpdateTime"] == after["$metadata"]["$lastUpdateTime"]
    assert new["$lastUpdateTime"] > old["$lastUpdateTime"]


def test_a_patch_of_a_twin_leaves_its_components_times(house: Any) -> None:
    before = put(house, "1", HEATED)
    patch(house, "1", {"op": "replace", "path": "/Name", "value": "attic"})
    assert read(house, "1")["Thermostat"] == before["Thermostat"]


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        ({"op": "add", "path": "/Fan", "value": "5"}, "Fan does not appear on the DTDL for Thermostat."),
        ({"op": "replace", "path": "/Mode", "value": 42}, "Expected value of type string for Mode on Thermostat."),
    ],
)
def test_a_component_is_checked_by_its_own_model(house: Any, operation: Any, message: str) -> None:
    put(house, "1", HEATED)
    answer = house.request("PATCH", "/digitaltwins/1/components/Thermostat", [operation])
    assert answer.error["details"] == [{"code": "ValidationFailed", "message": message}]


def test_a_patch_of_an_unknown_component_does_not_resolve(house: Any) -> None:
    put(house, "1", HEATED)
    operations = [{"op": "replace", "path": "/ComponentProp1", "value": "value2"}]
    answer = house.request("PATCH", "/digitaltwins/1/components/Component2", operations)
    assert (answer.status, answer.error["code"]) == (400, "JsonPatchInvalid")
    assert answer.error["message"].startswith("Could not resolve path /Component2/ComponentProp1. Please provide")
    unknown_twin = house.request("PATCH", "/digitaltwins/2/components/Component2", operations)
    assert (unknown_twin.status, unknown_twin.error["code"]) == (404, "DigitalTwinNotFound")


def test_a_component_can_be_patched_through_its_twin(house: Any) -> None:
    put(house, "1", HEATED)
    assert patch(house, "1", {"op": "replace", "path": "/Thermostat/Mode", "value": "off"}).status == 204
    missing = patch(
        house, "1", {"op": "remove", "path": "/Thermostat/Mode"}, {"op": "remove", "path": "/Thermostat/Mode"}
    )
    assert missing.error["message"].startswith("Mode does not exist on component.")
    assert read(house, "1")["Thermostat"]["Mode"] == "off"


def test_what_was_acknowledged_survives_a_restart(start: Any) -> None:
    first = start()
    model = {"@id": "dtmi:x:Y;1", "@type": "Interface", "@context": "dtmi:dtdl:context;3"}
    first.request("POST", "/models", [model])
    twin = put(first, "1", {"$metadata": {"$model": "dtmi:x:Y;1"}})
    again = start()
    assert read(again, "1") == twin
    assert patch(again, "1").status == 204
