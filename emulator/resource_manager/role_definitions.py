"""Custom role definitions, with the rules that Azure enforces on them (fact sheet adt-rbac, section 6)."""

from collections.abc import Iterator, Mapping
from typing import Any

from emulator.resource_manager.authorization import (
    ROLE_ASSIGNMENTS,
    ROLE_DEFINITIONS,
    canonical_role_id,
    guid_of,
)
from emulator.resource_manager.built_in_roles import BUILT_IN_ROLES
from emulator.resource_manager.context import ResourceManagerContext
from emulator.resource_manager.errors import InvalidTemplate, ResourceManagerError, ResourceNotFound
from emulator.resource_manager.operations import ACTIONS, DATA_ACTIONS, find_unknown
from emulator.resource_manager.scopes import covers, is_management_group, normalise

TYPE = "Microsoft.Authorization/roleDefinitions"


class RoleDefinitions:
    """Reads and writes role definitions."""

    def __init__(self, context: ResourceManagerContext) -> None:
        self._storage = context.storage
        self._subscription = context.directory.subscription_id

    def get(self, guid: str) -> dict[str, Any]:
        """The role definition.

        Raises:
            ResourceNotFound: there is none.
        """
        properties = BUILT_IN_ROLES.get(guid) or self._storage.get(ROLE_DEFINITIONS, guid)
        if properties is None:
            raise ResourceNotFound(guid, "RoleDefinitionDoesNotExist")
        return self._answer(guid, properties)

    def assignable_scopes(self, guid: str) -> list[str]:
        """Where the custom role can be assigned; nowhere when there is none."""
        properties = self._storage.get(ROLE_DEFINITIONS, guid)
        return list(properties["assignableScopes"]) if properties else []

    def list_at(self, scope: str, role_name: str | None) -> list[dict[str, Any]]:
        """The role definitions that can be assigned at a scope, all or those of one display name."""
        custom = dict(self._storage.items(ROLE_DEFINITIONS))
        return [
            self._answer(guid, properties)
            for guid, properties in {**BUILT_IN_ROLES, **custom}.items()
            if role_name in {None, properties["roleName"]} and _is_assignable(properties, scope)
        ]

    def put(self, guid: str, properties: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
        """Makes or replaces a role definition; also says whether it is new.

        Raises:
            ResourceManagerError: it breaks a rule.
        """
        if guid in BUILT_IN_ROLES:
            raise ResourceManagerError(403, "CannotUpdateBuiltInRole", "A built-in role cannot be changed.")
        self._check(guid, properties)
        document = {"description": "", "permissions": [], **properties, "type": "CustomRole"}
        is_new = self._storage.get(ROLE_DEFINITIONS, guid) is None
        self._storage.put(ROLE_DEFINITIONS, guid, document)
        return self._answer(guid, document), is_new

    def delete(self, guid: str) -> bool:
        """Removes a role definition; False when there was none.

        Raises:
            ResourceManagerError: an assignment still uses it.
        """
        for _, assignment in self._storage.items(ROLE_ASSIGNMENTS):
            if guid_of(assignment["properties"]["roleDefinitionId"]) == guid:
                raise ResourceManagerError(
                    400,
                    "RoleDefinitionHasAssignments",
                    f"There are existing role assignments referencing role {guid}; delete them first.",
                )
        return self._storage.delete(ROLE_DEFINITIONS, guid)

    def _check(self, guid: str, properties: Mapping[str, Any]) -> None:
        scopes = properties.get("assignableScopes") or []
        if not scopes:
            raise InvalidTemplate("A role definition needs at least one assignable scope.", "MissingAssignableScopes")
        for scope in scopes:
            if not _can_be_assignable(scope):
                raise InvalidTemplate(
                    f"'{scope}' cannot be an assignable scope; management groups, subscriptions and groups can.",
                    "InvalidAssignableScope",
                )
        self._check_operations(properties, scopes)
        for other, existing in self._storage.items(ROLE_DEFINITIONS):
            if other != guid and existing["roleName"].lower() == properties["roleName"].lower():
                self._refuse_name(properties["roleName"])
        if any(role["roleName"].lower() == properties["roleName"].lower() for role in BUILT_IN_ROLES.values()):
            self._refuse_name(properties["roleName"])

    def _check_operations(self, properties: Mapping[str, Any], scopes: list[str]) -> None:
        permissions = properties.get("permissions") or []
        actions = list(_strings(permissions, "actions", "notActions"))
        data_actions = list(_strings(permissions, "dataActions", "notDataActions"))
        if (unknown := find_unknown(actions, ACTIONS)) is not None:
            raise InvalidTemplate(
                f"'{unknown}' does not match any of the actions supported.", "InvalidActionOrNotAction"
            )
        if (unknown := find_unknown(data_actions, DATA_ACTIONS)) is not None:
            raise InvalidTemplate(
                f"'{unknown}' does not match any of the data actions supported.", "InvalidDataActionOrNotDataAction"
            )
        if data_actions and any(map(is_management_group, scopes)):
            raise InvalidTemplate(
                "You cannot add data action permissions when you have a management group as an assignable scope.",
                "InvalidRoleDefinition",
            )

    def _refuse_name(self, role_name: str) -> None:
        raise ResourceManagerError(
            409,
            "RoleDefinitionWithSameNameExists",
            f"A custom role with the same name already exists in this directory. Use a different name: '{role_name}'.",
        )

    def _answer(self, guid: str, properties: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "id": canonical_role_id(self._subscription, guid),
            "name": guid,
            "type": TYPE,
            "properties": dict(properties),
        }


def _strings(permissions: list[Mapping[str, Any]], *keys: str) -> Iterator[str]:
    for permission in permissions:
        for key in keys:
            yield from permission.get(key) or ()


def _is_assignable(properties: Mapping[str, Any], scope: str) -> bool:
    return any(covers("" if item == "/" else item, scope) for item in properties["assignableScopes"])


def _can_be_assignable(scope: str) -> bool:
    parts = normalise(scope).strip("/").split("/")
    is_group = len(parts) == 4 and parts[2] == "resourcegroups"
    return is_management_group(scope) or (parts[0] == "subscriptions" and (len(parts) == 2 or is_group))
