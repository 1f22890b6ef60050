from collections.abc import Callable
from typing import Any

from components.diagnostics import Diagnostics, DiagnosticsArgs

Build = Callable[..., Any]


def test_all_logs_and_all_metrics_go_to_the_workspace_and_no_key_is_named(build_in_both_modes: Build) -> None:
    built = build_in_both_modes(
        lambda: Diagnostics("logs", DiagnosticsArgs(target_id="/instances/adt-1", workspace_id="/workspaces/log"))
    )

    assert built.one("azure-native:monitor:DiagnosticSetting").inputs == {
        "name": "to-workspace",
        "resourceUri": "/instances/adt-1",
        "workspaceId": "/workspaces/log",
        "logs": [{"categoryGroup": "allLogs", "enabled": True}],
        "metrics": [{"category": "AllMetrics", "enabled": True}],
    }
