from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from components.history import History, HistoryArgs
from components.propagation import retry_lagging
from tests.components.scenario import ROLE_ASSIGNMENT, SUBSCRIPTION, TENANT

Build = Callable[..., Any]
CONNECTION = "azure-native:digitaltwins:TimeSeriesDatabaseConnection"
ADMIN = "azure-native:kusto:DatabasePrincipalAssignment"
CLUSTER = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-adx/providers/Microsoft.Kusto/clusters/adx"
DATABASE = f"{CLUSTER}/databases/twins"
NAMESPACE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-events/providers/Microsoft.EventHub/namespaces/ns-hub"
HUB = f"{NAMESPACE}/eventhubs/history"
ROLES = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions"
EVENT_HUBS_DATA_OWNER = f"{ROLES}/f526a384-b230-433a-b45c-95f59c4a2dec"
CONTRIBUTOR = f"{ROLES}/b24988ac-6180-42a0-ab88-20f7382dd24c"


def program(*, retry: bool = False, **changes: Any) -> Callable[[], dict[str, Any]]:
    def build() -> dict[str, Any]:
        args: dict[str, Any] = {
            "resource_group_name": "rg",
            "instance_name": "adt-1",
            "instance_principal_id": "principal",
            "tenant_id": TENANT,
            "database_id": DATABASE,
            "endpoint_uri": "https://adx.westeurope.kusto.windows.net",
            "event_hub_id": HUB,
            "retry": retry_lagging() if retry else None,
            **changes,
        }
        made = History("history", HistoryArgs(**args), pulumi.ResourceOptions(protect=True))
        return {"waits_for": pulumi.Output.all(*[resource.urn for resource in made.resources])}

    return build


def test_all_three_tables_are_kept_by_identity(build_in_both_modes: Build) -> None:
    assert build_in_both_modes(program()).one(CONNECTION).inputs == {
        "resourceGroupName": "rg",
        "resourceName": "adt-1",
        "timeSeriesDatabaseConnectionName": "history",
        "properties": {
            "connectionType": "AzureDataExplorer",
            "adxResourceId": CLUSTER,
            "adxEndpointUri": "https://adx.westeurope.kusto.windows.net",
            "adxDatabaseName": "twins",
            "adxTableName": "AdtPropertyEvents",
            "adxTwinLifecycleEventsTableName": "AdtTwinLifecycleEvents",
            "adxRelationshipLifecycleEventsTableName": "AdtRelationshipLifecycleEvents",
            "eventHubNamespaceResourceId": NAMESPACE,
            "eventHubEndpointUri": "sb://ns-hub.servicebus.windows.net/",
            "eventHubEntityPath": "history",
            "eventHubConsumerGroup": "$Default",
            "identity": {"type": "SystemAssigned"},
            # A default of the SDK.
            "recordPropertyAndItemRemovals": "false",
        },
    }


def test_another_address_and_consumer_group_are_handed_on(build_in_both_modes: Build) -> None:
    changes: dict[str, Any] = {"event_hub_uri": "sb://ns-hub.servicebus.chinacloudapi.cn/", "consumer_group": "adx"}

    properties = build_in_both_modes(program(**changes)).one(CONNECTION).inputs["properties"]

    assert properties["eventHubEndpointUri"] == "sb://ns-hub.servicebus.chinacloudapi.cn/"
    assert properties["eventHubConsumerGroup"] == "adx"


def test_the_instance_owns_the_hubs_data_and_contributes_to_the_database_alone(build_in_both_modes: Build) -> None:
    built = build_in_both_modes(program())

    keys = ("principalId", "principalType", "scope", "roleDefinitionId")
    made = built.of_type(ROLE_ASSIGNMENT)
    assert len(made) == 2
    assert {tuple(item.inputs[key] for key in keys) for item in made} == {
        ("principal", "ServicePrincipal", HUB, EVENT_HUBS_DATA_OWNER),
        ("principal", "ServicePrincipal", DATABASE, CONTRIBUTOR),
    }


def test_the_database_knows_the_instance_as_an_administrator(build_in_both_modes: Build) -> None:
    inputs = build_in_both_modes(program()).one(ADMIN).inputs

    name = inputs["principalAssignmentName"]
    assert name.startswith("adt-")
    assert inputs == {
        "resourceGroupName": "rg-adx",
        "clusterName": "adx",
        "databaseName": "twins",
        "principalAssignmentName": name,
        "principalId": "principal",
        "principalType": "App",
        "role": "Admin",
        "tenantId": TENANT,
    }


def test_instances_that_share_a_database_are_administrators_of_different_names(build: Build) -> None:
    def name(**changes: Any) -> str:
        return str(build(program(**changes)).one(ADMIN).inputs["principalAssignmentName"])

    assert name() == name(instance_name="ADT-1")
    assert len({name(), name(instance_name="adt-2"), name(resource_group_name="rg-2")}) == 3


def test_all_three_rights_are_there_before_the_connection(build: Build) -> None:
    built = build(program())

    depends_on = {urn.rsplit("::", 1)[1] for urn in built.requests["history"].dependencies}
    assert depends_on == {item.name for item in built.of_type(ROLE_ASSIGNMENT)} | {"history-database-admin"}


def test_another_database_is_another_connection_and_another_identity_another_administrator(build: Build) -> None:
    requests = build(program()).requests

    assert list(requests["history"].replaceOnChanges) == ["properties"]
    assert list(requests["history-database-admin"].replaceOnChanges) == ["principalId", "tenantId"]
    assert all(requests[name].deleteBeforeReplace for name in ("history", "history-database-admin"))


def test_each_part_is_protected_and_tried_again_while_azure_does_not_know_the_identity(build: Build) -> None:
    built = build(program(retry=True))

    made = [item.name for item in built.created if item.custom]
    assert len(made) == 4
    assert {name for name in made if built.requests[name].protect} == set(made)
    assert {name for name in made if list(built.requests[name].hooks.on_error) == ["retry-lagging"]} == set(made)


def test_the_connection_can_be_waited_for(build: Build) -> None:
    (urn,) = build(program()).outputs["waits_for"]

    assert urn.endswith(f"{CONNECTION}::history")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"database_id": CLUSTER}, "is not the id of an Azure Data Explorer database: it ends at clusters"),
        ({"event_hub_id": NAMESPACE}, "is not the id of an event hub: it ends at namespaces; add /eventhubs/<name>"),
        ({"instance_principal_id": ""}, "turn its system-assigned identity on"),
    ],
)
def test_what_cannot_work_is_refused_with_what_to_do(build: Build, changes: dict[str, Any], problem: str) -> None:
    with pytest.raises((ValueError, pulumi.RunError), match=problem):
        build(program(**changes))
