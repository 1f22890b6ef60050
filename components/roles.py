"""Role definitions: the built-in ones by name, custom ones by permission scope, marker roles by role tag."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_azure_native import authorization

from .naming import role_definition_guid, role_display_name, short_hash
from .permission_scopes import Permissions, compose_data_actions

BUILT_IN_ROLES: Mapping[str, str] = {
    "Azure Digital Twins Data Owner": "bcd981a7-7f74-457b-83e1-cceb9e632ffe",
    "Azure Digital Twins Data Reader": "d57506d4-4c8d-48b1-8587-93c323f6a5a3",
    "Monitoring Metrics Publisher": "3913510d-42f4-4e42-8a64-420c390055eb",
    "Reader": "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "Storage Blob Data Owner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
}
"""Name -> id of the built-in roles that this package may assign (fact sheets adt-rbac 3, pulumi-azure 2.3, 4.2)."""

MARKER_ACTION = "Microsoft.DigitalTwins/operations/read"
"""All that a marker role allows: to list what operations the service has, which is public information."""


def built_in_role_id(subscription_id: str, role_name: str) -> str:
    """The role definition id of a built-in role, in the form that Azure itself answers with.

    Raises:
        ValueError: the name is none of `BUILT_IN_ROLES`.
    """
    if role_name not in BUILT_IN_ROLES:
        raise ValueError(f"unknown built-in role {role_name!r}; there are: {', '.join(BUILT_IN_ROLES)}")
    guid = BUILT_IN_ROLES[role_name]
    return f"/subscriptions/{subscription_id}/providers/Microsoft.Authorization/roleDefinitions/{guid}"


@dataclass(frozen=True, kw_only=True)
class CustomRoleArgs:
    """What a custom role is made of."""

    title: str
    """What it is called; the display name adds what makes it unique in the directory."""
    description: str
    """What it is for."""
    subscription_id: Input[str]
    """The subscription of the resource group."""
    resource_group_name: Input[str]
    """The resource group in which the role can be assigned."""
    permissions: Permissions | None = None
    """Data actions by permission scope."""
    actions: Sequence[str] = ()
    """Actions of Resource Manager."""
    component: str | None = None
    """The component's part of the names; the logical name when left out."""


class CustomRole(pulumi.ComponentResource):
    """A custom role definition of one resource group."""

    role_definition_id: Output[str]
    """Its id; an assignment that uses it depends on the definition, so that it is deleted first."""

    def __init__(self, name: str, args: CustomRoleArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("digital-twins-rbac:index:CustomRole", name, None, opts)
        component = args.component or name
        scope = Output.concat("/subscriptions/", args.subscription_id, "/resourceGroups/", args.resource_group_name)
        self.resource = authorization.RoleDefinition(
            name,
            scope=scope,
            role_definition_id=scope.apply(lambda scope: role_definition_guid(scope, component, args.title)),
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
            assignable_scopes=[scope],
            permissions=[
                authorization.PermissionArgs(
                    actions=list(args.actions),
                    not_actions=[],
                    data_actions=compose_data_actions(args.permissions or {}),
                    not_data_actions=[],
                )
            ],
            opts=ResourceOptions(parent=self),
        )
        self.role_definition_id = self.resource.id
        self.register_outputs({"role_definition_id": self.role_definition_id})


@dataclass(frozen=True, kw_only=True)
class MarkerRolesArgs:
    """What marker roles are made of."""

    roles: Sequence[str]
    """The role tags' values, as the manifest spells them."""
    subscription_id: Input[str]
    """The subscription of the resource group."""
    resource_group_name: Input[str]
    """The resource group in which the roles can be assigned."""


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
            ),
            ResourceOptions(parent=self),
        ).role_definition_id
