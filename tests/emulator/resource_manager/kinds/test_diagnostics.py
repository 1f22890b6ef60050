from typing import Any

import pytest

GROUP = "/subscriptions/5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002/resourceGroups/rg-test"
INSTANCE = f"{GROUP}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt-test"
SETTINGS = "/providers/Microsoft.Insights/diagnosticSettings"
WORKSPACE = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/log-test"
ALL_LOGS = {"categoryGroup": "allLogs", "enabled": True}
ALL_METRICS = {"category": "AllMetrics", "enabled": True}


@pytest.fixture
def logged(arm: Any) -> Any:
    """With a workspace."""
    arm.make("PUT", WORKSPACE, {"location": "westeurope"})
    return arm


def body(**properties: Any) -> dict[str, Any]:
    whole = {"workspaceId": WORKSPACE, "logs": [ALL_LOGS], "metrics": [ALL_METRICS], **properties}
    return {"properties": {key: value for key, value in whole.items() if value is not None}}


def test_a_setting_is_made_listed_and_deleted_at_its_resource(logged: Any) -> None:
    made = logged.make("PUT", f"{INSTANCE}{SETTINGS}/all", body())

    assert made["id"] == f"{INSTANCE}{SETTINGS}/all"
    assert (made["name"], made["properties"]["metrics"]) == ("all", [ALL_METRICS])
    assert [item["name"] for item in logged.list(f"{INSTANCE}{SETTINGS}")] == ["all"]
    logged.make("DELETE", f"{INSTANCE}{SETTINGS}/all")
    assert logged.refusal("GET", f"{INSTANCE}{SETTINGS}/all") == (404, "ResourceNotFound")


def test_a_setting_outlives_its_resource_and_is_there_when_that_is_made_again(logged: Any) -> None:
    logged.make("PUT", f"{INSTANCE}{SETTINGS}/all", body())

    logged.make("DELETE", INSTANCE)
    assert logged.refusal("GET", f"{INSTANCE}{SETTINGS}/all") == (404, "ResourceNotFound")
    logged.make("PUT", INSTANCE, {"location": "westeurope"})

    assert logged.make("GET", f"{INSTANCE}{SETTINGS}/all")["properties"]["logs"] == [ALL_LOGS]


@pytest.mark.parametrize(
    ("change", "status", "code", "message"),
    [
        ({"workspaceId": None}, 400, "BadRequest", "At least one data sink"),
        ({"workspaceId": f"{WORKSPACE}-2"}, 404, "ResourceNotFound", "log-test-2"),
        ({"logs": None, "metrics": None}, 400, "BadRequest", "At least one log or metric"),
        ({"logs": [{"category": "ADTQueryOperation", "enabled": True}]}, 400, "BadRequest", "'ADTQueryOperation'"),
        ({"logs": [{**ALL_LOGS, "category": "QueryOperation"}]}, 400, "BadRequest", "either category or categoryGroup"),
        ({"logs": [{"categoryGroup": "everything", "enabled": True}]}, 400, "BadRequest", "'everything'"),
        ({"logs": [{"categoryGroup": "allLogs"}]}, 400, "InvalidRequestContent", "logs[0].enabled"),
        ({"metrics": [{"category": "All", "enabled": True}]}, 400, "BadRequest", "'All'"),
        ({"logs": [{**ALL_LOGS, "retentionPolicy": {}}]}, 400, "InvalidRequestContent", "retentionPolicy is not"),
        ({"logAnalyticsDestinationType": "Own"}, 400, "InvalidRequestContent", "'Own'"),
    ],
)
def test_a_setting_that_azure_would_refuse_is_refused(
    logged: Any, change: Any, status: int, code: str, message: str
) -> None:
    answer = logged.call("PUT", f"{INSTANCE}{SETTINGS}/all", body(**change))

    assert logged.refusal_of(answer) == (status, code)
    assert message in answer.json()["error"]["message"]


def test_one_thing_goes_to_one_place_once(logged: Any) -> None:
    logged.make("PUT", f"{INSTANCE}{SETTINGS}/all", body())
    logged.make("PUT", f"{INSTANCE}{SETTINGS}/all", body())

    assert logged.refusal("PUT", f"{INSTANCE}{SETTINGS}/again", body()) == (409, "Conflict")


def test_a_resource_has_five_settings_at_most(logged: Any) -> None:
    for number in range(6):
        logged.make("PUT", f"{WORKSPACE}-{number}", {"location": "westeurope"})
    for number in range(5):
        logged.make("PUT", f"{INSTANCE}{SETTINGS}/s{number}", body(workspaceId=f"{WORKSPACE}-{number}"))

    sixth = logged.call("PUT", f"{INSTANCE}{SETTINGS}/s5", body(workspaceId=f"{WORKSPACE}-5"))

    assert logged.refusal_of(sixth) == (409, "Conflict")
    assert "limit of 5" in sixth.json()["error"]["message"]


def test_a_group_has_no_settings_and_nothing_has_them_that_is_not_there(logged: Any) -> None:
    assert logged.refusal("PUT", f"{GROUP}{SETTINGS}/all", body()) == (400, "ResourceTypeNotSupported")
    assert logged.refusal("PUT", f"{INSTANCE}-2{SETTINGS}/all", body()) == (404, "ResourceNotFound")
    assert logged.refusal("GET", f"{INSTANCE}-2{SETTINGS}") == (404, "ResourceNotFound")


def test_a_reader_reads_settings_and_writes_none(logged: Any) -> None:
    group = GROUP.replace("rg-test", "rg-digital-twins-rbac-local")
    workspace, instance = WORKSPACE.replace(GROUP, group), INSTANCE.replace(GROUP, group)
    for path in (group, workspace, instance):
        logged.make("PUT", path, {"location": "westeurope"})
    logged.make("PUT", f"{instance}{SETTINGS}/all", body(workspaceId=workspace))

    assert logged.call("GET", f"{instance}{SETTINGS}/all", name="pull-request").status_code == 200
    assert logged.refusal("DELETE", f"{instance}{SETTINGS}/all", name="pull-request") == (403, "AuthorizationFailed")
