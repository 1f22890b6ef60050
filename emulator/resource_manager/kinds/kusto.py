"""Azure Data Explorer; nothing is kept in its databases."""

from collections.abc import Mapping
from typing import Any

from emulator.resource_manager.kinds.kind import Kind, Put


class ClusterKind(Kind):
    """Clusters."""

    async def properties(self, put: Put) -> Mapping[str, Any]:
        """With the addresses that Azure would give it; nothing answers there."""
        host = f"{put.name}.{put.body['location'].replace(' ', '').lower()}.kusto.windows.net"
        uris = {"uri": f"https://{host}", "dataIngestionUri": f"https://ingest-{host}"}
        return {**await super().properties(put), **uris}


class DatabaseKind(Kind):
    """Databases, whose names say the cluster too."""

    async def properties(self, put: Put) -> Mapping[str, Any]:
        """With what a database of one's own is not."""
        return {**await super().properties(put), "isFollowed": False}


class PrincipalAssignmentKind(Kind):
    """Who may do what in a database, by the database's own roles; Azure checks the principal later."""

    async def properties(self, put: Put) -> Mapping[str, Any]:
        """With the principal as the directory knows it."""
        tenant_id = self.context.directory.tenant_id
        return {
            "tenantId": tenant_id,
            **await super().properties(put),
            "aadObjectId": put.properties["principalId"],
            "principalName": put.properties["principalId"],
            "tenantName": tenant_id,
        }
