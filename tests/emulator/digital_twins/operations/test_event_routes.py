from collections.abc import Callable
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.digitaltwins.core import DigitalTwinsEventRoute
from azure.digitaltwins.core._generated.models import EventRoutesListOptions

NOT_FOUND = (
    "There is no route available that matches the provided input. Check for all valid event routes by calling "
    "EventRoute_List. See Swagger example (https://aka.ms/RouteSwSmpl)."
)


def add_endpoint(emulated: Any, name: str) -> None:
    resource_id = f"{emulated.instance.key}/endpoints/{name}"
    document = {"id": resource_id, "name": name, "type": "Microsoft.DigitalTwins/digitalTwinsInstances/endpoints"}
    emulated.instance.storage.put("resources", resource_id.lower(), document)


@pytest.fixture
def routed(emulated: Any) -> Any:
    """An instance with an endpoint."""
    add_endpoint(emulated, "Hub-1")
    return emulated


def put(routed: Any, route_id: str = "r", **body: Any) -> Any:
    return routed.request("PUT", f"/eventroutes/{route_id}", {"endpointName": "Hub-1", "filter": "true", **body})


def test_a_route_is_made_read_listed_and_deleted_with_the_sdk(routed: Any) -> None:
    client = routed.client()
    route = DigitalTwinsEventRoute(endpoint_name="Hub-1", filter="type = 'Microsoft.DigitalTwins.Twin.Update'")
    client.upsert_event_route("eventroute-001", route)

    found = client.get_event_route("eventroute-001")
    assert (found.id, found.endpoint_name, found.filter) == ("eventroute-001", "Hub-1", route.filter)
    assert [each.id for each in client.list_event_routes()] == ["eventroute-001"]

    client.delete_event_route("eventroute-001")
    assert list(client.list_event_routes()) == []
    with pytest.raises(ResourceNotFoundError):
        client.get_event_route("eventroute-001")
    with pytest.raises(ResourceNotFoundError):
        client.delete_event_route("eventroute-001")


def test_the_answers_are_those_of_the_service(routed: Any) -> None:
    assert routed.request("GET", "/eventroutes").body == b'{"value":[],"nextLink":null}'
    made = put(routed)
    assert (made.status, made.body, made.headers["content-length"]) == (204, b"", "0")
    assert "etag" not in made.headers
    assert routed.request("GET", "/eventroutes/r").body == b'{"id":"r","endpointName":"Hub-1","filter":"true"}'
    assert routed.request("DELETE", "/eventroutes/r").status == 204
    for method in ("GET", "DELETE"):
        gone = routed.request(method, "/eventroutes/r")
        assert (gone.status, gone.error) == (404, {"code": "EventRouteNotFound", "message": NOT_FOUND})


def test_a_route_is_replaced_whole_and_its_id_is_case_sensitive(routed: Any) -> None:
    add_endpoint(routed, "hub-2")
    put(routed, "r")
    put(routed, "R", filter="false")
    put(routed, "r", endpointName="hub-2", filter="subject = 'A'")

    assert routed.request("GET", "/eventroutes").json()["value"] == [
        {"id": "r", "endpointName": "hub-2", "filter": "subject = 'A'"},
        {"id": "R", "endpointName": "Hub-1", "filter": "false"},
    ]


@pytest.mark.parametrize(
    ("route_id", "body", "code"),
    [
        ("r", {"endpointName": "other"}, "EventRouteEndpointInvalid"),
        ("r", {"endpointName": None}, "EventRouteEndpointInvalid"),
        ("r", {"filter": None}, "EventRouteFilterInvalid"),
        ("r", {"filter": ""}, "EventRouteFilterInvalid"),
        ("r", {"filter": "type = Create"}, "EventRouteFilterInvalid"),
        ("a%2Fb", {}, "EventRouteIdInvalid"),
        ("a%20b", {}, "EventRouteIdInvalid"),
    ],
)
def test_what_is_no_route_is_refused(routed: Any, route_id: str, body: dict[str, Any], code: str) -> None:
    answer = put(routed, route_id, **body)

    assert (answer.status, answer.error["code"]) == (400, code)
    assert answer.headers["x-ms-error-code"] == code
    assert routed.request("GET", "/eventroutes").json()["value"] == []


def test_an_endpoint_is_found_whatever_the_case_of_its_name(routed: Any) -> None:
    assert put(routed, endpointName="HUB-1").status == 204


def test_an_instance_has_six_routes_at_most_and_each_can_still_be_replaced(routed: Any) -> None:
    for number in range(6):
        assert put(routed, f"r{number}").status == 204

    refused = put(routed, "r6")
    assert (refused.status, refused.error["code"]) == (400, "LimitExceeded")
    assert put(routed, "r5", filter="false").status == 204


def test_routes_are_listed_in_pages(routed: Any) -> None:
    for number in range(3):
        put(routed, f"r{number}")

    first = routed.request("GET", "/eventroutes", headers={"max-items-per-page": "2"}).json()
    assert [route["id"] for route in first["value"]] == ["r0", "r1"]
    assert first["nextLink"].startswith("https://instance.example/eventroutes?")
    one = EventRoutesListOptions(max_items_per_page=1)
    found = routed.client().list_event_routes(event_routes_list_options=one)
    assert [each.id for each in found] == ["r0", "r1", "r2"]
    none = routed.request("GET", "/eventroutes", headers={"max-items-per-page": "0"})
    assert (none.status, none.error["code"]) == (400, "InvalidArgument")


def test_each_call_needs_the_right_of_its_verb(routed: Any) -> None:
    routed.authorizer.allowed["reader"] = {"Microsoft.DigitalTwins/eventroutes/read"}
    client = routed.client("reader")

    assert list(client.list_event_routes()) == []
    with pytest.raises(HttpResponseError, match="eventroutes/write"):
        client.upsert_event_route("r", DigitalTwinsEventRoute(endpoint_name="Hub-1", filter="true"))
    with pytest.raises(HttpResponseError, match="eventroutes/delete"):
        client.delete_event_route("r")


def test_routes_outlive_a_restart(start: Callable[[], Any]) -> None:
    emulated = start()
    add_endpoint(emulated, "Hub-1")
    put(emulated)

    assert start().request("GET", "/eventroutes/r").status == 200


def test_resource_manager_finds_a_route_by_instance_and_id(routed: Any) -> None:
    put(routed)

    assert routed.instance.storage.items("event-routes") == [
        (f"{routed.instance.key}/r", {"id": "r", "endpointName": "Hub-1", "filter": "true"})
    ]


def test_another_instances_routes_are_not_this_ones(routed: Any) -> None:
    foreign = {"id": "f", "endpointName": "Hub-1", "filter": "true"}
    routed.instance.storage.put("event-routes", f"{routed.instance.key}-2/f", foreign)

    assert routed.request("GET", "/eventroutes").json()["value"] == []
    assert routed.request("GET", "/eventroutes/f").status == 404
