"""What a principal may do: the union of its role assignments at a scope and above it, its groups' included."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID, uuid5

from emulator.clock import Clock
from emulator.entra.directory import SERVICE_PRINCIPAL, Directory, StandingAssignment
from emulator.faults import Faults
from emulator.resource_manager.built_in_roles import BUILT_IN_ROLES, find_by_name
from emulator.resource_manager.errors import AuthorizationFailed, StandingRoleUnknown
from emulator.resource_manager.operations import matches
from emulator.resource_manager.scopes import covers, normalise
from emulator.storage import Document, Storage

ROLE_ASSIGNMENTS = "role-assignments"
"""Kind of document: lower-case id -> assignment, as Resource Manager answers it."""
PENDING_ASSIGNMENTS = "pending-role-assignments"
"""Kind of document: lower-case id -> from when a new assignment acts on data planes."""
REMOVED_ASSIGNMENTS = "removed-role-assignments"
"""Kind of document: lower-case id -> assignment that is gone, and until when data planes still follow it."""
ROLE_DEFINITIONS = "role-definitions"
"""Kind of document: GUID -> properties of a custom role."""
MANAGED_IDENTITIES = "managed-identities"
"""Kind of document: object id -> id of the resource whose identity it is (`resourceId`); a user-assigned one, which is
a resource itself, has a `clientId` too."""

_STANDING = UUID("3f1d7c0e-8a52-4f57-9c0b-6b8f0c0a9b11")
_EVERYTHING = {"actions": ["*"], "notActions": [], "dataActions": ["*"], "notDataActions": []}


@dataclass(frozen=True)
class AccessControl:
    """Answers from the stored assignments and the directory's standing ones.

    Resource Manager follows an assignment at once. Data planes follow it later where the fault `role_propagation` says
    so: by how much is settled when the assignment is made or removed, and with the fault off they follow at once.
    """

    storage: Storage
    clock: Clock
    faults: Faults
    directory: Directory

    def __post_init__(self) -> None:
        """Reads the standing assignments.

        Raises:
            StandingRoleUnknown: one names a role that there is not.
        """
        _ = self.standing

    def require(self, object_id: str, action: str, scope: str) -> None:
        """Returns when the principal may do the action at the scope.

        Raises:
            AuthorizationFailed: it may not.
        """
        if not self.allows(object_id, action, scope):
            raise AuthorizationFailed(self.client_id(object_id), object_id, action=action, scope=scope)

    def allows(self, object_id: str, action: str, scope: str) -> bool:
        """Whether the principal may do the action of Resource Manager at the scope."""
        permissions = self.permissions(object_id, scope)
        return any(_permits(permission, action, "actions", "notActions") for permission in permissions)

    def allows_data(self, object_id: str, data_action: str, scope: str) -> bool:
        """Whether a data plane lets the principal do the data action at the scope."""
        permissions = self._permissions_of(object_id, scope, self._acting())
        return any(_permits(permission, data_action, "dataActions", "notDataActions") for permission in permissions)

    def permissions(self, object_id: str, scope: str) -> list[Mapping[str, Any]]:
        """What the principal holds at the scope, one item a role, as Resource Manager lists permissions."""
        return self._permissions_of(object_id, scope, self.assignments())

    def assignments(self) -> list[Document]:
        """Every assignment: the directory's standing ones, then the stored ones."""
        return [*self.standing.values(), *(document for _, document in self.storage.items(ROLE_ASSIGNMENTS))]

    @cached_property
    def standing(self) -> Mapping[str, Document]:
        """The directory's standing assignments by lower-case id, as Resource Manager answers them."""
        documents = (_standing_assignment(self.directory, item) for item in self.directory.standing_assignments)
        return {normalise(document["id"]): document for document in documents}

    def role_properties(self, guid: str) -> Mapping[str, Any] | None:
        """The properties of a built-in or custom role definition."""
        return BUILT_IN_ROLES.get(guid) or self.storage.get(ROLE_DEFINITIONS, guid)

    def principals_of(self, object_id: str) -> frozenset[str]:
        """The principal and all groups that hold it."""
        return self.directory.groups_of(object_id) | {object_id.lower()}

    def principal_type(self, object_id: str) -> str | None:
        """User, Group or ServicePrincipal; None for an object id that the directory does not know."""
        principal = self.directory.by_object_id(object_id)
        if principal is not None:
            return principal.type
        is_identity = self.storage.get(MANAGED_IDENTITIES, object_id.lower()) is not None
        return SERVICE_PRINCIPAL if is_identity else None

    def client_id(self, object_id: str) -> str:
        """How Resource Manager names a caller in an error: an application's client id, else its name."""
        principal = self.directory.by_object_id(object_id)
        if principal is not None:
            return principal.app_id or principal.name
        identity = self.storage.get(MANAGED_IDENTITIES, object_id.lower()) or {}
        return str(identity.get("clientId", object_id))

    def _permissions_of(self, object_id: str, scope: str, assignments: Iterable[Document]) -> list[Mapping[str, Any]]:
        principal = self.directory.by_object_id(object_id)
        if principal is not None and principal.owner:
            return [_EVERYTHING]
        holders = self.principals_of(object_id)
        held = [assignment["properties"] for assignment in assignments]
        guids = [
            guid_of(properties["roleDefinitionId"])
            for properties in held
            if properties["principalId"].lower() in holders and covers(properties["scope"], scope)
        ]
        roles = [self.role_properties(guid) for guid in guids]
        return [permission for role in roles if role for permission in role["permissions"]]

    def _acting(self) -> list[Document]:
        if not self.faults.role_propagation:
            return self.assignments()
        now = self.clock.now()
        pending = {
            key for key, item in self.storage.items(PENDING_ASSIGNMENTS) if datetime.fromisoformat(item["from"]) > now
        }
        removed = [
            item["assignment"]
            for _, item in self.storage.items(REMOVED_ASSIGNMENTS)
            if datetime.fromisoformat(item["until"]) > now
        ]
        stored = [item for key, item in self.storage.items(ROLE_ASSIGNMENTS) if key not in pending]
        return [*self.standing.values(), *stored, *removed]


