from typing import Any

import pytest

from tests.emulator.resource_manager.kinds.events import (
    CONTRIBUTOR,
    HUB_OWNER,
    HUB_SENDER,
    HUBS,
    Events,
    make_events,
)


@pytest.fixture
def events(arm: Any) -> Events:
    return make_events(arm)


def make_admin(events: Events, role: str = "Admin") -> None:
    admin = {"principalId": events.principal_id, "principalType": "App", "role": role}
    events.arm.make("PUT", f"{events.database}/principalAssignments/adt", {"properties": admin})


def test_a_connection_with_all_three_rights_is_made_with_azures_own_defaults(events: Events) -> None:
    events.grant(HUB_OWNER, events.hub)
    events.grant(CONTRIBUTOR, events.database)
    make_admin(events)

    made = events.arm.make("PUT", events.connection, events.history_body())

    assert made["properties"]["adxTableName"] == "AdtPropertyEvents"
    assert made["properties"]["eventHubConsumerGroup"] == "$Default"
    assert made["properties"]["provisioningState"] == "Succeeded"


@pytest.mark.parametrize(
    ("hub_role", "contributor", "own_role", "lacks"),
    [
        (HUB_SENDER, True, "Admin", "Azure Event Hubs Data Owner"),
        (HUB_OWNER, False, "Admin", "the role 'Contributor'"),
        (HUB_OWNER, True, "User", "the database's own role Admin"),
        (HUB_OWNER, True, "", "the database's own role Admin"),
    ],
)
def test_each_of_the_rights_is_needed(
    events: Events, hub_role: str, own_role: str, lacks: str, *, contributor: bool
) -> None:
    events.grant(hub_role, events.hub)
    if contributor:
        events.grant(CONTRIBUTOR, events.database)
    if own_role:
        make_admin(events, own_role)

    answer = events.arm.call("PUT", events.connection, events.history_body())

    assert events.arm.refusal_of(answer) == (400, "DataHistoryNotAuthorized")
    assert lacks in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"eventHubEntityPath": "none"}, "EventHubNotFound"),
        ({"eventHubNamespaceResourceId": f"{HUBS}-2"}, "EventHubNotFound"),
        ({"eventHubEndpointUri": "sb://other-ns.servicebus.windows.net/"}, "InvalidEndpointUri"),
        ({"adxDatabaseName": "none"}, "DatabaseNotFound"),
        ({"adxEndpointUri": "https://adxtest.northeurope.kusto.windows.net"}, "InvalidEndpointUri"),
        ({"connectionType": "Other"}, "InvalidRequestContent"),
        ({"recordPropertyAndItemRemovals": True}, "InvalidRequestContent"),
        ({"identity": {"type": "UserAssigned", "userAssignedIdentity": "/x"}}, "InvalidIdentity"),
    ],
)
def test_a_connection_that_azure_would_refuse_is_refused(events: Events, change: Any, code: str) -> None:
    events.grant(HUB_OWNER, events.hub)
    events.grant(CONTRIBUTOR, events.database)
    make_admin(events)

    assert events.arm.refusal("PUT", events.connection, events.history_body(**change)) == (400, code)
