"""Metric alerts; none is ever raised."""

import re
from collections.abc import Mapping
from typing import Any

from emulator.resource_manager.errors import InvalidRequest, ResourceNotFound
from emulator.resource_manager.kinds.kind import Kind, Put, require_global
from emulator.resource_manager.resource_types.alerting import METRIC_ALERT

_ACTION_GROUP = re.compile(
    r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Insights/actionGroups/[^/]+", re.IGNORECASE
)
_WINDOWS = METRIC_ALERT.body.properties["properties"].properties["windowSize"].enum


class MetricAlertKind(Kind):
    """Metric alerts; codes are ours."""

    def check(self, put: Put) -> None:
        """Returns when the alert watches what is there, and looks at least as far back as it looks often."""
        require_global(put)
        asked = put.properties
        if not asked["scopes"]:
            raise InvalidRequest("scopes needs the id of a resource.", "BadRequest")
        for scope in asked["scopes"]:
            if self.find(scope) is None:
                raise ResourceNotFound(f"The resource '{scope}' of scopes was not found.")
        if not asked["criteria"].get("allOf"):
            raise InvalidRequest("criteria.allOf needs a condition.", "BadRequest")
        if _WINDOWS.index(asked["windowSize"]) < _WINDOWS.index(asked["evaluationFrequency"]):
            raise InvalidRequest("windowSize cannot be smaller than evaluationFrequency.", "BadRequest")
        for action in asked.get("actions", []):
            if not _ACTION_GROUP.fullmatch(action["actionGroupId"]):
                message = f"actionGroupId '{action['actionGroupId']}' is not the id of an action group."
                raise InvalidRequest(message, "BadRequest")

    async def properties(self, put: Put) -> Mapping[str, Any]:
        """With the time of the change."""
        asked = {**put.row.answered, **put.properties}
        return {**asked, "isMigrated": False, "lastUpdatedTime": self.context.timestamp()}
