"""What an instance's own identity may do at the resources that it writes to."""

from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_azure_native.authorization import PrincipalType

from .naming import short_hash
from .resource_ids import ResourceId
from .role_assignments import RoleAssignment, RoleAssignments, RoleAssignmentsArgs
from .roles import built_in_role_id


@dataclass(frozen=True, kw_only=True)
class InstanceGrant:
    """One built-in role at one resource."""

    role: str
    """The role's name."""
    scope: ResourceId
    """The resource: what the instance writes to, and nothing around it."""
    reason: str
    """Why the instance has the role; the assignment says so."""


def grant_to_instance(
    name: str,
    grant: InstanceGrant,
    principal_id: Output[str],
    *,
    retry: pulumi.ResourceHookBinding | None,
    parent: pulumi.Resource,
) -> list[pulumi.Resource]:
    """Assigns the role; what needs it waits for the resources in the answer.

    The logical name says where and not who asked, so that a grant that two endpoints share is one resource, and stays
    the same one when the first of them goes.
    """
    assignment = RoleAssignment(
        principal_id=principal_id,
        principal_type=PrincipalType.SERVICE_PRINCIPAL,
        role_definition_id=built_in_role_id(grant.scope.subscription_id, grant.role),
        description=grant.reason,
    )
    made = RoleAssignments(
        f"{name}-{grant.scope.name}-{short_hash(grant.scope.text.lower(), grant.role)}",
        RoleAssignmentsArgs(scope=grant.scope.text, role_assignments={"instance": assignment}, retry=retry),
        ResourceOptions(parent=parent),
    )
    return list(made.resources)


def require_identity(principal_id: Input[str]) -> Output[str]:
    """The object id of the instance's identity.

    Raises:
        RunError: when the id is known, and empty, since the instance has no identity of its own.
    """
    return Output.from_input(principal_id).apply(_check_identity)


def _check_identity(principal_id: str) -> str:
    if not principal_id:
        raise pulumi.RunError(
            "the Azure Digital Twins instance has no identity of its own, and reaches an event hub, a topic or a "
            "database by that alone: turn its system-assigned identity on"
        )
    return principal_id
