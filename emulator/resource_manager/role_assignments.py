"""Role assignments, with the rules that Azure enforces on them (fact sheet adt-rbac, section 7)."""

from collections.abc import Mapping
from typing import Any

from emulator.resource_manager.authorization import (
    REMOVED_ASSIGNMENTS,
    ROLE_ASSIGNMENTS,
    canonical_role_id,
    guid_of,
)
from emulator.resource_manager.context import ResourceManagerContext
from emulator.resource_manager.errors import InvalidTemplate, ResourceManagerError, ResourceNotFound
from emulator.resource_manager.scopes import covers, is_management_group, normalise
from emulator.storage import Document

TYPE = "Microsoft.Authorization/roleAssignments"
_FIXED = ("principalId", "roleDefinitionId")


class RoleAssignments:
    """Reads and writes role assignments."""

    def __init__(self, context: ResourceManagerContext) -> None:
        self._context = context
        self._storage = context.storage
        self._access = context.access

    def get(self, scope: str, name: str) -> Document:
        """The assignment.

        Raises:
            ResourceNotFound: there is none.
        """
        wanted = _key(scope, name)
        for assignment in self._access.assignments():
            if normalise(assignment["id"]) == wanted:
                return assignment
        raise ResourceNotFound(name, "RoleAssignmentNotFound")

    def list_at(
        self, scope: str, *, at_scope: bool, assigned_to: str | None, principal_id: str | None
    ) -> list[Document]:
        """The assignments that matter at a scope, with Azure's three filters.

        Args:
            scope: the resource.
            at_scope: leave out what is assigned below it.
            assigned_to: only those of this principal or of a group that holds it.
            principal_id: only those of exactly this principal.
        """
        holders = self._access.principals_of(assigned_to) if assigned_to else None
        return [
            assignment
            for assignment in self._access.assignments()
            if _matters(assignment["properties"]["scope"], scope, at_scope=at_scope)
            and (holders is None or assignment["properties"]["principalId"].lower() in holders)
            and (principal_id is None or assignment["properties"]["principalId"].lower() == principal_id.lower())
        ]

    def put(self, scope: str, name: str, properties: Mapping[str, Any], caller: str) -> tuple[Document, bool]:
        """Makes an assignment, or accepts one that is there already; also says whether it is new.

        Raises:
            ResourceManagerError: it breaks a rule.
        """
        self._check_principal(properties)
        role = self._check_role(scope, properties["roleDefinitionId"])
        properties = {**properties, "roleDefinitionId": role, "principalId": properties["principalId"].lower()}
        existing = self._storage.get(ROLE_ASSIGNMENTS, _key(scope, name))
        if existing is not None:
            return self._update(scope, name, existing, properties), False
        self._refuse_duplicates(scope, name, properties)
        now = self._context.clock.now().isoformat()
        added = {"scope": _plain(scope), "createdOn": now, "updatedOn": now, "createdBy": caller, "updatedBy": caller}
        return self._store(scope, name, {**properties, **added}), True

    def delete(self, scope: str, name: str) -> Document | None:
        """Removes an assignment; None when there was none."""
        key = _key(scope, name)
        document = self._storage.get(ROLE_ASSIGNMENTS, key)
        if document is not None:
            self._remove(key, document)
        return document

    def delete_below(self, scope: str) -> None:
        """Removes the assignments at a scope that is no more, and below it."""
        for key, document in self._storage.items(ROLE_ASSIGNMENTS):
            if covers(scope, document["properties"]["scope"]):
                self._remove(key, document)

    def _remove(self, key: str, document: Document) -> None:
        removed = {**document["properties"], "removedOn": self._context.clock.now().isoformat()}
        self._storage.put(REMOVED_ASSIGNMENTS, key, {**document, "properties": removed})
        self._storage.delete(ROLE_ASSIGNMENTS, key)

    def _update(self, scope: str, name: str, existing: Document, properties: Mapping[str, Any]) -> Document:
        if any(existing["properties"][key] != properties[key] for key in _FIXED):
            raise _update_not_permitted()
        return self._store(scope, name, {**existing["properties"], **properties})

    def _store(self, scope: str, name: str, properties: Mapping[str, Any]) -> Document:
        resource_id = f"{_plain(scope)}/providers/{TYPE}/{name}"
        document = {"id": resource_id, "name": name, "type": TYPE, "properties": properties}
        self._storage.put(ROLE_ASSIGNMENTS, _key(scope, name), document)
        return document

    def _check_principal(self, properties: Mapping[str, Any]) -> None:
        principal_id, kind = properties["principalId"], properties.get("principalType", "User")
        principal = self._context.directory.by_object_id(principal_id)
        if principal is None:
            raise InvalidTemplate(f"Principal {principal_id} does not exist in the directory.", "PrincipalNotFound")
        if principal.type != kind:
            raise InvalidTemplate(
                f"The PrincipalId '{principal_id}' has type '{principal.type}', which is different from specified "
                f"PrincipalType '{kind}'.",
                "UnmatchedPrincipalType",
            )

    def _check_role(self, scope: str, role_definition_id: str) -> str:
        guid = guid_of(role_definition_id)
        role = self._access.role_properties(guid)
        if role is None or not any(covers("" if item == "/" else item, scope) for item in role["assignableScopes"]):
            raise InvalidTemplate(
                f"The specified role definition with ID '{guid}' does not exist.", "RoleDefinitionDoesNotExist"
            )
        holds_data = any(permission.get("dataActions") for permission in role["permissions"])
        if holds_data and is_management_group(scope):
            raise InvalidTemplate("A role with data actions cannot be assigned at a management group.", "InvalidScope")
        return canonical_role_id(self._context.directory.subscription_id, guid)

    def _refuse_duplicates(self, scope: str, name: str, properties: Mapping[str, Any]) -> None:
        for assignment in self._access.assignments():
            other = assignment["properties"]
            if assignment["name"].lower() == name.lower():
                raise _update_not_permitted()
            same = all(other[key].lower() == properties[key].lower() for key in _FIXED)
            if same and normalise(other["scope"]) == normalise(scope):
                raise ResourceManagerError(
                    409,
                    "RoleAssignmentExists",
                    "The role assignment already exists. The ID of the existing role assignment is "
                    f"{assignment['name']}.",
                )


def _update_not_permitted() -> ResourceManagerError:
    return ResourceManagerError(
        400,
        "RoleAssignmentUpdateNotPermitted",
        "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
    )


def _key(scope: str, name: str) -> str:
    return normalise(f"{scope}/providers/{TYPE}/{name}")


def _plain(scope: str) -> str:
    return "/" + scope.strip("/")


def _matters(assigned: str, scope: str, *, at_scope: bool) -> bool:
    return covers(assigned, scope) or (not at_scope and covers(scope, assigned))
