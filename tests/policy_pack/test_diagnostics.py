from typing import Any

import pytest

from policy_pack.rules import UNKNOWN, Resource
from tests.policy_pack.conftest import broken, resource

RULE = "diagnostics-present"
INSTANCE = resource("azure-native:digitaltwins:DigitalTwin", "instance", resourceName="adt-one")
ID = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.DigitalTwins/digitalTwinsInstances"
LOGS = [{"categoryGroup": "allLogs", "enabled": True}]


def setting(uri: Any, logs: Any, refers: frozenset[str] = frozenset()) -> Resource:
    made = resource("azure-native:monitor:DiagnosticSetting", "logs", resourceUri=uri, logs=logs)
    return Resource(made.type, made.name, made.urn, made.props, {"resourceUri": refers})


def test_an_instance_without_a_diagnostic_setting_is_refused() -> None:
    assert broken(RULE, INSTANCE) == ["instance"]


@pytest.mark.parametrize(
    ("uri", "logs"),
    [(f"{ID}/other", LOGS), (f"{ID}/adt-one", []), (f"{ID}/adt-one", [{"categoryGroup": "allLogs", "enabled": False}])],
    ids=["of another instance", "of metrics alone", "switched off"],
)
def test_a_setting_that_sends_no_log_of_it_does_not_count(uri: str, logs: Any) -> None:
    assert broken(RULE, INSTANCE, setting(uri, logs)) == ["instance"]


def test_a_setting_by_id_or_by_reference_counts_and_one_of_nobody_knows_what_does_not() -> None:
    assert broken(RULE, INSTANCE, setting(f"{ID}/ADT-one", LOGS)) == []
    assert broken(RULE, INSTANCE, setting(f"{ID}/elsewhere", LOGS, frozenset({INSTANCE.urn}))) == []
    assert broken(RULE, INSTANCE, setting(UNKNOWN, UNKNOWN, frozenset({INSTANCE.urn}))) == []
    assert broken(RULE, INSTANCE, setting(UNKNOWN, UNKNOWN)) == ["instance"]
