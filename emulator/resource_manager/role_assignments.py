"""Role assignments, with the rules that Azure enforces on them (fact sheet adt-rbac, section 7).

An unknown principal is refused whatever its type: the local directory has no replicas that lag behind. Codes that no
source tells are ours: InvalidPrincipalId, InvalidRoleDefinitionId, InvalidCondition, InvalidScope,
RoleAssignmentStanding.
"""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from emulator.resource_manager.authorization import ROLE_ASSIGNMENTS, canonical_role_id, guid_of
from emulator.resource_manager.context import ResourceManagerContext
from emulator.resource_manager.errors import Conflict, InvalidRequest, ResourceManagerError, ResourceNotFound
from emulator.resource_manager.filters import AssignmentFilter
from emulator.resource_manager.propagation import Propagation
from emulator.resource_manager.role_definitions import is_assignable_at
from emulator.resource_manager.scopes import covers, is_management_group, normalise
from emulator.storage import Document

TYPE = "Microsoft.Authorization/roleAssignments"
_FIXED = ("principalId", "roleDefinitionId")
_ROLE_ID = re.compile(r".*/providers/Microsoft\.Authorization/roleDefinitions/[^/]+", re.IGNORECASE)


class RoleAssignments:
    """Reads and writes role assignments."""

    def __init__(self, context: ResourceManagerContext) -> None:
        self._context = context
        self._storage = context.storage
        self._access = context.access
        self._propagation = Propagation(context.storage, context.clock, context.faults)

    def get(self, scope: str, name: str) -> Document:
        """The assignment.

        Raises:
            ResourceNotFound: there is none.
        """
        document = self._find(_key(scope, name))
        if document is None:
            raise ResourceNotFound(f"The role assignment '{name}' is not found.", "RoleAssignmentNotFound")
        return document

    def list_at(self, scope: str, wanted: AssignmentFilter) -> list[Document]:
        """The assignments at the scope, above it and, unless the filter says otherwise, below it."""
        holders = self._access.principals_of(wanted.assigned_to) if wanted.assigned_to else None
        return [
            assignment
            for assignment in self._access.assignments()
            if _matters(assignment["properties"]["scope"], scope, at_scope=wanted.at_scope)
            and (holders is None or assignment["properties"]["principalId"].lower() in holders)
            and wanted.principal_id in {None, assignment["properties"]["principalId"].lower()}
        ]

    def put(self, scope: str, name: str, properties: Mapping[str, Any], caller: str) -> tuple[Document, bool]:
        """Makes an assignment, or changes what may change of one; also says whether it is new.

        Raises:
            ResourceManagerError: it breaks a rule.
        """
        asked = self._check(scope, properties)
        existing = self._find(_key(scope, name))
        if existing is not None:
            return self._update(existing, asked, caller), False
        self._refuse_duplicates(scope, name, asked)
        return self._make(scope, name, asked, caller), True

    def delete(self, scope: str, name: str) -> Document | None:
        """Removes an assignment and returns it; None when there was none.

        Raises:
            ResourceManagerError: it stands in the directory's file.
        """
        key = _key(scope, name)
        if key in self._access.standing:
            message = f"The role assignment '{name}' stands in the directory's file: take it out there, and reset."
            raise ResourceManagerError(403, "RoleAssignmentStanding", message)
        document = self._storage.get(ROLE_ASSIGNMENTS, key)
        if document is not None:
            self._remove(key, document)
        return document

    def delete_below(self, scope: str) -> None:
        """Removes the assignments at a scope that is no more, and below it."""
        for key, document in self._storage.items(ROLE_ASSIGNMENTS):
            if covers(scope, document["properties"]["scope"]):
                self._remove(key, document)

    def _find(self, key: str) -> Document | None:
        return self._access.standing.get(key) or self._storage.get(ROLE_ASSIGNMENTS, key)

    def _remove(self, key: str, document: Document) -> None:
        self._propagation.note_removed(key, document)
        self._storage.delete(ROLE_ASSIGNMENTS, key)

    def _make(self, scope: str, name: str, asked: Mapping[str, Any], caller: str) -> Document:
        now, plain = self._context.timestamp(), f"/{scope.strip('/')}"
        named = {"id": f"{plain}/providers/{TYPE}/{name}", "name": name, "type": TYPE}
        added = {"scope": plain, "createdOn": now, "createdBy": caller, "updatedOn": now, "updatedBy": caller}
        self._propagation.note_new(normalise(named["id"]))
        return self._store({**named, "properties": {**asked, **added}})

    def _update(self, existing: Document, asked: Mapping[str, Any], caller: str) -> Document:
        properties = existing["properties"]
        stands = normalise(existing["id"]) in self._access.standing
        if stands or any(properties[fixed] != asked[fixed] for fixed in _FIXED):
            raise _update_not_permitted()
        kept = {fact: properties[fact] for fact in ("scope", "createdOn", "createdBy")}
        updated = {"updatedOn": self._context.timestamp(), "updatedBy": caller}
        return self._store({**existing, "properties": {**asked, **kept, **updated}})

    def _store(self, document: Document) -> Document:
        self._storage.put(ROLE_ASSIGNMENTS, normalise(document["id"]), document)
        return document

    def _check(self, scope: str, properties: Mapping[str, Any]) -> Mapping[str, Any]:
        """The properties as they are kept, when no rule speaks against them."""
        if properties.get("condition") and "conditionVersion" not in properties:
            raise InvalidRequest("A condition needs conditionVersion '2.0'.", "InvalidCondition")
        role_id = self._check_role(scope, properties)
        return {**properties, **self._check_principal(properties), "roleDefinitionId": role_id}

    def _check_principal(self, properties: Mapping[str, Any]) -> Mapping[str, str]:
        """The principal's id and type as they are kept."""
        try:
            principal_id = str(UUID(properties["principalId"]))
        except ValueError as exc:
            message = f"The principal ID '{properties['principalId']}' is not valid. Principal ID must be a GUID."
            raise InvalidRequest(message, "InvalidPrincipalId") from exc
        known = self._access.principal_type(principal_id)
        if known is None:
            message = (
                f"Principal {principal_id} does not exist in the directory {self._context.directory.tenant_id}. Check "
                "that you have the correct principal ID: the object id, never the application (client) id."
            )
            raise InvalidRequest(message, "PrincipalNotFound")
        if properties.get("principalType", known) != known:
            message = (
                f"The PrincipalId '{principal_id}' has type '{known}', which is different from specified "
                f"PrincipalType '{properties['principalType']}'."
            )
            raise InvalidRequest(message, "UnmatchedPrincipalType")
        return {"principalId": principal_id, "principalType": known}

    def _check_role(self, scope: str, properties: Mapping[str, Any]) -> str:
        """The role definition's id as Azure writes it, whichever form it was given in."""
        if not _ROLE_ID.fullmatch(properties["roleDefinitionId"]):
            message = (
                f"The role definition ID '{properties['roleDefinitionId']}' is not valid: give the whole id, "
                "/subscriptions/…/providers/Microsoft.Authorization/roleDefinitions/GUID."
            )
            raise InvalidRequest(message, "InvalidRoleDefinitionId")
        guid = guid_of(properties["roleDefinitionId"])
        role = self._access.role_properties(guid)
        if role is None:
            message = f"The specified role definition with ID '{guid}' does not exist."
            raise ResourceNotFound(message, "RoleDefinitionDoesNotExist")
        if not is_assignable_at(role, scope):
            message = (
                f"The role '{role['roleName']}' cannot be assigned at '{scope}': its assignable scopes are "
                f"{', '.join(role['assignableScopes'])}."
            )
            raise InvalidRequest(message, "RoleAssignmentScopeNotAssignableToRoleDefinition")
        if is_management_group(scope) and any(item.get("dataActions") for item in role["permissions"]):
            message = f"The role '{role['roleName']}' has data actions and cannot be assigned at a management group."
            raise InvalidRequest(message, "InvalidScope")
        return canonical_role_id(self._context.directory.subscription_id, guid)

    def _refuse_duplicates(self, scope: str, name: str, asked: Mapping[str, Any]) -> None:
        for assignment in self._access.assignments():
            other = assignment["properties"]
            if assignment["name"].lower() == name.lower():
                # Names are unique in the tenant: this one would move to another scope.
                raise _update_not_permitted()
            same_scope = normalise(other["scope"]) == normalise(scope)
            if same_scope and all(other[fixed] == asked[fixed] for fixed in _FIXED):
                message = (
                    "The role assignment already exists. The ID of the existing role assignment is "
                    f"{assignment['name'].replace('-', '')}."
                )
                raise Conflict(message, "RoleAssignmentExists")


def _update_not_permitted() -> ResourceManagerError:
    return InvalidRequest(
        "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
        "RoleAssignmentUpdateNotPermitted",
    )


def _key(scope: str, name: str) -> str:
    return normalise(f"{scope}/providers/{TYPE}/{name}")


def _matters(assigned: str, scope: str, *, at_scope: bool) -> bool:
    return covers(assigned, scope) or (not at_scope and covers(scope, assigned))
