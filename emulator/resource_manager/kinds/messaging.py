"""Event Hubs and Service Bus; no event arrives in them."""

from collections.abc import Mapping
from typing import Any

from emulator.resource_manager.kinds.kind import SUCCEEDED, Kind, Put


class NamespaceKind(Kind):
    """Namespaces of both services."""

    async def properties(self, put: Put) -> Mapping[str, Any]:
        """With the address that Azure would give it; nothing answers there."""
        now = self.context.timestamp()
        return {
            **await super().properties(put),
            "createdAt": put.earlier("createdAt", now),
            "updatedAt": now,
            "metricId": f"{self.context.directory.subscription_id}:{put.name.lower()}",
            "serviceBusEndpoint": f"https://{put.name}.servicebus.windows.net:443/",
            "status": "Active",
        }


class EntityKind(Kind):
    """Event hubs and topics."""

    async def properties(self, put: Put) -> Mapping[str, Any]:
        """With the time when it was made; neither has a provisioning state."""
        now = self.context.timestamp()
        properties = {key: value for key, value in (await super().properties(put)).items() if key not in SUCCEEDED}
        stamps = {"createdAt": put.earlier("createdAt", now), "updatedAt": now}
        return {**properties, **stamps, **_partitions(properties)}


def _partitions(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    count = properties.get("partitionCount")
    return {} if count is None else {"partitionIds": [str(number) for number in range(count)]}
