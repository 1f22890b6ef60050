"""Application Insights that takes telemetry from Entra identities alone, and the workspace that keeps it."""

from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_azure_native import applicationinsights, operationalinsights

DAYS_KEPT = 30


@dataclass(frozen=True, kw_only=True)
class InsightsArgs:
    """What Application Insights is made of."""

    resource_group_name: Input[str]
    """The resource group that holds it."""
    workspace_name: Input[str]
    """The Log Analytics workspace's name."""
    component_name: Input[str]
    """Application Insights' own name."""


class Insights(pulumi.ComponentResource):
    """Application Insights on a workspace of its own, with local authentication off in both."""

    component_id: Output[str]
    """The scope of the role that lets an identity send telemetry."""
    workspace_id: Output[str]
    """The workspace, for logs of other resources too."""
    connection_string: Output[str]
    """Where telemetry goes: with local authentication off an address, and no credential (pulumi-azure, 2.3)."""

    def __init__(self, name: str, args: InsightsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("digital-twins-rbac:index:Insights", name, None, opts)
        workspace = operationalinsights.Workspace(
            f"{name}-workspace",
            resource_group_name=args.resource_group_name,
            workspace_name=args.workspace_name,
            sku=operationalinsights.WorkspaceSkuArgs(name=operationalinsights.WorkspaceSkuNameEnum.PER_GB2018),
            retention_in_days=DAYS_KEPT,
            features=operationalinsights.WorkspaceFeaturesArgs(
                disable_local_auth=True, enable_log_access_using_only_resource_permissions=True
            ),
            opts=ResourceOptions(parent=self),
        )
        component = applicationinsights.Component(
            name,
            resource_group_name=args.resource_group_name,
            resource_name_=args.component_name,
            kind="web",
            application_type=applicationinsights.ApplicationType.WEB,
            workspace_resource_id=workspace.id,
            disable_local_auth=True,
            opts=ResourceOptions(parent=self),
        )
        self.component_id = component.id
        self.workspace_id = workspace.id
        self.connection_string = component.connection_string
        self.register_outputs({"component_id": self.component_id, "workspace_id": self.workspace_id})
