from typing import Any

import pytest
from azure.core.pipeline.transport import RequestsTransport
from azure.mgmt.digitaltwins import AzureDigitalTwinsManagementClient
from azure.mgmt.digitaltwins.models import DigitalTwinsEndpointResource, EventHub, ManagedIdentityReference

from tests.emulator.resource_manager.kinds.events import (
    BLOB_CONTRIBUTOR,
    BUS_SENDER,
    GROUP,
    HUB_OWNER,
    HUB_SENDER,
    HUBS,
    INSTANCE,
    PLACE,
    Events,
    make_events,
)

DEAD = "https://stevents.blob.core.windows.net/dead"


@pytest.fixture
def events(arm: Any) -> Events:
    return make_events(arm)


def test_azures_client_makes_an_endpoint_by_identity(events: Events) -> None:
    events.grant(HUB_SENDER, events.hub)
    transport = RequestsTransport(session=events.arm.session, session_owner=False)
    with AzureDigitalTwinsManagementClient(
        events.arm.credential(),
        "5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002",
        base_url=events.arm.address,
        transport=transport,
        polling_interval=0,
    ) as client:
        wanted = EventHub(
            authentication_type="IdentityBased",
            endpoint_uri="sb://evhns-test.servicebus.windows.net/",
            entity_path="twins",
            identity=ManagedIdentityReference(type="SystemAssigned"),
        )
        operations = client.digital_twins_endpoint
        made = operations.begin_create_or_update(
            "rg-test", "adt-test", "events", DigitalTwinsEndpointResource(properties=wanted)
        ).result()
        assert isinstance(made.properties, EventHub)
        assert made.properties.provisioning_state == "Succeeded"
        assert [item.name for item in operations.list("rg-test", "adt-test")] == ["events"]
        operations.begin_delete("rg-test", "adt-test", "events").result()
        assert list(operations.list("rg-test", "adt-test")) == []


@pytest.mark.parametrize(
    ("kind", "role", "name"),
    [
        ("hub", HUB_SENDER, "Azure Event Hubs Data Sender"),
        ("topic", BUS_SENDER, "Azure Service Bus Data Sender"),
    ],
)
def test_the_instances_identity_has_the_senders_role_first(events: Events, kind: str, role: str, name: str) -> None:
    body = getattr(events, f"{kind}_body")()

    answer = events.arm.call("PUT", events.endpoint, body)
    assert events.arm.refusal_of(answer) == (400, "EndpointNotAuthorized")
    assert f"assign it the role '{name}'" in answer.json()["error"]["message"]
    events.grant(role, getattr(events, kind))
    assert events.arm.call("PUT", events.endpoint, body).status_code == 201


@pytest.mark.parametrize(("role", "scope"), [(HUB_OWNER, HUBS), (HUB_SENDER, GROUP)])
def test_the_right_may_come_from_above_and_from_more(events: Events, role: str, scope: str) -> None:
    events.grant(role, scope)

    made = events.arm.make("PUT", events.endpoint, events.hub_body())

    assert made["properties"]["provisioningState"] == "Succeeded"


def test_a_role_that_does_not_act_yet_is_none(events: Events) -> None:
    events.arm.faults.role_propagation = 60
    events.grant(HUB_SENDER, events.hub)

    assert events.arm.refusal("PUT", events.endpoint, events.hub_body()) == (400, "EndpointNotAuthorized")
    events.arm.clock.advance(61)
    events.arm.make("PUT", events.endpoint, events.hub_body())


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"entityPath": "none"}, "EndpointTargetNotFound"),
        ({"endpointUri": "sb://other-ns.servicebus.windows.net/"}, "EndpointTargetNotFound"),
        ({"endpointUri": "https://evhns-test.servicebus.windows.net/"}, "InvalidEndpointUri"),
        ({"endpointUri": None}, "EndpointAddressMissing"),
        ({"entityPath": None}, "EndpointAddressMissing"),
        ({"connectionStringPrimaryKey": "Endpoint=sb://x"}, "EndpointKeyNotTaken"),
        ({"identity": {"type": "UserAssigned", "userAssignedIdentity": "/x"}}, "InvalidIdentity"),
        ({"deadLetterUri": "https://stevents.blob.core.windows.net/none"}, "DeadLetterContainerNotFound"),
        ({"deadLetterUri": DEAD}, "EndpointNotAuthorized"),
        ({"deadLetterSecret": f"{DEAD}?sv=1"}, "EndpointKeyNotTaken"),
        ({"authenticationType": None}, "EndpointKeyMissing"),
        ({"endpointType": "Queue"}, "InvalidRequestContent"),
        ({"endpointType": None}, "InvalidRequestContent"),
        ({"primaryConnectionString": "x"}, "InvalidRequestContent"),
    ],
)
def test_an_endpoint_that_azure_would_refuse_is_refused(events: Events, change: Any, code: str) -> None:
    events.grant(HUB_SENDER, events.hub)

    assert events.arm.refusal("PUT", events.endpoint, events.hub_body(**change)) == (400, code)


