"""The identity that the gateway calls Azure with, and all that it may do."""

from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_azure_native import managedidentity

from .permission_scopes import GATEWAY
from .role_assignments import RoleAssignment, RoleAssignments, RoleAssignmentsArgs
from .roles import CustomRole, CustomRoleArgs, built_in_role_id

ACTIONS = ("Microsoft.Authorization/roleAssignments/read", "Microsoft.Authorization/roleDefinitions/read")
"""What looking up a caller's roles takes."""


@dataclass(frozen=True, kw_only=True)
class GatewayIdentityArgs:
    """Where the identity lives, and on what it is given its roles."""

    subscription_id: Input[str]
    """The subscription of the resource group."""
    resource_group_name: Input[str]
    """The resource group that holds it."""
    identity_name: Input[str]
    """Its name."""
    instance_id: Input[str]
    """The Azure Digital Twins instance that it reads."""
    instance_subscription_id: Input[str]
    """The subscription of the instance."""
    instance_group_name: Input[str]
    """The instance's resource group, in which its role there is defined."""
    storage_id: Input[str]
    """The function app's own storage account."""
    insights_id: Input[str]
    """Application Insights, which it sends telemetry to."""
    retry: pulumi.ResourceHookBinding | None = None
    """As in `RoleAssignmentsArgs`: the identity is new when its roles are given."""


class GatewayIdentity(pulumi.ComponentResource):
    """A user-assigned identity, so that its roles are there before the app starts (fact sheet pulumi-azure, 2.4)."""

    identity_id: Output[str]
    client_id: Output[str]
    principal_id: Output[str]
    role_assignments: list[pulumi.Resource]
    """Its roles, for what must wait until they are given."""

    def __init__(self, name: str, args: GatewayIdentityArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("digital-twins-rbac:index:GatewayIdentity", name, None, opts)
        identity = managedidentity.UserAssignedIdentity(
            name,
            resource_group_name=args.resource_group_name,
            resource_name_=args.identity_name,
            opts=ResourceOptions(parent=self),
        )
        self.identity_id = identity.id
        self.client_id = identity.client_id
        self.principal_id = identity.principal_id
        self.role_assignments = [
            *self._assign(f"{name}-instance", args, args.instance_id, self._create_role(name, args)),
            # The Functions host needs it on its own storage (fact sheet pulumi-azure, section 2.3).
            *self._assign(f"{name}-storage", args, args.storage_id, _built_in(args, "Storage Blob Data Owner")),
            *self._assign(f"{name}-insights", args, args.insights_id, _built_in(args, "Monitoring Metrics Publisher")),
        ]
        self.register_outputs({"identity_id": self.identity_id, "principal_id": self.principal_id})

    def _create_role(self, name: str, args: GatewayIdentityArgs) -> Output[str]:
        return CustomRole(
            f"{name}-role",
            CustomRoleArgs(
                title="Gateway",
                description="Reads twins for tenants, and which roles a tenant holds; writes nothing.",
                subscription_id=args.instance_subscription_id,
                resource_group_name=args.instance_group_name,
                permissions=GATEWAY,
                actions=ACTIONS,
                retry=args.retry,
            ),
            ResourceOptions(parent=self),
        ).role_definition_id

    def _assign(
        self, name: str, args: GatewayIdentityArgs, scope: Input[str], role_definition_id: Output[str]
    ) -> list[pulumi.Resource]:
        assignment = RoleAssignment(
            principal_id=self.principal_id,
            principal_type="ServicePrincipal",
            role_definition_id=role_definition_id,
        )
        at_scope = RoleAssignmentsArgs(scope=scope, role_assignments={"role": assignment}, retry=args.retry)
        return [*RoleAssignments(name, at_scope, ResourceOptions(parent=self)).resources]


def _built_in(args: GatewayIdentityArgs, role_name: str) -> Output[str]:
    return Output.from_input(args.subscription_id).apply(
        lambda subscription: built_in_role_id(str(subscription), role_name)
    )
