"""Data history of an instance: what it needs in Azure Data Explorer and Event Hubs (fact sheet pulumi-azure, 1.3).

Codes are ours: no source tells Azure's.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from emulator.resource_manager.authorization import MANAGED_IDENTITIES
from emulator.resource_manager.errors import InvalidRequest
from emulator.resource_manager.kinds.instance_identity import principal_of
from emulator.resource_manager.kinds.kind import Kind, Put
from emulator.resource_manager.kinds.service_addresses import namespace_of
from emulator.resource_manager.resource_types.kusto import CLUSTER, DATABASE, PRINCIPAL_ASSIGNMENT
from emulator.resource_manager.resource_types.messaging import EVENT_HUB, HUB_NAMESPACE
from emulator.storage import Document

_HUB_ACTIONS = tuple(f"Microsoft.EventHub/namespaces/messages/{verb}/action" for verb in ("send", "receive"))
_DATABASE_WRITE = f"{DATABASE.type}/write"


class HistoryKind(Kind):
    """Connections to a database that keeps what happens in an instance."""

    def check(self, put: Put) -> None:
        """Returns when hub and database are there, and the instance's identity has its three rights."""
        asked = put.properties
        instance = self.find(put.row.parent_of(put.id)) or {}
        principal_id = principal_of(instance, asked.get("identity"))
        self._require_on_hub(self._hub(asked), principal_id)
        self._require_on_database(self._database(asked), principal_id)

    def _hub(self, asked: Mapping[str, Any]) -> Document:
        namespace = self.find(asked["eventHubNamespaceResourceId"], HUB_NAMESPACE.type)
        hub_id = f"{asked['eventHubNamespaceResourceId']}/eventhubs/{asked['eventHubEntityPath']}"
        hub = self.find(hub_id, EVENT_HUB.type)
        if namespace is None or hub is None:
            raise InvalidRequest(f"There is no event hub '{hub_id}'.", "EventHubNotFound")
        if namespace_of(asked["eventHubEndpointUri"]).lower() != namespace["name"].lower():
            message = (
                f"eventHubEndpointUri '{asked['eventHubEndpointUri']}' is not of the namespace '{namespace['name']}'."
            )
            raise InvalidRequest(message, "InvalidEndpointUri")
        return hub

    def _database(self, asked: Mapping[str, Any]) -> Document:
        cluster = self.find(asked["adxResourceId"], CLUSTER.type)
        database_id = f"{asked['adxResourceId']}/databases/{asked['adxDatabaseName']}"
        database = self.find(database_id, DATABASE.type)
        if cluster is None or database is None:
            raise InvalidRequest(f"There is no database '{database_id}'.", "DatabaseNotFound")
        if urlsplit(asked["adxEndpointUri"]).hostname != urlsplit(cluster["properties"]["uri"]).hostname:
            message = (
                f"adxEndpointUri '{asked['adxEndpointUri']}' is not the cluster's: {cluster['properties']['uri']}."
            )
            raise InvalidRequest(message, "InvalidEndpointUri")
        return database

    def _require_on_hub(self, hub: Document, principal_id: str) -> None:
        access = self.context.access
        if not all(access.allows_data(principal_id, action, hub["id"]) for action in _HUB_ACTIONS):
            raise _not_authorized(principal_id, f"the role 'Azure Event Hubs Data Owner' at {hub['id']}")

    def _require_on_database(self, database: Document, principal_id: str) -> None:
        if not self.context.access.allows(principal_id, _DATABASE_WRITE, database["id"]):
            raise _not_authorized(principal_id, f"the role 'Contributor' at {database['id']}")
        names = {principal_id, (self.storage.get(MANAGED_IDENTITIES, principal_id) or {}).get("clientId")}
        held = [item["properties"] for item in self.find_all(PRINCIPAL_ASSIGNMENT.type, database["id"])]
        if not any(item["principalId"].lower() in names and item["role"] == "Admin" for item in held):
            raise _not_authorized(principal_id, f"the database's own role Admin in {database['id']}")


def _not_authorized(principal_id: str, right: str) -> InvalidRequest:
    message = f"The instance's identity {principal_id} lacks {right}: assign it, and wait until that acts."
    return InvalidRequest(message, "DataHistoryNotAuthorized")
