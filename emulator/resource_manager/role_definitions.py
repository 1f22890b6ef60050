"""Custom role definitions, with the rules that Azure enforces on them (fact sheet adt-rbac, section 6).

Codes that no source tells are ours: MissingAssignableScopes, InvalidAssignableScope, CannotUpdateBuiltInRole, and
InvalidRoleDefinition for data actions beside a management group.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from emulator.resource_manager.authorization import ROLE_DEFINITIONS, canonical_role_id, guid_of
from emulator.resource_manager.built_in_roles import BUILT_IN_ROLES
from emulator.resource_manager.context import ResourceManagerContext
from emulator.resource_manager.errors import Conflict, InvalidRequest, ResourceManagerError, ResourceNotFound
from emulator.resource_manager.operations import ACTIONS, DATA_ACTIONS, find_unknown
from emulator.resource_manager.scopes import covers, is_management_group, normalise

TYPE = "Microsoft.Authorization/roleDefinitions"


class RoleDefinitions:
    """Reads and writes role definitions."""

    def __init__(self, context: ResourceManagerContext) -> None:
        self._context = context
        self._storage = context.storage

    def get(self, guid: str) -> dict[str, Any]:
        """The role definition.

        Raises:
            ResourceNotFound: there is none.
        """
        properties = self._context.access.role_properties(guid)
        if properties is None:
            message = f"The specified role definition with ID '{guid}' does not exist."
            raise ResourceNotFound(message, "RoleDefinitionDoesNotExist")
        return self._answer(guid, properties)

    def assignable_scopes(self, guid: str) -> Sequence[str]:
        """Where a custom role can be assigned; empty when there is no such role."""
        properties = self._storage.get(ROLE_DEFINITIONS, guid)
        return tuple(properties["assignableScopes"]) if properties else ()

    def list_at(self, scope: str, *, role_name: str | None) -> list[dict[str, Any]]:
        """The role definitions that can be assigned at a scope, all or those of one display name."""
        roles = {**BUILT_IN_ROLES, **dict(self._storage.items(ROLE_DEFINITIONS))}
        return [
            self._answer(guid, properties)
            for guid, properties in roles.items()
            if role_name in {None, properties["roleName"]} and is_assignable_at(properties, scope)
        ]

    def check(self, properties: Mapping[str, Any]) -> None:
        """Returns when the properties could be those of a role, whoever writes it.

        Raises:
            InvalidRequest: they break a rule.
        """
        _check_scopes(properties.get("assignableScopes") or [])
        _check_operations(properties)

    def put(self, guid: str, properties: Mapping[str, Any], caller: str) -> dict[str, Any]:
        """Makes or replaces a custom role, whose properties `check` let pass.

        Raises:
            ResourceManagerError: it would change a built-in role, or its name is in use.
        """
        _refuse_built_in(guid)
        self._check_name(guid, properties["roleName"])
        existing = self._storage.get(ROLE_DEFINITIONS, guid) or {}
        now = self._context.timestamp()
        document = {
            "description": "",
            "permissions": [],
            **properties,
            "type": "CustomRole",
            "createdOn": existing.get("createdOn", now),
            "createdBy": existing.get("createdBy", caller),
            "updatedOn": now,
            "updatedBy": caller,
        }
        self._storage.put(ROLE_DEFINITIONS, guid, document)
        return self._answer(guid, document)

    def delete(self, guid: str) -> dict[str, Any] | None:
        """Removes a custom role and returns it; None when there was none.

        Raises:
            ResourceManagerError: it is built in, or an assignment still uses it.
        """
        _refuse_built_in(guid)
        properties = self._storage.get(ROLE_DEFINITIONS, guid)
        if properties is None:
            return None
        for assignment in self._context.access.assignments():
            if guid_of(assignment["properties"]["roleDefinitionId"]) == guid:
                raise InvalidRequest(
                    f"There are existing role assignments referencing role '{properties['roleName']}', such as "
                    f"{assignment['id']}: delete them first.",
                    "RoleDefinitionHasAssignments",
                )
        self._storage.delete(ROLE_DEFINITIONS, guid)
        return self._answer(guid, properties)

    def _check_name(self, guid: str, role_name: str) -> None:
        roles = {**BUILT_IN_ROLES, **dict(self._storage.items(ROLE_DEFINITIONS))}
        for other, properties in roles.items():
            if other != guid and properties["roleName"].lower() == role_name.lower():
                message = (
                    "A role definition cannot be updated with a name that already exists: "
                    f"'{role_name}' is the name of {other} in this directory."
                )
                raise Conflict(message, "RoleDefinitionWithSameNameExists")

    def _answer(self, guid: str, properties: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "id": canonical_role_id(self._context.directory.subscription_id, guid),
            "name": guid,
            "type": TYPE,
            "properties": dict(properties),
        }


def is_assignable_at(properties: Mapping[str, Any], scope: str) -> bool:
    """Whether a role can be assigned at the scope."""
    return any(covers(item, scope) for item in properties["assignableScopes"])


def _refuse_built_in(guid: str) -> None:
    if guid in BUILT_IN_ROLES:
        role_name = BUILT_IN_ROLES[guid]["roleName"]
        raise ResourceManagerError(403, "CannotUpdateBuiltInRole", f"The built-in role '{role_name}' is Azure's own.")


def _check_scopes(scopes: Sequence[str]) -> None:
    if not scopes:
        raise InvalidRequest("A role definition needs at least one assignable scope.", "MissingAssignableScopes")
    for scope in scopes:
        if not _can_be_assignable(scope):
            message = (
                f"'{scope}' cannot be an assignable scope: a management group, a subscription or a resource group "
                "can. A role can still be assigned at a resource in it."
            )
            raise InvalidRequest(message, "InvalidAssignableScope")
    if sum(map(is_management_group, scopes)) > 1:
        raise InvalidRequest("Only one assignable scope can be a management group.", "InvalidAssignableScope")


def _check_operations(properties: Mapping[str, Any]) -> None:
    permissions = properties.get("permissions") or []
    actions = list(_strings(permissions, "actions", "notActions"))
    data_actions = list(_strings(permissions, "dataActions", "notDataActions"))
    # Refused by the older of two pages of Azure's, and of no use by the newer one.
    if data_actions and any(map(is_management_group, properties["assignableScopes"])):
        raise InvalidRequest(
            "You cannot add data action permissions when you have a management group as an assignable scope.",
            "InvalidRoleDefinition",
        )
    if (unknown := find_unknown(actions, ACTIONS)) is not None:
        message = f"'{unknown}' does not match any of the actions supported by the providers."
        raise InvalidRequest(message, "InvalidActionOrNotAction")
    if (unknown := find_unknown(data_actions, DATA_ACTIONS)) is not None:
        message = f"'{unknown}' does not match any of the data actions supported by the providers."
        raise InvalidRequest(message, "InvalidDataActionOrNotDataAction")


def _strings(permissions: list[Mapping[str, Any]], *keys: str) -> Iterator[str]:
    for permission in permissions:
        for key in keys:
            yield from permission.get(key) or ()


def _can_be_assignable(scope: str) -> bool:
    parts = normalise(scope).strip("/").split("/")
    is_group = len(parts) == 4 and parts[2] == "resourcegroups"
    in_subscription = parts[0] == "subscriptions" and (len(parts) == 2 or is_group)
    return "*" not in scope and (is_management_group(scope) or in_subscription)
