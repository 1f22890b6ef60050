"""Azure Resource Manager: what exists, and who may do what there."""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from azure.core.credentials_async import AsyncTokenCredential

from twin_rbac.clients.calls import Call
from twin_rbac.clients.cloud import PUBLIC_CLOUD, Cloud
from twin_rbac.clients.errors import InstanceNotReady, InvalidRequest
from twin_rbac.clients.transport import Transport

_INSTANCES = "2023-01-31"
_SITES = "2025-05-01"
_AUTHORIZATION = "2022-04-01"
_ABSENT = frozenset({"ResourceNotFound", "ResourceGroupNotFound"})
"""The codes that say there is no such resource; another 404, an unknown subscription's, says that we cannot see it."""
_NO_ROLE_DEFINITION = frozenset({"RoleDefinitionDoesNotExist"})


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

    async def get_instance(self, instance_id: str) -> Mapping[str, Any] | None:
        """An Azure Digital Twins instance as Resource Manager writes it; None when there is none.

        Raises:
            AccessDenied: the caller may not read it.
            AzureError: Resource Manager gives no usable answer.
        """
        action = "Microsoft.DigitalTwins/digitalTwinsInstances/read"
        return await self._find(instance_id, api_version=_INSTANCES, action=action, absent=_ABSENT)

    async def get_host_name(self, instance_id: str) -> str | None:
        """The host name of an Azure Digital Twins instance; None when there is no such instance.

        Raises:
            AccessDenied: the caller may not read the instance.
            InstanceNotReady: there is one that has no host name yet.
            AzureError: Resource Manager gives no usable answer.
        """
        instance = await self.get_instance(instance_id)
        if instance is None:
            return None
        properties = instance["properties"]
        if not properties.get("hostName"):
            # Not None: who takes the instance for gone forgets what was declared on it.
            raise InstanceNotReady(instance_id, str(properties.get("provisioningState", "unknown")))
        return str(properties["hostName"])

    async def get_site(self, site_id: str) -> Mapping[str, Any] | None:
        """A function app as Resource Manager writes it; None when there is none.

        Raises:
            AccessDenied: the caller may not read it.
            AzureError: Resource Manager gives no usable answer.
        """
        return await self._find(site_id, api_version=_SITES, action="Microsoft.Web/sites/read", absent=_ABSENT)

    async def list_permissions(self, scope: str) -> list[Mapping[str, Any]]:
        """What the caller may do at the scope, one mapping a permission (fact sheet adt-rbac, section 8).

        Raises:
            AccessDenied: the caller may not ask.
            AzureError: Resource Manager gives no usable answer.
        """
        return await self._list(
            f"{scope}/providers/Microsoft.Authorization/permissions?api-version={_AUTHORIZATION}",
            what=f"listing of permissions at {scope}",
            action="Microsoft.Authorization/permissions/read",
        )

    async def list_role_assignments(self, scope: str, filter_: str = "atScope()") -> list[Mapping[str, Any]]:
        """The role assignments that the filter finds, as Resource Manager writes them.

        The filters are those of fact sheet adt-rbac, section 8: `atScope()` is at the scope and above it.

        Raises:
            AccessDenied: the caller may not ask.
            InvalidRequest: the scope does not exist, or the filter is refused.
            AzureError: Resource Manager gives no usable answer.
        """
        condition = quote(filter_, safe="()'")
        return await self._list(
            f"{scope}/providers/Microsoft.Authorization/roleAssignments"
            f"?api-version={_AUTHORIZATION}&$filter={condition}",
            what=f"listing of role assignments at {scope} by {filter_}",
            action="Microsoft.Authorization/roleAssignments/read",
        )

    async def get_role_definition(self, role_definition_id: str) -> Mapping[str, Any] | None:
        """A role definition as Resource Manager writes it; None when there is none.

        Raises:
            AccessDenied: the caller may not read it.
            AzureError: Resource Manager gives no usable answer.
        """
        action = "Microsoft.Authorization/roleDefinitions/read"
        return await self._find(
            role_definition_id, api_version=_AUTHORIZATION, action=action, absent=_NO_ROLE_DEFINITION
        )

    async def _find(
        self, resource_id: str, *, api_version: str, action: str, absent: frozenset[str]
    ) -> Mapping[str, Any] | None:
        call = Call(
            method="GET", path=f"{resource_id}?api-version={api_version}", what=f"read of {resource_id}", action=action
        )
        try:
            answer = await self._transport.send(call)
        except InvalidRequest as error:
            if error.code in absent:
                return None
            raise
        document: Mapping[str, Any] = answer.document
        return document

    async def _list(self, first: str, *, what: str, action: str) -> list[Mapping[str, Any]]:
        items: list[Mapping[str, Any]] = []
        path: str | None = first
        while path:
            answer = await self._transport.send(Call(method="GET", path=path, what=what, action=action))
            items += answer.document["value"]
            path = answer.document.get("nextLink")
        return items
