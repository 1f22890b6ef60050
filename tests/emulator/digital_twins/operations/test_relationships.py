import re
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError

PATH = "/digitaltwins/storey/relationships/r1"
RELATIONSHIP = {"$relationshipName": "contains", "$targetId": "room", "since": 1}


@pytest.fixture
def building(house: Any, room: str) -> Any:
    """The house with two rooms, and a storey whose model inherits its relationship."""
    for twin_id, model in (("storey", "Storey"), ("attic", "Room")):
        body = {"$metadata": {"$model": f"dtmi:samples:{model};1"}}
        assert house.request("PUT", f"/digitaltwins/{twin_id}", body).status == 200
    return house


def put(building: Any, relationship_id: str = "r1", **changes: Any) -> Any:
    body = {key: value for key, value in {**RELATIONSHIP, **changes}.items() if value is not None}
    return building.request("PUT", f"/digitaltwins/storey/relationships/{relationship_id}", body)


def patch(building: Any, *operations: Any) -> Any:
    return building.request("PATCH", PATH, list(operations))


def test_a_relationship_is_answered_in_the_observed_order(building: Any) -> None:
    answer = put(building, **{"$etag": "x", "$sourceId": "other", "$relationshipId": "other"})
    assert answer.status == 200
    assert re.fullmatch(
        r'\{"\$relationshipId":"r1","\$etag":"W/\\"[0-9a-f-]{36}\\"","\$sourceId":"storey",'
        r'"\$relationshipName":"contains","\$targetId":"room","since":1\}',
        answer.body.decode(),
    )
    assert answer.headers["etag"] == answer.json()["$etag"]
    got = building.request("GET", PATH)
    assert (got.body, got.headers["etag"]) == (answer.body, answer.headers["etag"])


def test_if_none_match_never_overwrites(building: Any) -> None:
    client = building.client()
    client.upsert_relationship("storey", "r1", RELATIONSHIP, match_condition=MatchConditions.IfMissing)
    with pytest.raises(ResourceExistsError) as caught:
        client.upsert_relationship("storey", "r1", RELATIONSHIP, match_condition=MatchConditions.IfMissing)
    assert caught.value.error is not None
    assert caught.value.error.message == (
        "If-None-Match: * header was specified but a relationship with the id r1 was found. "
        "Please specify a different relationship id."
    )


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"$targetId": "foo"}, 404, "TargetDigitalTwinNotFound"),
        ({"$targetId": "storey"}, 400, "OperationNotAllowed"),
        ({"$relationshipName": "has"}, 400, "InvalidRelationship"),
        ({"$targetId": None}, 400, "ValidationFailed"),
        ({"$relationshipName": None}, 400, "ValidationFailed"),
        ({"colour": "red"}, 400, "ValidationFailed"),
        ({"since": "long ago"}, 400, "ValidationFailed"),
    ],
)
def test_a_relationship_that_cannot_be_is_refused(building: Any, changes: Any, status: int, code: str) -> None:
    answer = put(building, **changes)
    assert (answer.status, answer.error["code"]) == (status, code)
    assert building.request("GET", PATH).status == 404


def test_a_missing_target_is_answered_as_recorded(building: Any) -> None:
    assert put(building, **{"$targetId": "foo"}).body == (
        b'{"error":{"code":"TargetDigitalTwinNotFound","message":"The target digital twin is invalid or does not '
        b"exist. Please validate that the target twin is valid and ensure that the target twin is not deleted. "
        b'See section on querying the twins https://aka.ms/adtv2query ."}}'
    )


def test_an_unknown_source_is_an_unknown_twin(building: Any) -> None:
    for method, body in (("GET", None), ("PUT", RELATIONSHIP), ("PATCH", []), ("DELETE", None)):
        answer = building.request(method, "/digitaltwins/nobody/relationships/r1", body)
        assert (answer.status, answer.error["code"]) == (404, "DigitalTwinNotFound")


def test_an_unknown_relationship_is_404_by_its_name(building: Any) -> None:
    with pytest.raises(ResourceNotFoundError) as caught:
        building.client().get_relationship("storey", "r1")
    assert caught.value.error is not None
    assert caught.value.error.code == "RelationshipNotFound"
    assert caught.value.error.message == (
        "Relationship r1 not found on twin storey. Please verify that the relationship id is valid and ensure that the "
        "relationship is not deleted. See section on listing relationships in the documentation "
        "https://aka.ms/adtv2twins."
    )


