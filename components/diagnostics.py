"""Sends a resource's logs and metrics to a Log Analytics workspace."""

from dataclasses import dataclass

import pulumi
from pulumi import Input, ResourceOptions
from pulumi_azure_native import monitor

SETTING_NAME = "to-workspace"
"""The setting's name at the resource, which has five at most."""


@dataclass(frozen=True, kw_only=True)
class DiagnosticsArgs:
    """Whose logs go where."""

    target_id: Input[str]
    """The resource id of what is watched."""
    workspace_id: Input[str]
    """The resource id of a Log Analytics workspace."""


class Diagnostics(pulumi.ComponentResource):
    """All logs and all metrics of a resource, by their groups, so that a new category is kept from its first day.

    Azure leaves a setting where it is when its resource is deleted, and a later resource of the same name finds it
    (pulumi-azure, 5.1): the program deletes it first, since its address is made of the resource's id.
    """

    def __init__(self, name: str, args: DiagnosticsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("digital-twins-rbac:index:Diagnostics", name, None, opts)
        self.resource = monitor.DiagnosticSetting(
            name,
            name=SETTING_NAME,
            resource_uri=args.target_id,
            workspace_id=args.workspace_id,
            logs=[monitor.DiagnosticsLogSettingsArgs(category_group="allLogs", enabled=True)],
            metrics=[monitor.DiagnosticsMetricSettingsArgs(category="AllMetrics", enabled=True)],
            opts=ResourceOptions(parent=self),
        )
        self.register_outputs({})
