"""Role definitions: custom ones by permission scope, marker roles by role tag; the built-in ones are re-exported."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_azure_native import authorization

from .built_in_roles import BUILT_IN_ROLES, built_in_role_id
from .naming import role_definition_guid, role_display_name, short_hash
from .permission_scopes import Permissions, compose_data_actions
from .role_scopes import check_assignable_scope
from .takeover import AT_TOP

__all__ = [
    "BUILT_IN_ROLES",
    "MARKER_ACTION",
    "CustomRole",
    "CustomRoleArgs",
    "MarkerRoles",
    "MarkerRolesArgs",
    "built_in_role_id",
]

MARKER_ACTION = "Microsoft.DigitalTwins/operations/read"
"""All that a marker role allows: to list what operations the service has, which is public information."""


@dataclass(frozen=True, kw_only=True)
class CustomRoleArgs:
    """What a custom role is made of."""

    title: str
    """What it is called; the display name adds what makes it unique in the directory."""
    description: str
    """What it is for."""
    subscription_id: Input[str]
    """The subscription in which the role is defined and can be assigned."""
    resource_group_name: Input[str] | None = None
    """The resource group in which the role is defined and can be assigned, at each resource too; that of an existing
    instance for what is assigned there. The whole subscription when left out."""
    assignable_at: Sequence[Input[str]] = ()
    """Ids of further resource groups or subscriptions; the deployer may write role definitions in each of them."""
    permissions: Permissions | None = None
    """Data actions by permission scope."""
    actions: Sequence[str] = ()
    """Actions of Resource Manager."""
    component: str | None = None
    """The component's part of the names; the logical name when left out."""
    retry: pulumi.ResourceHookBinding | None = None
    """What says what to do when Azure refuses the definition: `propagation.retry_lagging`."""


class CustomRole(pulumi.ComponentResource):
    """A custom role definition of one resource group or subscription.

    Never of a management group: Azure lets no role with data actions be assigned there, and no role of a stack has any
    business above its subscription.

    Raises:
        ValueError: a permission scope or verb does not exist, or a scope is none that a role can be assigned in.
    """

    role_definition_id: Output[str]
    """Its id; an assignment that uses it depends on the definition, so that it is deleted first."""

    def __init__(self, name: str, args: CustomRoleArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("digital-twins-rbac:index:CustomRole", name, None, opts)
        component, owner = args.component or name, f"{pulumi.get_project()}/{pulumi.get_stack()}"
        scope = _scope_of(args)
        self.resource = authorization.RoleDefinition(
            name,
            scope=scope,
            role_definition_id=scope.apply(lambda scope: role_definition_guid(scope, owner, component, args.title)),
            role_name=scope.apply(
                lambda scope: role_display_name(
                    args.title,
                    project=pulumi.get_project(),
                    stack=pulumi.get_stack(),
                    component=component,
                    location=short_hash(scope.lower()),
                )
            ),
            description=args.description,
            role_type="CustomRole",
            assignable_scopes=[scope, *(_check_scope(item) for item in args.assignable_at)],
            permissions=[
                authorization.PermissionArgs(
                    actions=list(args.actions),
                    not_actions=[],
                    data_actions=compose_data_actions(args.permissions or {}),
                    not_data_actions=[],
                )
            ],
            opts=ResourceOptions(parent=self, hooks=args.retry, aliases=[AT_TOP]),
        )
        self.role_definition_id = self.resource.id.apply(_as_azure_writes_it)
        self.register_outputs({"role_definition_id": self.role_definition_id})


def _scope_of(args: CustomRoleArgs) -> Output[str]:
    subscription = Output.concat("/subscriptions/", args.subscription_id)
    if args.resource_group_name is None:
        return subscription
    return Output.concat(subscription, "/resourceGroups/", args.resource_group_name)


def _as_azure_writes_it(role_definition_id: str) -> str:
    # A definition that was imported keeps the id that it was imported by, and assignments are named by the other form.
    return re.sub(r"^(/subscriptions/[^/]+)/resourceGroups/[^/]+/", r"\1/", role_definition_id, flags=re.IGNORECASE)


def _check_scope(scope: Input[str]) -> Output[str]:
    return Output.from_input(scope).apply(check_assignable_scope)


@dataclass(frozen=True, kw_only=True)
class MarkerRolesArgs:
    """What marker roles are made of."""

    roles: Sequence[str]
    """The role tags' values, as the manifest spells them."""
    subscription_id: Input[str]
    """The subscription of the resource group."""
    resource_group_name: Input[str]
    """The resource group in which the roles can be assigned."""
    retry: pulumi.ResourceHookBinding | None = None
    """As in `CustomRoleArgs`."""


class MarkerRoles(pulumi.ComponentResource):
    """A role definition for each role tag: a label that says which twins a principal may see through the gateway."""

    role_definition_ids: Mapping[str, Output[str]]
    """Role tag -> role definition id."""

    def __init__(self, name: str, args: MarkerRolesArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("digital-twins-rbac:index:MarkerRoles", name, None, opts)
        self.role_definition_ids = {role: self._create_role(name, role, args) for role in args.roles}
        self.register_outputs({"role_definition_ids": self.role_definition_ids})

    def _create_role(self, name: str, role: str, args: MarkerRolesArgs) -> Output[str]:
        return CustomRole(
            f"{name}-{role}",
            CustomRoleArgs(
                title=role,
                description=f"Marks who may see the twins tagged {role} through the gateway; allows nothing itself.",
                subscription_id=args.subscription_id,
                resource_group_name=args.resource_group_name,
                actions=[MARKER_ACTION],
                component=name,
                retry=args.retry,
            ),
            ResourceOptions(parent=self),
        ).role_definition_id
