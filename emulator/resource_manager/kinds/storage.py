"""Storage accounts and containers."""

from collections.abc import Mapping
from typing import Any

from emulator.resource_manager.errors import Conflict
from emulator.resource_manager.kinds.kind import Kind, Put
from emulator.storage import Document

_SERVICES = ("queue", "table", "file", "dfs", "web")


class AccountKind(Kind):
    """Storage accounts; their blobs are another part of the emulator, and they have no other service."""

    async def properties(self, put: Put) -> Mapping[str, Any]:
        """With the addresses of the account's services."""
        blob = self.context.blobs.endpoint(put.name)
        return {
            **await super().properties(put),
            "creationTime": put.earlier("creationTime", self.context.timestamp()),
            "primaryEndpoints": {"blob": blob, **{service: f"{blob}_{service}/" for service in _SERVICES}},
            "primaryLocation": put.body["location"].replace(" ", "").lower(),
            "privateEndpointConnections": [],
            "statusOfPrimary": "available",
        }

    async def removed(self, document: Document) -> None:
        """Forgets its blobs."""
        self.context.blobs.drop(document["id"])


class ContainerKind(Kind):
    """Containers of blobs."""

    def check(self, put: Put) -> None:
        """Returns unless the container would be public and its account lets none be."""
        account = self.find(put.row.parent_of(put.id))
        is_public = put.properties.get("publicAccess", "None") != "None"
        if is_public and account is not None and not account["properties"]["allowBlobPublicAccess"]:
            raise Conflict("Public access is not permitted on this storage account.", "PublicAccessNotPermitted")

    async def properties(self, put: Put) -> Mapping[str, Any]:
        """With the state of a container that nobody holds."""
        return {
            **put.row.answered,
            **put.properties,
            "deleted": False,
            "hasImmutabilityPolicy": False,
            "hasLegalHold": False,
            "lastModifiedTime": self.context.timestamp(),
            "leaseState": "Available",
            "leaseStatus": "Unlocked",
        }

    async def removed(self, document: Document) -> None:
        """Forgets its blobs."""
        self.context.blobs.drop(document["id"])
