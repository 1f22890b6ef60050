"""Who may do what: role definitions and role assignments."""

import re
from collections.abc import Iterator
from uuid import UUID

from .resource import UNKNOWN, Resource, Stack
from .role_definitions import (
    ASSIGNMENT,
    BUILT_IN_DATA_ROLES,
    DATA_OWNER,
    DEFINITION,
    OUR_DATA_ACTIONS,
    READING_ROLES,
    allows_query,
    assigned_role,
    data_actions_of,
    gives_data_role,
    has_data_actions,
    is_above_resource_groups,
    is_marker,
    is_of_a_tenant,
    permissions_of,
    principal_of,
    tenants_of,
    texts,
)

MARKER_ACTION = "Microsoft.DigitalTwins/operations/read"
"""All that a marker role may allow: to list what operations the service has, which is public information."""
PRINCIPAL_TYPES = {"User", "Group", "ServicePrincipal", "ForeignGroup", "Device"}
_FOR_A_WHILE = re.compile(r"azure-native:authorization:(Pim|Role(Assignment|Eligibility)Schedule)")
_HOLDS_ANY_SCOPE = {"authorization", "billing", "management", "resources", "subscription"}
"""Modules of Azure whose resources are no place in a resource group, or can say anything."""
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
    if resource.type == DEFINITION and resource.hides("permissions"):
        yield "Nobody knows yet what the role allows, and it may be to query; give its permissions as plain values."
    elif resource.type == DEFINITION and allows_query(resource) and not _is_known_to_query(resource, stack):
        yield (
            "The role may query, and so read every tenant's twins; take Microsoft.DigitalTwins/query/action, also as "
            "part of a wildcard, out of its data actions. A role that may query has no data action but its own."
        )
    elif resource.type == ASSIGNMENT and (built_in := BUILT_IN_DATA_ROLES.get(assigned_role(resource))):
        yield f"{built_in} may query, and so read every tenant's twins; give a custom role without query/action."


def check_no_data_role_for_a_tenant(resource: Resource, stack: Stack) -> Iterator[str]:
    """A tenant asks the gateway; what it may do on the instance itself, it does past the gateway."""
    if resource.type != ASSIGNMENT or not gives_data_role(resource, stack):
        return
    if is_of_a_tenant(resource) or principal_of(resource) in tenants_of(stack):
        yield "A tenant is given rights on the instance itself, and needs no gateway then; take the assignment out."


def check_markers_allow_nothing(resource: Resource, _stack: Stack) -> Iterator[str]:
    """A marker role is a label: it says which twins somebody may see, and allows nothing."""
    if resource.type != DEFINITION or not is_marker(resource):
        return
    if resource.hides("permissions"):
        yield "Nobody knows yet what a marker role allows; give its permissions as plain values."
        return
    for permission in permissions_of(resource):
        if texts(permission, "dataActions"):
            yield "A marker role has data actions; leave them out, tenants would get round the gateway by them."
        if texts(permission, "actions") != [MARKER_ACTION.lower()]:
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


def check_assignments_explicit(resource: Resource, stack: Stack) -> Iterator[str]:
    """An assignment says what it gives, where and to what kind of principal, and carries no condition."""
    if _FOR_A_WHILE.match(resource.type):
        yield "The role is given by Privileged Identity Management, where no policy looks; give a RoleAssignment."
    if resource.type != ASSIGNMENT:
        return
    for key in ("scope", "roleDefinitionId"):
        if resource.hides(key) and not _is_explained(resource, key, stack):
            yield (
                f"Nobody knows yet what {key} will be, so it may be any; give it as a plain value, or make it of the "
                "id of a resource that this program declares."
            )
    kind = resource.get("principalType")
    if kind is not UNKNOWN and kind not in PRINCIPAL_TYPES:
        yield (
            "principalType is missing: Azure takes the principal for a user, and fails on one that was made a moment "
            f"ago. Give one of {', '.join(sorted(PRINCIPAL_TYPES))}."
        )
    if isinstance(resource.get("condition"), str):
        yield "Azure Digital Twins evaluates no conditions, so the role would hold without it; leave it out."


def _is_known_to_query(definition: Resource, stack: Stack) -> bool:
    """Whether it is called like a role that may query, and has no data action besides those of that role."""
    names = stack.settings.get("roles") or READING_ROLES
    # One program may declare several stacks of ours, each with a prefix to its names.
    limits = [READING_ROLES.get(name, OUR_DATA_ACTIONS) for name in names if f"-{definition.name}".endswith(f"-{name}")]
    if "digital-twins-rbac:index:GatewayIdentity$" in definition.urn:
        limits.append(READING_ROLES["gateway-identity-role"])
    return any(limit.issuperset(data_actions_of(definition)) for limit in limits)


def _is_explained(assignment: Resource, key: str, stack: Stack) -> bool:
    """Whether an input that is unknown is made of a resource of the stack that the other rules judge, or can place."""
    types = [stack.resources[urn].type for urn in assignment.refers.get(key, ()) if urn in stack.resources]
    return any(type_ == DEFINITION if key == "roleDefinitionId" else _is_a_place(type_) for type_ in types)


def _is_a_place(type_: str) -> bool:
    provider, module = f"{type_}:".split(":")[:2]
    in_a_group = provider == "azure-native" and module not in _HOLDS_ANY_SCOPE
    return in_a_group or type_ == "azure-native:resources:ResourceGroup"


def _is_made_of_names(name: object) -> bool:
    try:
        return UUID(str(name)).version == 5
    except ValueError:
        return False
