"""Azure Resource Manager, as far as role tags need it."""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from azure.core.credentials_async import AsyncTokenCredential

from twin_rbac.clients.calls import Call
from twin_rbac.clients.cloud import PUBLIC_CLOUD, Cloud
from twin_rbac.clients.errors import InstanceNotReady, InvalidRequest
from twin_rbac.clients.transport import Transport

_INSTANCES = "2023-01-31"
_AUTHORIZATION = "2022-04-01"
_ABSENT = frozenset({"ResourceNotFound", "ResourceGroupNotFound"})
"""The codes that say there is no such resource; another 404, an unknown subscription's, says that we cannot see it."""


class ResourceManagerClient:
    """A client of Resource Manager; an asynchronous context manager with one session."""

    def __init__(
        self,
        credential: AsyncTokenCredential,
        *,
        cloud: Cloud = PUBLIC_CLOUD,
        ca_file: Path | None = None,
    ) -> None:
        self._transport = Transport(
            cloud.resource_manager, credential, audience=cloud.resource_manager_audience, ca_file=ca_file
        )

    async def __aenter__(self) -> Self:
        """Opens the session."""
        await self._transport.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the session."""
        await self._transport.__aexit__(kind, error, trace)

    async def get_host_name(self, instance_id: str) -> str | None:
        """The host name of an Azure Digital Twins instance; None when there is no such instance.

        Raises:
            AccessDenied: the caller may not read the instance.
            InstanceNotReady: there is one that has no host name yet.
            AzureError: Resource Manager gives no usable answer.
        """
        call = Call(
            method="GET",
            path=f"{instance_id}?api-version={_INSTANCES}",
            what=f"read of {instance_id}",
            action="Microsoft.DigitalTwins/digitalTwinsInstances/read",
        )
        try:
            answer = await self._transport.send(call)
        except InvalidRequest as error:
            if error.code in _ABSENT:
                return None
            raise
        properties = answer.document["properties"]
        if not properties.get("hostName"):
            # Not None: who takes the instance for gone forgets what was declared on it.
            raise InstanceNotReady(instance_id, str(properties.get("provisioningState", "unknown")))
        return str(properties["hostName"])

    async def list_permissions(self, scope: str) -> list[Mapping[str, Any]]:
        """What the caller may do at the scope, one mapping a permission (fact sheet adt-rbac, section 8).

        Raises:
            AccessDenied: the caller may not ask.
            AzureError: Resource Manager gives no usable answer.
        """
        permissions: list[Mapping[str, Any]] = []
        path: str | None = f"{scope}/providers/Microsoft.Authorization/permissions?api-version={_AUTHORIZATION}"
        while path:
            answer = await self._transport.send(
                Call(
                    method="GET",
                    path=path,
                    what=f"listing of permissions at {scope}",
                    action="Microsoft.Authorization/permissions/read",
                )
            )
            permissions += answer.document["value"]
            path = answer.document.get("nextLink")
        return permissions
