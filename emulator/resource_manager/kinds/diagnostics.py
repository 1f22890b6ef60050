"""Diagnostic settings; nothing is sent anywhere (fact sheet pulumi-azure, section 5.1)."""

from collections.abc import Iterator, Mapping
from typing import Any

from emulator.resource_manager.errors import Conflict, InvalidRequest, ResourceNotFound
from emulator.resource_manager.kinds.kind import Kind, Put
from emulator.resource_manager.resource_types.alerting import DIAGNOSTIC_SETTING
from emulator.resource_manager.resource_types.groups import INSTANCE
from emulator.resource_manager.resource_types.kusto import CLUSTER
from emulator.resource_manager.resource_types.messaging import BUS_NAMESPACE, HUB_NAMESPACE
from emulator.resource_manager.resource_types.monitoring import COMPONENT, WORKSPACE
from emulator.resource_manager.resource_types.network import VIRTUAL_NETWORK
from emulator.resource_manager.resource_types.storage import ACCOUNT
from emulator.resource_manager.resource_types.web import SITE
from emulator.resource_manager.scopes import normalise
from emulator.storage import Document

MOST_PER_RESOURCE = 5
INSTANCE_CATEGORIES = (
    *("DigitalTwinsOperation", "EventRoutesOperation", "ModelsOperation", "QueryOperation"),
    *("DataHistoryOperation", "ResourceProviderOperation"),
)
"""What an instance logs."""

_LOGGING = (
    *(INSTANCE.type, SITE.type, COMPONENT.type, WORKSPACE.type, CLUSTER.type),
    *(HUB_NAMESPACE.type, BUS_NAMESPACE.type, VIRTUAL_NETWORK.type, ACCOUNT.type),
)
"""The types of the table that have diagnostic settings."""
_SINKS = ("workspaceId", "storageAccountId", "eventHubAuthorizationRuleId")


class DiagnosticSettingKind(Kind):
    """Settings at any resource; they outlive it."""

    def check(self, put: Put) -> None:
        """Returns when the setting sends something to somewhere, and no other one of the resource does so."""
        self._check_sinks(put.properties)
        self._check_categories(put)
        others = [item for item in self._beside(put) if normalise(item["id"]) != normalise(put.id)]
        if len(others) >= MOST_PER_RESOURCE:
            message = (
                f"The limit of {MOST_PER_RESOURCE} diagnostic settings was reached. To create a new diagnostic "
                "setting, delete an existing one."
            )
            raise Conflict(message, "Conflict")
        for other in others:
            _refuse_reuse(put, other)

    async def properties(self, put: Put) -> Mapping[str, Any]:
        """As they were sent, with empty lists for what was not."""
        return {"logs": [], "metrics": [], **put.properties}

    def is_listed(self, scope: str, document: Document) -> bool:
        """Whether it stands at exactly that resource."""
        return normalise(DIAGNOSTIC_SETTING.scope_of(document["id"])) == normalise(scope)

    def _beside(self, put: Put) -> list[Document]:
        scope = put.row.scope_of(put.id)
        return [item for item in self.find_all(put.row.type, scope) if self.is_listed(scope, item)]

    def _check_sinks(self, asked: Mapping[str, Any]) -> None:
        if not any(asked.get(name) for name in _SINKS):
            raise InvalidRequest("At least one data sink needs to be specified.", "BadRequest")
        for name, type_name in (("workspaceId", WORKSPACE.type), ("storageAccountId", ACCOUNT.type)):
            if asked.get(name) and self.find(asked[name], type_name) is None:
                raise ResourceNotFound(f"The {name} '{asked[name]}' was not found.")
        rule_id = asked.get("eventHubAuthorizationRuleId")
        namespace_id, _, _ = (rule_id or "").rpartition("/authorizationRules/")
        if rule_id and self.find(namespace_id, HUB_NAMESPACE.type) is None:
            raise ResourceNotFound(f"The eventHubAuthorizationRuleId '{rule_id}' is of no namespace that there is.")

    def _check_categories(self, put: Put) -> None:
        target = self.find(put.row.scope_of(put.id)) or {}
        if target.get("type") not in _LOGGING:
            message = f"The resource '{put.row.scope_of(put.id)}' does not support diagnostic settings."
            raise InvalidRequest(message, "ResourceTypeNotSupported")
        if not any(item["enabled"] for key in ("logs", "metrics") for item in put.properties.get(key, [])):
            raise InvalidRequest("At least one log or metric needs to be enabled.", "BadRequest")
        for log in put.properties.get("logs", []):
            _check_log(log, target["type"])
        for metric in put.properties.get("metrics", []):
            _require_known("Metric category", metric.get("category"), ("AllMetrics",))


def _check_log(log: Mapping[str, Any], type_name: str) -> None:
    if ("category" in log) == ("categoryGroup" in log):
        raise InvalidRequest("A log setting has either category or categoryGroup.", "BadRequest")
    if "categoryGroup" in log:
        _require_known("Category group", log["categoryGroup"], ("allLogs", "audit"))
    elif type_name == INSTANCE.type:
        # The tables of a workspace begin with ADT; the categories do not.
        _require_known("Category", log["category"], INSTANCE_CATEGORIES)


def _require_known(what: str, name: str | None, known: tuple[str, ...]) -> None:
    if name not in known:
        message = f"{what} '{name}' is not supported; there are: {', '.join(known)}."
        raise InvalidRequest(message, "BadRequest")


def _refuse_reuse(put: Put, other: Document) -> None:
    """The same things must not go to one place twice."""
    both = set(_flows(put.properties)) & set(_flows(other["properties"]))
    if both:
        sink, category = sorted(both)[0]
        message = (
            f"Data sink '{sink}' is already used in diagnostic setting '{other['name']}' for category '{category}'. "
            "Data sinks can't be reused in different settings on the same category for the same resource."
        )
        raise Conflict(message, "Conflict")


def _flows(properties: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    sinks = [normalise(properties[name]) for name in _SINKS if properties.get(name)]
    for item in (*properties.get("logs", []), *properties.get("metrics", [])):
        if item["enabled"]:
            yield from ((sink, item.get("category") or item.get("categoryGroup")) for sink in sinks)