def canonical_role_id(subscription_id: str, guid: str) -> str:
    """A role definition's id in the form that Azure answers with."""
    return f"/subscriptions/{subscription_id}/providers/Microsoft.Authorization/roleDefinitions/{guid}"


def guid_of(role_definition_id: str) -> str:
    """The GUID at the end of a role definition's id."""
    return role_definition_id.rsplit("/", 1)[-1].lower()


def _standing_assignment(directory: Directory, standing: StandingAssignment) -> Document:
    principal = directory.by_name(standing.principal)
    guid = find_by_name(standing.role)
    if guid is None:
        known = sorted(role["roleName"] for role in BUILT_IN_ROLES.values())
        raise StandingRoleUnknown(standing.role, standing.principal, known)
    name = str(uuid5(_STANDING, f"{normalise(standing.scope)}|{principal.object_id}|{guid}"))
    return {
        "id": f"{standing.scope}/providers/Microsoft.Authorization/roleAssignments/{name}",
        "name": name,
        "type": "Microsoft.Authorization/roleAssignments",
        "properties": {
            "scope": standing.scope,
            "principalId": principal.object_id,
            "principalType": principal.type,
            "roleDefinitionId": canonical_role_id(directory.subscription_id, guid),
        },
    }


def _permits(permission: Mapping[str, Any], action: str, granted: str, taken: str) -> bool:
    # What is taken away counts inside its own role only; another role may still grant it.
    given = any(matches(pattern, action) for pattern in permission.get(granted) or ())
    return given and not any(matches(pattern, action) for pattern in permission.get(taken) or ())
