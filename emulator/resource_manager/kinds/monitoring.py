"""Log Analytics workspaces and Application Insights components; nothing arrives in them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

from emulator.resource_manager.errors import ResourceNotFound
from emulator.resource_manager.kinds.kind import Kind, Put
from emulator.resource_manager.resource_types.monitoring import WORKSPACE
from emulator.resource_manager.scopes import normalise

_CUSTOMERS = UUID("0d6f2a37-43a1-4f1d-93a5-0a6a3e3d4b21")
_KEYS = UUID("c5a2c0c1-0f1b-4b0e-8d0f-2c9d3f6b7e32")
_APPS = UUID("5a0b8f64-1c44-4b5b-a7ce-7be1f42a9d43")


class WorkspaceKind(Kind):
    """Workspaces."""

    async def properties(self, put: Put) -> Mapping[str, Any]:
        """With the id that queries go by."""
        now = self.context.timestamp()
        return {
            **await super().properties(put),
            "customerId": str(uuid5(_CUSTOMERS, normalise(put.id))),
            "createdDate": put.earlier("createdDate", now),
            "modifiedDate": now,
        }


class ComponentKind(Kind):
    """Components."""

    def check(self, put: Put) -> None:
        """Returns when the workspace is there.

        Azure's code for one that is not there is unverified.
        """
        workspace_id = put.properties.get("WorkspaceResourceId")
        if workspace_id and self.find(workspace_id, WORKSPACE.type) is None:
            raise ResourceNotFound(f"The workspace '{workspace_id}' was not found.")

    async def properties(self, put: Put) -> Mapping[str, Any]:
        """With the connection string."""
        key, app_id = str(uuid5(_KEYS, normalise(put.id))), str(uuid5(_APPS, normalise(put.id)))
        return {
            **await super().properties(put),
            "AppId": app_id,
            "ApplicationId": put.name,
            "ConnectionString": (
                f"InstrumentationKey={key};IngestionEndpoint=https://localhost/application-insights/;"
                f"ApplicationId={app_id}"
            ),
            "CreationDate": put.earlier("CreationDate", self.context.timestamp()),
            "InstrumentationKey": key,
            "TenantId": self.context.directory.tenant_id,
        }
