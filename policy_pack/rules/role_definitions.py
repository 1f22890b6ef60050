"""What the roles of a program allow, read from their definitions and assignments."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .resource import Resource, Stack

DEFINITION = "azure-native:authorization:RoleDefinition"
ASSIGNMENT = "azure-native:authorization:RoleAssignment"
DATA_OWNER = "bcd981a7-7f74-457b-83e1-cceb9e632ffe"
DATA_READER = "d57506d4-4c8d-48b1-8587-93c323f6a5a3"
BUILT_IN_DATA_ROLES = {DATA_OWNER: "Azure Digital Twins Data Owner", DATA_READER: "Azure Digital Twins Data Reader"}
"""Azure's own roles with data actions on instances (fact sheet adt-rbac, section 3)."""
QUERY = "microsoft.digitaltwins/query/action"
_IN_A_GROUP = re.compile(r"/*subscriptions/[^/]+/resourcegroups/[^/]+(/.*)?", re.IGNORECASE)
_TWINS = "microsoft.digitaltwins/digitaltwins"
_MODELS = "microsoft.digitaltwins/models"
_ROUTES = "microsoft.digitaltwins/eventroutes"
READING_ROLES = {
    "tagger-role": frozenset({QUERY, f"{_MODELS}/read", f"{_TWINS}/read", f"{_TWINS}/write"}),
    "drift-reader-role": frozenset({QUERY, f"{_MODELS}/read", f"{_TWINS}/read", f"{_ROUTES}/read"}),
    "gateway-identity-role": frozenset(
        {QUERY, f"{_MODELS}/read", f"{_TWINS}/read", f"{_TWINS}/relationships/read"},
    ),
}
"""Logical name of a role that may query -> all the data actions that it may have.

Written by hand, and not read from what the program composes its roles of: a change there must be noticed here.
"""
_LOADING = frozenset(
    {
        *(f"{kind}/{verb}" for kind in (_MODELS, _TWINS, f"{_TWINS}/relationships") for verb in ("read", "write")),
        *(f"{_ROUTES}/{verb}" for verb in ("read", "write", "delete")),
    }
)
OUR_DATA_ACTIONS = _LOADING.union(*READING_ROLES.values())
"""What a role that may query by the pack's config alone may have: nothing that no role of the program has."""


def permissions_of(definition: Resource) -> list[Mapping[str, Any]]:
    """The permissions of a definition, as far as they are known."""
    return [item for item in definition.items("permissions") if isinstance(item, Mapping)]


def texts(permission: Mapping[str, Any], key: str) -> list[str]:
    """A permission's list of actions, as far as it is known, in lower case: Azure does not tell cases apart."""
    found = permission.get(key)
    return [item.lower() for item in found if isinstance(item, str)] if isinstance(found, list) else []


def data_actions_of(definition: Resource) -> list[str]:
    """All data actions of a definition, as far as they are known."""
    return [pattern for item in permissions_of(definition) for pattern in texts(item, "dataActions")]


def has_data_actions(definition: Resource) -> bool:
    """Whether the role lets somebody do anything to what an instance holds, or may do so for all that is known."""
    known = any(_may_mean(pattern, "microsoft.digitaltwins/") for pattern in data_actions_of(definition))
    return known or definition.hides("permissions")


def allows_query(definition: Resource) -> bool:
    """Whether the role lets somebody query, also through a wildcard; a query reads every tenant's twins."""
    return any(
        any(_matches(pattern, QUERY) for pattern in texts(item, "dataActions"))
        and not any(_matches(pattern, QUERY) for pattern in texts(item, "notDataActions"))
        for item in permissions_of(definition)
    )


def assigned_role(assignment: Resource) -> str:
    """The GUID of the role that is assigned; empty where it is unknown."""
    return _guid_of(assignment.get("roleDefinitionId"))


def definitions_of(assignment: Resource, stack: Stack) -> Iterator[Resource]:
    """The definition that is assigned, where the stack makes it.

    Its id is unknown before it exists; that the assignment refers to it is known even then.
    """
    referred, role = assignment.refers.get("roleDefinitionId", frozenset()), assigned_role(assignment)
    for definition in stack.of_type(DEFINITION):
        if definition.urn in referred or (role and _guid_of(definition.get("roleDefinitionId")) == role):
            yield definition


def gives_data_role(assignment: Resource, stack: Stack) -> bool:
    """Whether the assignment gives rights on what an instance holds."""
    if assigned_role(assignment) in BUILT_IN_DATA_ROLES:
        return True
    return any(has_data_actions(definition) for definition in definitions_of(assignment, stack))


def is_marker(definition: Resource) -> bool:
    """Whether the role is a mere label: made by the component MarkerRoles, or named like what that makes."""
    return "digital-twins-rbac:index:MarkerRoles$" in definition.urn or "-marker-roles-" in f"-{definition.name}"


def tenants_of(stack: Stack) -> set[str]:
    """The object ids, in lower case, of who is kept apart: whoever is given a marker role."""
    found = {
        principal_of(assignment)
        for assignment in stack.of_type(ASSIGNMENT)
        if is_of_a_tenant(assignment) or any(is_marker(definition) for definition in definitions_of(assignment, stack))
    }
    return found - {""}


def principal_of(assignment: Resource) -> str:
    """Whom the role is assigned to, in lower case as Azure compares object ids; empty where it is unknown."""
    principal = assignment.get("principalId")
    return principal.strip().casefold() if isinstance(principal, str) else ""


def is_of_a_tenant(assignment: Resource) -> bool:
    """Whether the assignment is called like what the program gives to tenants; a second stack's names have a prefix."""
    return "-tenants-" in f"-{assignment.name}"


def is_above_resource_groups(scope: Any) -> bool:
    """Whether a scope is known to be a subscription, a management group or the root."""
    return isinstance(scope, str) and not _IN_A_GROUP.fullmatch(scope)


def _guid_of(role: Any) -> str:
    return role.rstrip("/").rpartition("/")[2].lower() if isinstance(role, str) else ""


def _matches(pattern: str, action: str) -> bool:
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), action) is not None


def _may_mean(pattern: str, prefix: str) -> bool:
    fixed = pattern.partition("*")[0]
    return fixed.startswith(prefix) or ("*" in pattern and prefix.startswith(fixed))
