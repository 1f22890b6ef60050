"""Alerts on the gateway: many callers are refused, or it fails."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_azure_native import monitor

REFUSED = ("401", "403", "429")
"""Answers to callers without a good token, without a role, and to those that ask too much."""
FAILED = ("500", "502", "503", "504")
"""Answers that are the gateway's own fault, or the instance's behind it."""
_WINDOW, _EVERY = "PT15M", "PT5M"
_WARNING, _ERROR = 2, 1
"""Azure Monitor's severities, of which 0 is the worst."""


@dataclass(frozen=True, kw_only=True)
class AlertsArgs:
    """What is watched, and who is told."""

    resource_group_name: Input[str]
    """The resource group that holds the alerts."""
    component_id: Input[str]
    """Application Insights, which the gateway's telemetry goes to."""
    alert_name_prefix: Input[str]
    """What the alerts' names begin with."""
    action_group_ids: Sequence[str] = ()
    """The action groups that are told; without one, an alert shows in the portal alone."""
    most_refusals: int = 100
    """More refusals with one and the same code than this in a quarter of an hour raise an alert."""
    most_errors: int = 5
    """More errors with one and the same code than this in a quarter of an hour raise an alert."""


class Alerts(pulumi.ComponentResource):
    """Two alerts on the requests that Application Insights counts; each ends by itself when its cause does.

    Azure Monitor counts each result code by itself, and charges for each as for one alert.
    """

    def __init__(self, name: str, args: AlertsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("digital-twins-rbac:index:Alerts", name, None, opts)
        self._watch(
            f"{name}-refusals",
            args,
            codes=REFUSED,
            threshold=args.most_refusals,
            severity=_WARNING,
            description="The gateway refuses many calls: a client without a role, with a bad token, or too eager.",
        )
        self._watch(
            f"{name}-errors",
            args,
            codes=FAILED,
            threshold=args.most_errors,
            severity=_ERROR,
            description="The gateway fails: it answers with errors of its own, or the instance behind it does.",
        )
        self.register_outputs({})

    def _watch(
        self, name: str, args: AlertsArgs, *, codes: Sequence[str], threshold: int, severity: int, description: str
    ) -> monitor.MetricAlert:
        kind = name.rsplit("-", 1)[-1]
        return monitor.MetricAlert(
            name,
            resource_group_name=args.resource_group_name,
            rule_name=Output.concat(args.alert_name_prefix, "-", kind),
            # It has no region, and azure-native would give it the resource group's.
            location="global",
            description=description,
            enabled=True,
            severity=severity,
            scopes=[args.component_id],
            evaluation_frequency=_EVERY,
            window_size=_WINDOW,
            auto_mitigate=True,
            criteria=_count_of(codes, threshold),
            actions=[monitor.MetricAlertActionArgs(action_group_id=group) for group in args.action_group_ids],
            opts=ResourceOptions(parent=self),
        )


def _count_of(codes: Sequence[str], threshold: int) -> monitor.MetricAlertSingleResourceMultipleMetricCriteriaArgs:
    return monitor.MetricAlertSingleResourceMultipleMetricCriteriaArgs(
        odata_type="Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
        all_of=[
            monitor.MetricCriteriaArgs(
                criterion_type="StaticThresholdCriterion",
                name="requests",
                metric_namespace="microsoft.insights/components",
                metric_name="requests/count",
                time_aggregation=monitor.AggregationTypeEnum.COUNT,
                operator=monitor.Operator.GREATER_THAN,
                threshold=threshold,
                dimensions=[
                    monitor.MetricDimensionArgs(name="request/resultCode", operator="Include", values=list(codes))
                ],
            )
        ],
    )
