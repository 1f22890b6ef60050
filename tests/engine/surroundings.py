"""What a platform team has already when it deploys: places for events and history, in a group of their own."""

from typing import Any

SUBSCRIPTION = "/subscriptions/5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-events"
HUBS = f"{GROUP}/providers/Microsoft.EventHub/namespaces/events"
HUB = f"{HUBS}/eventhubs/twins"
BUSES = f"{GROUP}/providers/Microsoft.ServiceBus/namespaces/alarm-bus"
TOPIC = f"{BUSES}/topics/alarms"
CLUSTER = f"{GROUP}/providers/Microsoft.Kusto/clusters/history"
DATABASE = f"{CLUSTER}/databases/twins"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/stdeadletters"
DEAD_LETTERS = f"{ACCOUNT}/blobServices/default/containers/undelivered"
ADDRESS = "https://history.westeurope.kusto.windows.net"
PLACE = {"location": "westeurope"}
STANDARD = {"sku": {"name": "Standard", "tier": "Standard"}}

EVERYTHING = [
    (GROUP, "2024-03-01", PLACE),
    (HUBS, "2024-01-01", {**PLACE, **STANDARD}),
    (HUB, "2024-01-01", {}),
    (BUSES, "2024-01-01", {**PLACE, **STANDARD}),
    (TOPIC, "2024-01-01", {}),
    (CLUSTER, "2024-04-13", {**PLACE, "sku": {"name": "Standard_E2ads_v5", "tier": "Standard", "capacity": 2}}),
    (DATABASE, "2024-04-13", {**PLACE, "kind": "ReadWrite"}),
    (ACCOUNT, "2024-01-01", {**PLACE, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}),
    (DEAD_LETTERS, "2024-01-01", {}),
]


def make_surroundings(azure: Any) -> None:
    for resource_id, version, body in EVERYTHING:
        azure.manage("PUT", resource_id, body, version=version)
