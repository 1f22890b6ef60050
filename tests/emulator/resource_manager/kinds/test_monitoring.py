from typing import Any

GROUP = "/subscriptions/5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002/resourceGroups/rg-test"
WORKSPACE = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/log-1"
COMPONENT = f"{GROUP}/providers/Microsoft.Insights/components/ai-1"
COMPONENT_BODY = {
    "location": "westeurope",
    "kind": "web",
    "properties": {"Application_Type": "web", "WorkspaceResourceId": WORKSPACE, "DisableLocalAuth": True},
}


def test_a_workspace_has_an_id_that_queries_go_by(arm: Any) -> None:
    body = {
        "location": "westeurope",
        "properties": {
            "sku": {"name": "PerGB2018"},
            "features": {"disableLocalAuth": True},
            "workspaceCapping": {"dailyQuotaGb": 0.5},
        },
    }

    made = arm.make("PUT", WORKSPACE, body)["properties"]

    assert len(made["customerId"]) == 36
    assert (made["retentionInDays"], made["workspaceCapping"]) == (30, {"dailyQuotaGb": 0.5})
    assert arm.make("PUT", WORKSPACE, body)["properties"]["customerId"] == made["customerId"]


def test_a_workspace_keeps_its_data_for_seven_to_730_days(arm: Any) -> None:
    body = {"location": "westeurope", "properties": {"retentionInDays": 731}}

    assert arm.refusal("PUT", WORKSPACE, body) == (400, "InvalidRequestContent")


def test_a_component_answers_its_connection_string(arm: Any) -> None:
    arm.make("PUT", WORKSPACE, {"location": "westeurope"})

    made = arm.make("PUT", COMPONENT, COMPONENT_BODY)["properties"]

    key = made["InstrumentationKey"]
    assert made["ConnectionString"].startswith(f"InstrumentationKey={key};IngestionEndpoint=https://localhost/")
    assert made["DisableLocalAuth"] is True
    assert made["IngestionMode"] == "LogAnalytics"
    assert made["TenantId"] == "8f14e45f-ceea-467f-a9d2-4b5b1e0c7a01"


def test_a_component_needs_the_workspace_that_it_names(arm: Any) -> None:
    assert arm.refusal("PUT", COMPONENT, COMPONENT_BODY) == (404, "ResourceNotFound")
