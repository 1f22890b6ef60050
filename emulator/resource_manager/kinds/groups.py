"""Resource groups and instances."""

from collections.abc import Mapping
from typing import Any

from emulator.resource_manager.errors import Conflict
from emulator.resource_manager.kinds.kind import Kind, Put
from emulator.resource_manager.private_links import connections_of, disconnect
from emulator.storage import Document


class GroupKind(Kind):
    """Resource groups."""

    def refuse_move(self, put: Put, now: str) -> None:
        """Raises what the service says to a group that would move to another region."""
        message = (
            f"Invalid resource group location '{put.body['location']}'. The resource group already exists in location "
            f"'{now}'."
        )
        raise Conflict(message, "InvalidResourceGroupLocation")


class InstanceKind(Kind):
    """Azure Digital Twins instances, which are served on ports of their own."""

    async def properties(self, put: Put) -> Mapping[str, Any]:
        """With the host name, which a new instance gets here."""
        host_name = put.earlier("hostName", None) or await self.context.instances.start(put.id)
        now = self.context.timestamp()
        return {
            **await super().properties(put),
            "hostName": host_name,
            "createdTime": put.earlier("createdTime", now),
            "lastUpdatedTime": now,
        }

    def current(self, document: Document) -> Document:
        """With its private endpoints."""
        connections = connections_of(self.storage, document)
        return {**document, "properties": {**document["properties"], "privateEndpointConnections": connections}}

    async def removed(self, document: Document) -> None:
        """Ends the instance; what lies in it goes too, and its private endpoints lead nowhere."""
        disconnect(self.storage, document["id"])
        await self.context.instances.stop(document["id"])
