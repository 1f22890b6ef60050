"""Role assignments at one scope, named so that the same grant is the same resource on every run."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_azure_native import authorization

from twin_rbac.access.assignments import assignment_name

from .role_scopes import check_role_at_scope, describe_width
from .takeover import AT_TOP

_PRINCIPAL_TYPES = ("User", "Group", "ServicePrincipal")


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
    condition: str | None = None
    """Refused: Azure Digital Twins evaluates no condition, so that one would be taken for a limit that there is not."""


@dataclass(frozen=True, kw_only=True)
class RoleAssignmentsArgs:
    """What is assigned, and where."""

    scope: Input[str]
    """The resource that the roles are assigned at."""
    role_assignments: Mapping[str, RoleAssignment]
    """Name within the stack -> assignment."""
    why_wide: str | None = None
    """Why the scope has to be a resource group or more; without it a warning says that a resource would do."""
    retry: pulumi.ResourceHookBinding | None = None
    """What tries again while Azure does not know a new principal or role yet, and says what to do when Azure refuses
    an assignment: `propagation.retry_lagging`."""


class RoleAssignments(pulumi.ComponentResource):
    """Role assignments at one scope, best at one resource.

    Raises:
        ValueError: an assignment has a condition, a principal type that Azure does not assign roles to, or a custom
            role at a management group.
    """

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
        _refuse_condition(name, assignment)
        judged = Output.all(args.scope, assignment.role_definition_id).apply(
            lambda parts: _judge_scope(name, *parts, why_wide=args.why_wide)
        )
        # The name needs all parts anyway, and so waits for the judgement: what is refused is not declared.
        identity = Output.all(args.scope, assignment.principal_id, assignment.role_definition_id, judged)
        return authorization.RoleAssignment(
            name,
            scope=args.scope,
            role_assignment_name=identity.apply(lambda parts: assignment_name(*parts[:3])),
            principal_id=assignment.principal_id,
            principal_type=Output.from_input(assignment.principal_type).apply(
                lambda given: _check_principal_type(name, given)
            ),
            role_definition_id=assignment.role_definition_id,
            description=assignment.description,
            opts=ResourceOptions(
                parent=self,
                # azure-native would send a changed role under the old name, which Azure refuses.
                replace_on_changes=["roleDefinitionId"],
                hooks=args.retry,
                aliases=[AT_TOP],
            ),
        )


def _refuse_condition(name: str, assignment: RoleAssignment) -> None:
    # Fact sheet adt-rbac, section 7.
    if assignment.condition is not None:
        raise ValueError(
            f"{name}: leave the condition out. Azure evaluates conditions for blobs and queues alone, never for Azure "
            "Digital Twins: the principal would have the role on every twin. What a tenant sees is limited by role tags"
        )


def _judge_scope(name: str, scope: str, role_definition_id: str, *, why_wide: str | None) -> None:
    check_role_at_scope(name, role_definition_id, scope)
    for warning in describe_width(name, role_definition_id, scope, why_wide):
        pulumi.log.warn(warning)


def _check_principal_type(name: str, given: str) -> str:
    if given not in _PRINCIPAL_TYPES:
        raise ValueError(
            f"{name}: a principal is one of {', '.join(_PRINCIPAL_TYPES)}, not {str(given)!r}; a managed identity and "
            "an app are a ServicePrincipal, by the object id of its service principal and not by its client id"
        )
    return given
