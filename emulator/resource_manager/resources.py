"""Resource groups and Azure Digital Twins instances."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

from emulator.resource_manager.context import ResourceManagerContext
from emulator.resource_manager.errors import ResourceManagerError, ResourceNotFound
from emulator.resource_manager.role_assignments import RoleAssignments
from emulator.resource_manager.scopes import covers, normalise
from emulator.storage import Document

RESOURCES = "resources"
"""Kind of document: lower-case id -> resource, as Resource Manager answers it."""
GROUP_TYPE = "Microsoft.Resources/resourceGroups"
INSTANCE_TYPE = "Microsoft.DigitalTwins/digitalTwinsInstances"
_IDENTITIES = UUID("a3a1f5de-20b2-4c0e-8a14-1f5e0b1d7c11")


class Resources:
    """Reads and writes resources, and starts and stops what they stand for."""

    def __init__(self, context: ResourceManagerContext, assignments: RoleAssignments) -> None:
        self._context = context
        self._storage = context.storage
        self._assignments = assignments

    def get(self, resource_id: str) -> Document:
        """The resource.

        Raises:
            ResourceNotFound: there is none.
        """
        document = self._storage.get(RESOURCES, normalise(resource_id))
        if document is None:
            self._require_group(resource_id)
            raise ResourceNotFound(resource_id)
        return document

    def list_in(self, scope: str, resource_type: str) -> list[Document]:
        """The resources of a type in a scope."""
        return [
            document
            for _, document in self._storage.items(RESOURCES)
            if document["type"] == resource_type and covers(scope, document["id"])
        ]

    def put_group(self, resource_id: str, body: Mapping[str, Any]) -> tuple[Document, bool]:
        """Makes or updates a resource group; also says whether it is new."""
        existing = self._storage.get(RESOURCES, normalise(resource_id))
        if existing is not None and existing["location"] != body["location"]:
            raise ResourceManagerError(
                409,
                "InvalidResourceGroupLocation",
                f"The resource group is in {existing['location']} and cannot move to {body['location']}.",
            )
        document = {
            "id": existing["id"] if existing else resource_id,
            "name": resource_id.rsplit("/", 1)[-1],
            "type": GROUP_TYPE,
            **body,
            "properties": {"provisioningState": "Succeeded"},
        }
        self._storage.put(RESOURCES, normalise(resource_id), document)
        return document, existing is None

    async def put_instance(self, resource_id: str, body: Mapping[str, Any]) -> tuple[Document, bool]:
        """Makes or updates an instance; also says whether it is new."""
        self._require_group(resource_id)
        existing = self._storage.get(RESOURCES, normalise(resource_id))
        if existing is not None and existing["location"] != body["location"]:
            raise ResourceManagerError(
                409, "InvalidResourceLocation", f"The resource is in {existing['location']} and cannot move."
            )
        now = self._context.clock.now().isoformat()
        host_name = existing["properties"]["hostName"] if existing else await self._context.instances.start(resource_id)
        properties = {
            "publicNetworkAccess": "Enabled",
            **body.get("properties", {}),
            "hostName": host_name,
            "provisioningState": "Succeeded",
            "createdTime": existing["properties"]["createdTime"] if existing else now,
            "lastUpdatedTime": now,
            "privateEndpointConnections": [],
        }
        document = {
            **body,
            "id": existing["id"] if existing else resource_id,
            "name": resource_id.rsplit("/", 1)[-1],
            "type": INSTANCE_TYPE,
            "identity": self._identity(resource_id, body.get("identity")),
            "properties": properties,
        }
        self._storage.put(RESOURCES, normalise(resource_id), document)
        return document, existing is None

    async def delete(self, resource_id: str) -> bool:
        """Removes a resource and all below it, assignments too; False when there was none."""
        if self._storage.get(RESOURCES, normalise(resource_id)) is None:
            return False
        for key, document in self._storage.items(RESOURCES):
            if covers(resource_id, document["id"]):
                if document["type"] == INSTANCE_TYPE:
                    await self._context.instances.stop(document["id"])
                self._storage.delete(RESOURCES, key)
        self._assignments.delete_below(resource_id)
        return True

    def _require_group(self, resource_id: str) -> None:
        parts = resource_id.strip("/").split("/")
        group = "/" + "/".join(parts[:4])
        if len(parts) > 4 and self._storage.get(RESOURCES, normalise(group)) is None:
            raise ResourceManagerError(404, "ResourceGroupNotFound", f"Resource group '{parts[3]}' could not be found.")

    def _identity(self, resource_id: str, identity: Mapping[str, Any] | None) -> Mapping[str, Any]:
        if identity is None or "SystemAssigned" not in identity["type"]:
            return identity or {"type": "None"}
        # The same resource keeps its principal; a resource made anew gets another one only with another name.
        principal_id = str(uuid5(_IDENTITIES, normalise(resource_id)))
        return {**identity, "principalId": principal_id, "tenantId": self._context.directory.tenant_id}
