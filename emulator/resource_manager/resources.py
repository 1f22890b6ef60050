"""Resource groups and Azure Digital Twins instances."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

from emulator.resource_manager.authorization import MANAGED_IDENTITIES
from emulator.resource_manager.context import ResourceManagerContext
from emulator.resource_manager.errors import Conflict, InvalidRequest, ResourceNotFound
from emulator.resource_manager.role_assignments import RoleAssignments
from emulator.resource_manager.scopes import covers, is_management_group, normalise, resource_group_of
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
        """The resource group or resource.

        Raises:
            ResourceNotFound: there is none, or no group for it.
        """
        document = self._storage.get(RESOURCES, normalise(resource_id))
        if document is None:
            self._require_group(resource_id)
            kind, name = resource_id.rstrip("/").split("/")[-2:]
            message = f"The Resource '{kind}/{name}' under resource group '{_group_name(resource_id)}' was not found."
            raise ResourceNotFound(message)
        return document

    def list_in(self, scope: str, resource_type: str) -> list[Document]:
        """The resources of a type in a scope."""
        return [
            document
            for _, document in self._storage.items(RESOURCES)
            if document["type"] == resource_type and covers(scope, document["id"])
        ]

    def put_group(self, resource_id: str, body: Mapping[str, Any]) -> tuple[Document, bool]:
        """Makes or updates a resource group; also says whether it is new.

        Raises:
            Conflict: it is elsewhere already.
        """
        existing = self._storage.get(RESOURCES, normalise(resource_id))
        if existing is not None and _place(existing) != _place(body):
            message = (
                f"Invalid resource group location '{body['location']}'. The resource group already exists in location "
                f"'{existing['location']}'."
            )
            raise Conflict(message, "InvalidResourceGroupLocation")
        named = {**_named(resource_id, GROUP_TYPE, existing), **body, "location": _place(body)}
        document = {**named, "properties": _SUCCEEDED}
        self._storage.put(RESOURCES, normalise(resource_id), document)
        return document, existing is None

    async def put_instance(self, resource_id: str, body: Mapping[str, Any]) -> tuple[Document, bool]:
        """Makes or updates an instance; also says whether it is new.

        Raises:
            ResourceManagerError: there is no group for it, it is elsewhere already, or its identity cannot be.
        """
        self._require_group(resource_id)
        _check_identity(body.get("identity"))
        existing = self._storage.get(RESOURCES, normalise(resource_id))
        if existing is not None and _place(existing) != _place(body):
            message = (
                f"The resource '{existing['name']}' already exists in location '{existing['location']}' in resource "
                f"group '{_group_name(resource_id)}'. A resource with the same name cannot be created in location "
                f"'{body['location']}'. Please select a new resource name."
            )
            raise Conflict(message, "InvalidResourceLocation")
        host_name = existing["properties"]["hostName"] if existing else await self._context.instances.start(resource_id)
        now = self._context.timestamp()
        document = {
            **_named(resource_id, INSTANCE_TYPE, existing),
            **body,
            "location": _place(body),
            **self._identity(resource_id, body.get("identity")),
            "properties": {
                "publicNetworkAccess": "Enabled",
                **body.get("properties", {}),
                **_SUCCEEDED,
                "hostName": host_name,
                "createdTime": existing["properties"]["createdTime"] if existing else now,
                "lastUpdatedTime": now,
                "privateEndpointConnections": [],
            },
        }
        self._storage.put(RESOURCES, normalise(resource_id), document)
        return document, existing is None

    async def delete(self, resource_id: str) -> bool:
        """Removes a resource and all below it, role assignments too; False when there was none.

        Raises:
            ResourceNotFound: it is a resource group, and there was none.
        """
        if self._storage.get(RESOURCES, normalise(resource_id)) is None:
            if resource_id == resource_group_of(resource_id):
                self._require_group(resource_id)
            return False
        # A group goes last: an emulator that is killed meanwhile can be asked again.
        for key, document in reversed(self._storage.items(RESOURCES)):
            if covers(resource_id, document["id"]):
                if document["type"] == INSTANCE_TYPE:
                    await self._context.instances.stop(document["id"])
                self._storage.delete(MANAGED_IDENTITIES, _principal_id(key))
                self._storage.delete(RESOURCES, key)
        self._assignments.delete_below(resource_id)
        return True

    def require_scope(self, scope: str) -> None:
        """Returns when a role can be assigned there: the root, a management group, the subscription, what is in it.

        Raises:
            ResourceNotFound: there is no such scope.
        """
        if resource_group_of(scope) is not None:
            self.get(scope)
            return
        subscription = f"/subscriptions/{self._context.directory.subscription_id}"
        if normalise(scope) not in {"", normalise(subscription)} and not is_management_group(scope):
            raise ResourceNotFound(f"There is no scope '{scope}' where a role can be assigned.")

    def _require_group(self, resource_id: str) -> None:
        group = resource_group_of(resource_id)
        if group is not None and self._storage.get(RESOURCES, normalise(group)) is None:
            message = f"Resource group '{_group_name(resource_id)}' could not be found."
            raise ResourceNotFound(message, "ResourceGroupNotFound")

    def _identity(self, resource_id: str, identity: Mapping[str, Any] | None) -> Mapping[str, Any]:
        """What the answer says about the identity; a system-assigned one joins the directory, and leaves it."""
        # Always the same for a resource, where Azure makes a new one each time: tests can name it beforehand.
        principal_id = _principal_id(normalise(resource_id))
        if identity is None or "SystemAssigned" not in identity["type"]:
            self._storage.delete(MANAGED_IDENTITIES, principal_id)
            return {} if identity is None else {"identity": identity}
        self._storage.put(MANAGED_IDENTITIES, principal_id, {"resourceId": resource_id})
        tenant_id = self._context.directory.tenant_id
        return {"identity": {**identity, "principalId": principal_id, "tenantId": tenant_id}}


_SUCCEEDED = {"provisioningState": "Succeeded"}


def _named(resource_id: str, resource_type: str, existing: Mapping[str, Any] | None) -> Mapping[str, Any]:
    # The first spelling stays: an id in other letters means the same resource.
    first = existing["id"] if existing else resource_id
    return {"id": first, "name": first.rsplit("/", 1)[-1], "type": resource_type}


def _place(document: Mapping[str, Any]) -> str:
    """The region as Azure answers it: "West Europe" is westeurope."""
    return str(document["location"]).replace(" ", "").lower()


def _group_name(resource_id: str) -> str:
    return resource_id.strip("/").split("/")[3]


def _principal_id(key: str) -> str:
    return str(uuid5(_IDENTITIES, key))


def _check_identity(identity: Mapping[str, Any] | None) -> None:
    if identity is None:
        return
    ids = identity.get("userAssignedIdentities") or {}
    if "UserAssigned" not in identity["type"]:
        if ids:
            message = f"identity.userAssignedIdentities cannot stand beside identity.type '{identity['type']}'."
            raise InvalidRequest(message, "InvalidIdentity")
        return
    if not ids:
        raise InvalidRequest(
            f"identity.type '{identity['type']}' needs identity.userAssignedIdentities.", "InvalidIdentity"
        )
    message = f"The identity '{next(iter(ids))}' was not found: the local Azure has no user-assigned identities."
    raise InvalidRequest(message, "FailedIdentityOperation")
