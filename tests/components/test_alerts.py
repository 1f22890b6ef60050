from collections.abc import Callable
from typing import Any

import pytest

from components.alerts import Alerts, AlertsArgs

Build = Callable[..., Any]
ALERT = "azure-native:monitor:MetricAlert"
COMPONENT = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Insights/components/appi"
GROUP = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Insights/actionGroups/on-call"


def program(**changes: Any) -> Callable[[], None]:
    arguments: dict[str, Any] = {
        "resource_group_name": "rg",
        "component_id": COMPONENT,
        "alert_name_prefix": "func-local",
        "action_group_ids": (GROUP,),
    }
    return lambda: _declare(AlertsArgs(**{**arguments, **changes}))


def _declare(args: AlertsArgs) -> None:
    Alerts("alerts", args)


@pytest.mark.parametrize(
    ("name", "codes", "threshold"),
    [("alerts-refusals", ["401", "403", "429"], 100), ("alerts-errors", ["500", "502", "503", "504"], 5)],
)
def test_an_alert_counts_the_requests_with_its_codes_in_a_quarter_of_an_hour(
    build_in_both_modes: Build, name: str, codes: list[str], threshold: int
) -> None:
    alert = build_in_both_modes(program()).named(name).inputs

    (criterion,) = alert["criteria"]["allOf"]
    assert alert["criteria"]["odataType"] == "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria"
    assert criterion["criterionType"] == "StaticThresholdCriterion"
    assert (criterion["metricNamespace"], criterion["metricName"]) == (
        "microsoft.insights/components",
        "requests/count",
    )
    assert criterion["dimensions"] == [{"name": "request/resultCode", "operator": "Include", "values": codes}]
    assert (criterion["operator"], criterion["threshold"]) == ("GreaterThan", threshold)
    assert criterion["timeAggregation"] == "Count"
    assert (alert["windowSize"], alert["evaluationFrequency"]) == ("PT15M", "PT5M")


def test_an_alert_is_on_watches_the_telemetry_and_ends_by_itself(build: Build) -> None:
    for alert in build(program()).of_type(ALERT):
        assert alert.inputs["enabled"] is True
        assert alert.inputs["scopes"] == [COMPONENT]
        assert alert.inputs["autoMitigate"] is True
        assert alert.inputs["actions"] == [{"actionGroupId": GROUP}]


def test_an_alert_belongs_to_no_region_or_azure_would_refuse_it(build: Build) -> None:
    assert {alert.inputs["location"] for alert in build(program()).of_type(ALERT)} == {"global"}


def test_alerts_are_named_after_the_app_and_errors_are_worse_than_refusals(build: Build) -> None:
    built = build(program())

    refusals, errors = built.named("alerts-refusals").inputs, built.named("alerts-errors").inputs
    assert (refusals["ruleName"], errors["ruleName"]) == ("func-local-refusals", "func-local-errors")
    assert (refusals["severity"], errors["severity"]) == (2, 1)


def test_without_an_action_group_nobody_is_told_and_the_thresholds_can_be_set(build: Build) -> None:
    built = build(program(action_group_ids=(), most_refusals=1000))

    alert = built.named("alerts-refusals").inputs
    assert alert["actions"] == []
    assert alert["criteria"]["allOf"][0]["threshold"] == 1000
