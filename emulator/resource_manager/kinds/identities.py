"""Identities of resources, system-assigned and user-assigned: principals that come and go with resources.

Azure makes new ids each time. Here they are always the same for a resource's id, so that tests can name them
beforehand.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

from emulator.resource_manager.authorization import MANAGED_IDENTITIES
from emulator.resource_manager.context import ResourceManagerContext
from emulator.resource_manager.errors import InvalidRequest, LinkedAuthorizationFailed
from emulator.resource_manager.kinds.kind import RESOURCES, Kind, Put
from emulator.resource_manager.resource_types.groups import USER_ASSIGNED_IDENTITY
from emulator.resource_manager.scopes import normalise
from emulator.storage import Document

_PRINCIPALS = UUID("a3a1f5de-20b2-4c0e-8a14-1f5e0b1d7c11")
_CLIENTS = UUID("6d0b3a5e-7d0c-4d92-b6a4-55b7a1c0f9e2")
_ASSIGN = f"{USER_ASSIGNED_IDENTITY.type}/assign/action"


def principal_id_of(resource_id: str) -> str:
    """The object id of the identity that a resource has or is."""
    return str(uuid5(_PRINCIPALS, normalise(resource_id)))


class IdentityKind(Kind):
    """User-assigned identities."""

    async def properties(self, put: Put) -> Mapping[str, Any]:
        """The ids of the principal."""
        return {
            "tenantId": self.context.directory.tenant_id,
            "principalId": principal_id_of(put.id),
            "clientId": str(uuid5(_CLIENTS, normalise(put.id))),
        }

    async def stored(self, put: Put) -> None:
        """The principal joins the directory; it leaves it with the resource, and its role assignments stay."""
        client_id = str(uuid5(_CLIENTS, normalise(put.id)))
        document = {"resourceId": put.id, "clientId": client_id}
        self.storage.put(MANAGED_IDENTITIES, principal_id_of(put.id), document)


class Identities:
    """What stands in `identity` of a resource."""

    def __init__(self, context: ResourceManagerContext) -> None:
        self._context = context
        self._storage = context.storage

    def check(self, put: Put) -> None:
        """Returns when the resource can have the identity.

        Raises:
            ResourceManagerError: its parts do not fit together, there is no such identity, or the caller may not
                assign it.
        """
        identity = put.body.get("identity") or {}
        kind, ids = identity.get("type", "None"), identity.get("userAssignedIdentities") or {}
        if "UserAssigned" not in kind and ids:
            message = f"identity.userAssignedIdentities cannot stand beside identity.type '{kind}'."
            raise InvalidRequest(message, "InvalidIdentity")
        if "UserAssigned" in kind and not ids:
            raise InvalidRequest(f"identity.type '{kind}' needs identity.userAssignedIdentities.", "InvalidIdentity")
        for identity_id in ids:
            self._find(identity_id)
            self._require_assign(put, identity_id)

    def answer(self, put: Put) -> Mapping[str, Any]:
        """`identity` as it is answered; a system-assigned one joins the directory, and leaves it."""
        if "identity" not in put.row.body.properties:
            return {}
        identity, principal_id = put.body.get("identity"), principal_id_of(put.id)
        if identity is None or "SystemAssigned" not in identity.get("type", "None"):
            self._storage.delete(MANAGED_IDENTITIES, principal_id)
            return {} if identity is None else {"identity": {**identity, **self._user_assigned(identity)}}
        self._storage.put(MANAGED_IDENTITIES, principal_id, {"resourceId": put.id})
        system_assigned = {"principalId": principal_id, "tenantId": self._context.directory.tenant_id}
        return {"identity": {**identity, **self._user_assigned(identity), **system_assigned}}

    def _user_assigned(self, identity: Mapping[str, Any]) -> Mapping[str, Any]:
        ids = identity.get("userAssignedIdentities") or {}
        facts = {identity_id: self._find(identity_id)["properties"] for identity_id in ids}
        answered = {
            identity_id: {key: properties[key] for key in ("clientId", "principalId")}
            for identity_id, properties in facts.items()
        }
        return {"userAssignedIdentities": answered} if answered else {}

    def _find(self, identity_id: str) -> Document:
        document = self._storage.get(RESOURCES, normalise(identity_id))
        if document is None or document["type"] != USER_ASSIGNED_IDENTITY.type:
            raise InvalidRequest(f"The identity '{identity_id}' was not found.", "FailedIdentityOperation")
        return document

    def _require_assign(self, put: Put, identity_id: str) -> None:
        if not self._context.access.allows(put.caller, _ASSIGN, identity_id):
            client_id = self._context.access.client_id(put.caller)
            raise LinkedAuthorizationFailed(
                client_id, put.caller, action=f"{put.row.operations}/write", scope=put.id, linked=(_ASSIGN, identity_id)
            )