def test_a_patch_adds_replaces_and_removes_properties(building: Any) -> None:
    put(building)
    client = building.client()
    client.update_relationship("storey", "r1", [{"op": "add", "path": "/since", "value": 2}])
    assert client.get_relationship("storey", "r1")["since"] == 2
    answer = patch(building, {"op": "remove", "path": "/since"})
    assert (answer.status, answer.headers["etag"]) == (204, building.request("GET", PATH).headers["etag"])
    assert "since" not in client.get_relationship("storey", "r1")


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        ({"op": "move", "path": "/since"}, "Unsupported operation type move"),
        (
            {"op": "remove", "path": "/isAccessDoorRestricted"},
            "The target location specified by path segment 'isAccessDoorRestricted' was not found",
        ),
        ({}, "Parameter op must not be empty"),
        ({"op": "replace", "path": "/$targetId", "value": "attic"}, "/$targetId cannot be written"),
    ],
)
def test_a_patch_that_leads_nowhere_is_refused(building: Any, operation: Any, reason: str) -> None:
    put(building)
    answer = patch(building, operation)
    assert (answer.status, answer.error["code"]) == (400, "JsonPatchInvalid")
    assert answer.error["message"] == (
        f"{reason}. Please provide a valid patch document. See section on update apis in the documentation "
        "https://aka.ms/adtv2twins."
    )


def test_a_patch_must_leave_a_valid_relationship(building: Any) -> None:
    put(building)
    assert patch(building, {"op": "replace", "path": "/since", "value": "x"}).error["code"] == "ValidationFailed"


def test_if_match_guards_changes(building: Any) -> None:
    old = put(building).json()["$etag"]
    patch(building)
    for method in ("PATCH", "DELETE"):
        assert building.request(method, PATH, [], headers={"If-Match": old}).status == 412
    assert building.request("DELETE", PATH, headers={"If-Match": "*"}).status == 204


def test_relationships_are_listed_by_id_and_by_name(building: Any) -> None:
    for relationship_id in ("r2", "r1"):
        put(building, relationship_id)
    answer = building.request("GET", "/digitaltwins/storey/relationships")
    assert answer.body.startswith(b'{"nextLink":null,"value":[{"$relationshipId":"r1",')
    listed = building.client().list_relationships("storey")
    assert [each["$relationshipId"] for each in listed] == ["r1", "r2"]
    other = building.request("GET", "/digitaltwins/storey/relationships?relationshipName=other")
    assert other.body == b'{"nextLink":null,"value":[]}'


def test_incoming_relationships_link_to_their_source(building: Any) -> None:
    put(building, "a%2Fb")
    answer = building.request("GET", "/digitaltwins/room/incomingrelationships", version="2022-05-31")
    assert answer.body == (
        b'{"nextLink":null,"value":[{"$relationshipId":"a/b","$sourceId":"storey","$relationshipName":"contains",'
        b'"$relationshipLink":"https://instance.example/digitaltwins/storey/relationships/a%2Fb?api-version=2022-05-31"}]}'
    )
    assert [each.source_id for each in building.client().list_incoming_relationships("room")] == ["storey"]


def test_a_replaced_relationship_leaves_its_old_target(building: Any) -> None:
    put(building)
    put(building, **{"$targetId": "attic"})
    assert building.request("GET", "/digitaltwins/room/incomingrelationships").json()["value"] == []
    assert len(building.request("GET", "/digitaltwins/attic/incomingrelationships").json()["value"]) == 1


@pytest.mark.parametrize("twin_id", ["storey", "room"])
def test_relationships_protect_the_twins_at_both_ends(building: Any, twin_id: str) -> None:
    put(building)
    client = building.client()
    with pytest.raises(HttpResponseError) as caught:
        client.delete_digital_twin(twin_id)
    assert caught.value.error is not None
    assert caught.value.status_code == 400
    assert caught.value.error.code == "RelationshipsNotDeleted"
    assert str(caught.value.error.message).startswith(
        f"Twin {twin_id} has active relationships. Cannot delete a twin unless"
    )
    client.delete_relationship("storey", "r1")
    client.delete_digital_twin(twin_id)


def test_a_twin_without_its_model_takes_no_relationships(building: Any) -> None:
    building.request("DELETE", "/models/dtmi%3Asamples%3AStorey%3B1")
    assert put(building).error["details"][0]["message"] == (
        "dtmi:samples:Storey;1 or one of its dependencies does not exist."
    )
