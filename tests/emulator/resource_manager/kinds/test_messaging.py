from typing import Any

from tests.emulator.resource_manager.kinds.events import BUSES, CLUSTER, HUBS, PLACE, SKU, make_events


def test_namespaces_hubs_and_topics_are_made_and_say_where_they_are(arm: Any) -> None:
    events = make_events(arm)

    hubs, hub = arm.make("GET", HUBS), arm.make("GET", events.hub)
    assert hubs["properties"]["serviceBusEndpoint"] == "https://evhns-test.servicebus.windows.net:443/"
    assert (hub["name"], hub["properties"]["partitionIds"]) == ("twins", ["0", "1", "2", "3"])
    assert arm.make("GET", events.topic)["properties"]["status"] == "Active"
    assert [item["name"] for item in arm.list(f"{HUBS}/eventhubs")] == ["twins"]


def test_the_name_of_a_namespace_is_taken_everywhere_and_its_parts_need_it(arm: Any) -> None:
    make_events(arm)
    elsewhere = HUBS.replace("rg-test", "rg-other")
    arm.make("PUT", elsewhere.split("/providers/")[0], PLACE)

    assert arm.refusal("PUT", elsewhere, {**PLACE, **SKU}) == (409, "NamespaceAlreadyExists")
    assert arm.refusal("PUT", f"{BUSES}-2/topics/twins", {}) == (404, "ParentResourceNotFound")


def test_a_database_and_its_own_roles_are_made_in_a_cluster(arm: Any) -> None:
    events = make_events(arm)
    admin = {"principalId": events.principal_id, "principalType": "App", "role": "Admin"}

    made = arm.make("PUT", f"{events.database}/principalAssignments/adt", {"properties": admin})

    cluster = arm.make("GET", CLUSTER)["properties"]
    assert cluster["uri"] == "https://adxtest.westeurope.kusto.windows.net"
    assert cluster["dataIngestionUri"] == "https://ingest-adxtest.westeurope.kusto.windows.net"
    assert made["properties"]["tenantId"] == "8f14e45f-ceea-467f-a9d2-4b5b1e0c7a01"
    boss = {"properties": {**admin, "role": "Boss"}}
    assert arm.refusal("PUT", f"{events.database}/principalAssignments/b", boss) == (400, "InvalidRequestContent")
    nowhere = f"{CLUSTER}/databases/none/principalAssignments/adt"
    assert arm.refusal("PUT", nowhere, {"properties": admin}) == (404, "ParentResourceNotFound")


def test_roles_are_assigned_at_a_hub_a_topic_and_a_database(arm: Any) -> None:
    events = make_events(arm)

    for scope in (events.hub, events.topic, events.database, events.container):
        events.grant("acdd72a7-3385-48ef-bd42-f606fba81ae7", scope)
        assert len(arm.list(f"{scope}/providers/Microsoft.Authorization/roleAssignments", "atScope()")) >= 1
