"""An event hub, a topic, a container and a database, which an instance's identity may use only when told."""

import zlib
from dataclasses import dataclass
from typing import Any

SUBSCRIPTION = "/subscriptions/5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-test"
INSTANCE = f"{GROUP}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt-test"
HUBS = f"{GROUP}/providers/Microsoft.EventHub/namespaces/evhns-test"
BUSES = f"{GROUP}/providers/Microsoft.ServiceBus/namespaces/sbns-test"
CLUSTER = f"{GROUP}/providers/Microsoft.Kusto/clusters/adxtest"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/stevents"
HUB_SENDER = "2b629674-e913-4c01-ae53-ef4638d8f975"
HUB_OWNER = "f526a384-b230-433a-b45c-95f59c4a2dec"
BUS_SENDER = "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39"
BLOB_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
PLACE = {"location": "westeurope"}
SKU = {"sku": {"name": "Standard", "tier": "Standard"}}


@dataclass
class Events:
    arm: Any
    principal_id: str = ""
    hub: str = f"{HUBS}/eventhubs/twins"
    topic: str = f"{BUSES}/topics/twins"
    container: str = f"{ACCOUNT}/blobServices/default/containers/dead"
    database: str = f"{CLUSTER}/databases/history"
    endpoint: str = f"{INSTANCE}/endpoints/events"
    connection: str = f"{INSTANCE}/timeSeriesDatabaseConnections/history"

    def grant(self, role: str, scope: str) -> str:
        """Assigns the role to the instance's identity, under a name made of both."""
        name = f"{role[:8]}-0000-4000-8000-{zlib.crc32(scope.encode()):012d}"
        asked = {
            "principalId": self.principal_id,
            "roleDefinitionId": f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}",
        }
        self.arm.put_assignment(name, asked, scope=scope).raise_for_status()
        return f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"

    def hub_body(self, **properties: Any) -> dict[str, Any]:
        return self._body("EventHub", "sb://evhns-test.servicebus.windows.net/", properties)

    def topic_body(self, **properties: Any) -> dict[str, Any]:
        return self._body("ServiceBus", "sb://sbns-test.servicebus.windows.net/", properties)

    def history_body(self, **properties: Any) -> dict[str, Any]:
        whole = {
            "connectionType": "AzureDataExplorer",
            "adxResourceId": CLUSTER,
            "adxEndpointUri": "https://adxtest.westeurope.kusto.windows.net",
            "adxDatabaseName": "history",
            "eventHubNamespaceResourceId": HUBS,
            "eventHubEndpointUri": "sb://evhns-test.servicebus.windows.net/",
            "eventHubEntityPath": "twins",
            **properties,
        }
        return {"properties": whole}

    def _body(self, kind: str, uri: str, properties: dict[str, Any]) -> dict[str, Any]:
        whole = {
            "endpointType": kind,
            "authenticationType": "IdentityBased",
            "endpointUri": uri,
            "entityPath": "twins",
            "identity": {"type": "SystemAssigned"},
            **properties,
        }
        return {"properties": {key: value for key, value in whole.items() if value is not None}}


def make_events(arm: Any) -> Events:
    instance = arm.make("PUT", INSTANCE, {**PLACE, "identity": {"type": "SystemAssigned"}})
    events = Events(arm, instance["identity"]["principalId"])
    arm.make("PUT", HUBS, {**PLACE, **SKU})
    arm.make("PUT", events.hub, {})
    arm.make("PUT", BUSES, {**PLACE, **SKU})
    arm.make("PUT", events.topic, {})
    arm.make("PUT", ACCOUNT, {**PLACE, "kind": "StorageV2", "sku": {"name": "Standard_ZRS"}})
    arm.make("PUT", events.container, {})
    arm.make("PUT", CLUSTER, {**PLACE, "sku": {"name": "Standard_E2ads_v5", "tier": "Standard", "capacity": 2}})
    arm.make("PUT", events.database, {**PLACE, "kind": "ReadWrite"})
    return events
