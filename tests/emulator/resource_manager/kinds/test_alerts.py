from typing import Any

import pytest

GROUP = "/subscriptions/5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002/resourceGroups/rg-test"
COMPONENT = f"{GROUP}/providers/Microsoft.Insights/components/ai"
ALERT = f"{GROUP}/providers/Microsoft.Insights/metricAlerts/refusals"
CRITERION = {
    "criterionType": "StaticThresholdCriterion",
    "name": "failed",
    "metricName": "requests/failed",
    "metricNamespace": "microsoft.insights/components",
    "operator": "GreaterThan",
    "threshold": 5,
    "timeAggregation": "Count",
}
CRITERIA = {"odata.type": "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria", "allOf": [CRITERION]}


@pytest.fixture
def watched(arm: Any) -> Any:
    """With an Application Insights component."""
    arm.make("PUT", COMPONENT, {"location": "westeurope", "kind": "web", "properties": {"Application_Type": "web"}})
    return arm


def body(location: str = "global", **properties: Any) -> dict[str, Any]:
    whole = {
        "criteria": CRITERIA,
        "enabled": True,
        "evaluationFrequency": "PT5M",
        "scopes": [COMPONENT],
        "severity": 2,
        "windowSize": "PT15M",
        **properties,
    }
    return {"location": location, "properties": whole}


def test_an_alert_is_made_at_what_there_is(watched: Any) -> None:
    group = f"{GROUP}/providers/Microsoft.Insights/actionGroups/on-call"

    made = watched.make("PUT", ALERT, body(actions=[{"actionGroupId": group}]))

    assert made["properties"]["criteria"] == CRITERIA
    assert made["properties"]["autoMitigate"] is True
    assert made["location"] == "global"


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"location": "westeurope"}, 400, "LocationNotAvailableForResourceType"),
        ({"scopes": []}, 400, "BadRequest"),
        ({"scopes": [f"{COMPONENT}-2"]}, 404, "ResourceNotFound"),
        ({"criteria": {**CRITERIA, "allOf": []}}, 400, "BadRequest"),
        ({"criteria": {"allOf": [CRITERION]}}, 400, "InvalidRequestContent"),
        ({"criteria": {**CRITERIA, "allOf": [{**CRITERION, "operator": "Above"}]}}, 400, "InvalidRequestContent"),
        ({"windowSize": "PT1M"}, 400, "BadRequest"),
        ({"windowSize": "PT2M"}, 400, "InvalidRequestContent"),
        ({"severity": 5}, 400, "InvalidRequestContent"),
        ({"actions": [{"actionGroupId": "on-call"}]}, 400, "BadRequest"),
    ],
)
def test_an_alert_that_azure_would_refuse_is_refused(watched: Any, change: Any, status: int, code: str) -> None:
    assert watched.refusal("PUT", ALERT, body(**change)) == (status, code)
