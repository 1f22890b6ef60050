"""Role assignments at one scope, named so that the same grant is the same resource on every run."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_azure_native import authorization

from twin_rbac.access.assignments import assignment_name


@dataclass(frozen=True, kw_only=True)
class RoleAssignment:
    """One principal and one role."""

    principal_id: Input[str]
    """The principal's object id."""
    principal_type: Input[str]
    """User, Group or ServicePrincipal: the SDK would send User for a missing one."""
    role_definition_id: Input[str]
    """The role definition's id, in the subscription form."""
    description: str | None = None
    """Why the principal has the role."""


@dataclass(frozen=True, kw_only=True)
class RoleAssignmentsArgs:
    """What is assigned, and where."""

    scope: Input[str]
    """The resource that the roles are assigned at."""
    role_assignments: Mapping[str, RoleAssignment]
    """Name within the stack -> assignment."""
    retry: pulumi.ResourceHookBinding | None = None
    """What tries again while Azure does not know a new principal or role yet: `propagation.retry_lagging`."""


class RoleAssignments(pulumi.ComponentResource):
    """Role assignments at one scope."""

    resources: list[authorization.RoleAssignment]
    """The assignments, for what must wait until they are made."""

    def __init__(self, name: str, args: RoleAssignmentsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("digital-twins-rbac:index:RoleAssignments", name, None, opts)
        self.resources = [
            self._create_assignment(f"{name}-{key}", args, assignment)
            for key, assignment in args.role_assignments.items()
        ]
        self.register_outputs({})

    def _create_assignment(
        self, name: str, args: RoleAssignmentsArgs, assignment: RoleAssignment
    ) -> authorization.RoleAssignment:
        identity = Output.all(args.scope, assignment.principal_id, assignment.role_definition_id)
        return authorization.RoleAssignment(
            name,
            scope=args.scope,
            role_assignment_name=identity.apply(lambda parts: assignment_name(*parts)),
            principal_id=assignment.principal_id,
            principal_type=assignment.principal_type,
            role_definition_id=assignment.role_definition_id,
            description=assignment.description,
            # azure-native would send a changed role under the old name, which Azure refuses.
            opts=ResourceOptions(parent=self, replace_on_changes=["roleDefinitionId"], hooks=args.retry),
        )
