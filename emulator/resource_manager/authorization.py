"""What a principal may do: the union of its role assignments at a scope and above it, its groups' included."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from emulator.clock import Clock
from emulator.entra.directory import Directory
from emulator.faults import Faults
from emulator.resource_manager.built_in_roles import BUILT_IN_ROLES, find_by_name
from emulator.resource_manager.operations import matches
from emulator.resource_manager.scopes import covers
from emulator.storage import Document, Storage

ROLE_ASSIGNMENTS = "role-assignments"
"""Kind of document: lower-case id -> assignment, as Resource Manager answers it."""
REMOVED_ASSIGNMENTS = "removed-role-assignments"
"""Kind of document: assignments that were deleted, for as long as the data plane may still follow them."""
ROLE_DEFINITIONS = "role-definitions"
"""Kind of document: GUID -> properties of a custom role."""

_STANDING = UUID("3f1d7c0e-8a52-4f57-9c0b-6b8f0c0a9b11")
_EVERYTHING = {"actions": ["*"], "notActions": [], "dataActions": ["*"], "notDataActions": []}


@dataclass(frozen=True)
class AccessControl:
    """Answers from the stored assignments and the directory's standing ones."""

    storage: Storage
    clock: Clock
    faults: Faults
    directory: Directory

    def allows(self, object_id: str, action: str, scope: str) -> bool:
        """Whether the principal may do the action of Resource Manager at the scope."""
        permissions = self.permissions(object_id, scope)
        return any(_permits(permission, action, "actions", "notActions") for permission in permissions)

    def allows_data(self, object_id: str, data_action: str, scope: str) -> bool:
        """Whether the data plane lets the principal do the data action; an assignment takes its time to act."""
        assignments = self._effective(object_id, scope, self._acting())
        permissions = self._permissions_of(object_id, assignments)
        return any(_permits(permission, data_action, "dataActions", "notDataActions") for permission in permissions)

    def permissions(self, object_id: str, scope: str) -> list[Mapping[str, Any]]:
        """What the principal holds at the scope, one item a role, as Resource Manager lists permissions."""
        return self._permissions_of(object_id, self._effective(object_id, scope, self.assignments()))

    def assignments(self) -> list[Document]:
        """Every assignment: the directory's standing ones, then the stored ones."""
        return [*self._standing(), *(document for _, document in self.storage.items(ROLE_ASSIGNMENTS))]

    def role_properties(self, guid: str) -> Mapping[str, Any] | None:
        """The properties of a built-in or custom role definition."""
        return BUILT_IN_ROLES.get(guid) or self.storage.get(ROLE_DEFINITIONS, guid)

    def principals_of(self, object_id: str) -> frozenset[str]:
        """The principal and all groups that hold it."""
        return self.directory.groups_of(object_id) | {object_id.lower()}

    def _permissions_of(self, object_id: str, assignments: Iterator[Document]) -> list[Mapping[str, Any]]:
        principal = self.directory.by_object_id(object_id)
        if principal is not None and principal.owner:
            return [_EVERYTHING]
        guids = [guid_of(assignment["properties"]["roleDefinitionId"]) for assignment in assignments]
        roles = [self.role_properties(guid) for guid in guids]
        return [permission for role in roles if role for permission in role["permissions"]]

    def _effective(self, object_id: str, scope: str, assignments: list[Document]) -> Iterator[Document]:
        holders = self.principals_of(object_id)
        for assignment in assignments:
            properties = assignment["properties"]
            if properties["principalId"].lower() in holders and covers(properties["scope"], scope):
                yield assignment

    def _acting(self) -> list[Document]:
        delay = timedelta(seconds=self.faults.role_propagation)
        now = self.clock.now()
        standing = len(self._standing())
        made = [
            assignment
            for position, assignment in enumerate(self.assignments())
            if position < standing or _time_of(assignment, "createdOn") + delay <= now
        ]
        removed = [
            document
            for _, document in self.storage.items(REMOVED_ASSIGNMENTS)
            if _time_of(document, "removedOn") + delay > now
        ]
        return [*made, *removed]

    def _standing(self) -> list[Document]:
        return [
            standing_assignment(self.directory, position)
            for position in range(len(self.directory.standing_assignments))
        ]


def standing_assignment(directory: Directory, position: int) -> Document:
    """One of the directory's standing assignments, as Resource Manager answers it."""
    standing = directory.standing_assignments[position]
    principal = directory.by_name(standing.principal)
    guid = find_by_name(standing.role)
    name = str(uuid5(_STANDING, f"{standing.scope}|{principal.object_id}|{standing.role}"))
    return {
        "id": f"{standing.scope}/providers/Microsoft.Authorization/roleAssignments/{name}",
        "name": name,
        "type": "Microsoft.Authorization/roleAssignments",
        "properties": {
            "scope": standing.scope,
            "principalId": principal.object_id,
            "principalType": principal.type,
            "roleDefinitionId": canonical_role_id(directory.subscription_id, guid or standing.role),
        },
    }


def canonical_role_id(subscription_id: str, guid: str) -> str:
    """A role definition's id in the form that Azure answers with."""
    return f"/subscriptions/{subscription_id}/providers/Microsoft.Authorization/roleDefinitions/{guid}"


def guid_of(role_definition_id: str) -> str:
    """The GUID at the end of a role definition's id."""
    return role_definition_id.rsplit("/", 1)[-1].lower()


def _permits(permission: Mapping[str, Any], action: str, granted: str, taken: str) -> bool:
    # What is taken away counts inside its own role only; another role may still grant it.
    given = any(matches(pattern, action) for pattern in permission.get(granted) or ())
    return given and not any(matches(pattern, action) for pattern in permission.get(taken) or ())


def _time_of(document: Document, key: str) -> datetime:
    return datetime.fromisoformat(document["properties"][key])
