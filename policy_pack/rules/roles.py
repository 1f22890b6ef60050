"""Who may do what: role definitions and role assignments."""

from collections.abc import Iterable, Iterator
from uuid import UUID

from .resource import UNKNOWN, Resource, Stack
from .role_definitions import (
    ASSIGNMENT,
    BUILT_IN_DATA_ROLES,
    DATA_OWNER,
    DEFINITION,
    allows_query,
    assigned_role,
    gives_data_role,
    has_data_actions,
    is_above_resource_groups,
    is_marker,
    is_of_a_tenant,
    permissions_of,
    tenants_of,
    texts,
)

MARKER_ACTION = "Microsoft.DigitalTwins/operations/read"
"""All that a marker role may allow: to list what operations the service has, which is public information."""
QUERY_ROLES = ("tagger-role", "drift-reader-role", "gateway-identity-role")
"""Logical names of the roles that may query, besides that of the component GatewayIdentity."""
PRINCIPAL_TYPES = {"User", "Group", "ServicePrincipal", "ForeignGroup", "Device"}
_NAMES = {DEFINITION: "roleDefinitionId", ASSIGNMENT: "roleAssignmentName"}


def check_no_data_owner_for_an_app(resource: Resource, _stack: Stack) -> Iterator[str]:
    """An app that may do everything hands everything to whoever takes it over."""
    if resource.type != ASSIGNMENT or assigned_role(resource) != DATA_OWNER:
        return
    if resource.get("principalType") == "ServicePrincipal":
        yield (
            "An app is given Azure Digital Twins Data Owner; give it a custom role with the permission scopes that it "
            "needs (components.CustomRole)."
        )


def check_no_data_role_above_the_group(resource: Resource, stack: Stack) -> Iterator[str]:
    """Rights on twins are given where the twins are, and not on every instance of a subscription."""
    if resource.type == ASSIGNMENT and is_above_resource_groups(resource.get("scope")):
        if gives_data_role(resource, stack):
            yield f"The role is assigned at {resource.get('scope')}; assign it at the instance."
    elif resource.type == DEFINITION and has_data_actions(resource):
        for scope in resource.items("assignableScopes"):
            if is_above_resource_groups(scope):
                yield f"The role can be assigned at {scope}; let assignableScopes name the resource group."


def check_query_only_for_known_roles(resource: Resource, stack: Stack) -> Iterator[str]:
    """Whoever may query the instance itself sees every tenant's twins."""
    allowed = stack.settings.get("roles") or QUERY_ROLES
    if "digital-twins-rbac:index:GatewayIdentity$" in resource.urn or _ends_with_one(resource.name, allowed):
        return
    if resource.type == DEFINITION and allows_query(resource):
        yield (
            "The role may query, and so read every tenant's twins; take Microsoft.DigitalTwins/query/action, also as "
            "part of a wildcard, out of its data actions."
        )
    elif resource.type == ASSIGNMENT and (built_in := BUILT_IN_DATA_ROLES.get(assigned_role(resource))):
        yield f"{built_in} may query, and so read every tenant's twins; give a custom role without query/action."


def check_no_data_role_for_a_tenant(resource: Resource, stack: Stack) -> Iterator[str]:
    """A tenant asks the gateway; what it may do on the instance itself, it does past the gateway."""
    if resource.type != ASSIGNMENT or not gives_data_role(resource, stack):
        return
    if is_of_a_tenant(resource) or resource.get("principalId") in tenants_of(stack):
        yield "A tenant is given rights on the instance itself, and needs no gateway then; take the assignment out."


def check_markers_allow_nothing(resource: Resource, _stack: Stack) -> Iterator[str]:
    """A marker role is a label: it says which twins somebody may see, and allows nothing."""
    if resource.type != DEFINITION or not is_marker(resource):
        return
    for permission in permissions_of(resource):
        if texts(permission, "dataActions"):
            yield "A marker role has data actions; leave them out, tenants would get round the gateway by them."
        actions = permission.get("actions")
        if actions is not UNKNOWN and texts(permission, "actions") != [MARKER_ACTION.lower()]:
            yield f"A marker role allows {MARKER_ACTION} and nothing else."


def check_names_deterministic(resource: Resource, _stack: Stack) -> Iterator[str]:
    """The same role or grant has the same name on every run and from every checkout."""
    if key := _NAMES.get(resource.type):
        name = resource.get(key)
        if name is not UNKNOWN and not _is_made_of_names(name):
            yield (
                f"{key} is left out or random: a second stack, or one whose state was lost, would collide with what "
                "there is (409 RoleAssignmentExists). Give a version 5 UUID of scope, principal and role."
            )


def check_assignments_explicit(resource: Resource, _stack: Stack) -> Iterator[str]:
    """An assignment says what kind of principal it is for, and carries no condition."""
    if resource.type != ASSIGNMENT:
        return
    kind = resource.get("principalType")
    if kind is not UNKNOWN and kind not in PRINCIPAL_TYPES:
        yield (
            "principalType is missing: Azure takes the principal for a user, and fails on one that was made a moment "
            f"ago. Give one of {', '.join(sorted(PRINCIPAL_TYPES))}."
        )
    if isinstance(resource.get("condition"), str):
        yield "Azure Digital Twins evaluates no conditions, so the role would hold without it; leave it out."


def _ends_with_one(name: str, allowed: Iterable[str]) -> bool:
    # One program may declare several stacks of ours, each with a prefix to its names.
    return any(f"-{name}".endswith(f"-{item}") for item in allowed)


def _is_made_of_names(name: object) -> bool:
    try:
        return UUID(str(name)).version == 5
    except ValueError:
        return False