def test_dead_letters_need_the_role_at_their_container(events: Events) -> None:
    events.grant(HUB_SENDER, events.hub)
    events.grant(BLOB_CONTRIBUTOR, events.container)

    made = events.arm.make("PUT", events.endpoint, events.hub_body(deadLetterUri=DEAD))
    events.arm.make(
        "PUT", f"{events.endpoint}-2", events.hub_body(deadLetterUri="https://localhost:21000/stevents/dead")
    )

    assert made["properties"]["deadLetterUri"] == DEAD


def test_an_identity_that_the_instance_does_not_have_sends_nothing(events: Events) -> None:
    events.grant(HUB_SENDER, events.hub)
    events.arm.make("PUT", INSTANCE, {**PLACE, "identity": {"type": "None"}})

    assert events.arm.refusal("PUT", events.endpoint, events.hub_body()) == (400, "InvalidIdentity")


def test_a_user_assigned_identity_sends_where_it_is_named(events: Events) -> None:
    identity = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-events"
    made = events.arm.make("PUT", identity, PLACE)
    assigned = {"type": "UserAssigned", "userAssignedIdentities": {identity: {}}}
    events.arm.make("PUT", INSTANCE, {**PLACE, "identity": assigned})
    events.principal_id = made["properties"]["principalId"]
    events.grant(HUB_SENDER, events.hub)
    reference = {"type": "UserAssigned", "userAssignedIdentity": identity}

    assert events.arm.call("PUT", events.endpoint, events.hub_body(identity=reference)).status_code == 201


def test_event_grid_takes_keys_only_and_never_shows_them(events: Events) -> None:
    grid = {"endpointType": "EventGrid", "TopicEndpoint": "https://t.westeurope-1.eventgrid.azure.net/api/events"}
    by_key = {"properties": {**grid, "accessKey1": "secret"}}
    by_identity = {"properties": {**grid, "accessKey1": "secret", "authenticationType": "IdentityBased"}}
    with_identity = {"properties": {**by_key["properties"], "identity": {"type": "SystemAssigned"}}}

    refused = (400, "EndpointAuthenticationNotSupported")
    assert events.arm.refusal("PUT", events.endpoint, by_identity) == refused
    assert events.arm.refusal("PUT", events.endpoint, {"properties": grid}) == (400, "InvalidRequestContent")
    assert events.arm.refusal("PUT", events.endpoint, with_identity) == (400, "InvalidIdentity")
    made = events.arm.make("PUT", events.endpoint, by_key)
    assert made["properties"]["accessKey1"] == "******"
    assert made["properties"]["authenticationType"] == "KeyBased"
    assert "secret" not in str(events.arm.storage.items("resources"))


def test_an_endpoint_never_changes_between_keys_and_identity(events: Events) -> None:
    by_key = {"properties": {"endpointType": "EventHub", "connectionStringPrimaryKey": "Endpoint=sb://x"}}
    events.grant(HUB_SENDER, events.hub)
    events.grant(BUS_SENDER, events.topic)
    events.arm.make("PUT", events.endpoint, by_key)

    assert events.arm.refusal("PUT", events.endpoint, events.hub_body()) == (400, "EndpointCannotBeChanged")
    events.arm.make("DELETE", events.endpoint)
    events.arm.make("PUT", events.endpoint, events.hub_body())
    assert events.arm.refusal("PUT", events.endpoint, by_key) == (400, "EndpointCannotBeChanged")
    assert events.arm.refusal("PUT", events.endpoint, events.topic_body()) == (400, "EndpointCannotBeChanged")


def test_an_endpoint_that_an_event_route_names_stays(events: Events) -> None:
    events.grant(HUB_SENDER, events.hub)
    events.arm.make("PUT", events.endpoint, events.hub_body())
    route = {"id": "all", "endpointName": "events", "filter": "true"}
    events.arm.storage.put("event-routes", f"{INSTANCE.lower()}/all", route)
    events.arm.storage.put("event-routes", f"{INSTANCE.lower()}-2/all", {**route, "endpointName": "other"})

    assert events.arm.refusal("DELETE", events.endpoint) == (409, "EndpointInUse")
    events.arm.storage.delete("event-routes", f"{INSTANCE.lower()}/all")
    assert events.arm.call("DELETE", events.endpoint).status_code == 200


def test_an_instance_takes_its_endpoints_with_it(events: Events) -> None:
    events.grant(HUB_SENDER, events.hub)
    events.arm.make("PUT", events.endpoint, events.hub_body())

    events.arm.make("DELETE", INSTANCE)

    assert events.arm.storage.get("resources", events.endpoint.lower()) is None
