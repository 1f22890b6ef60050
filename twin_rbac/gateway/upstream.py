"""What the gateway asks: the instance, Resource Manager and Entra ID. Each client is made when it is first needed.

Nothing is opened at start: under the Functions adapter the first calls race through it (fact sheet pulumi-azure,
section 2.7), and what signs in takes longer to load than the rest of the app together.
"""

import asyncio
import json
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
from yarl import URL

from twin_rbac.clients.address import create_tls_context, proxy_for
from twin_rbac.clients.instance import InstanceClient
from twin_rbac.clients.rate import Unlimited
from twin_rbac.clients.resource_manager import ResourceManagerClient
from twin_rbac.gateway.errors import KeysUnavailable, RolesUnavailable
from twin_rbac.gateway.limits import PATIENCE
from twin_rbac.gateway.settings import Settings

_ROLES_BUDGET = 20.0
"""Seconds for the listing of role assignments, all its pages and tries together."""
_KEYS_TIMEOUT = aiohttp.ClientTimeout(total=5)


class Upstream:
    """The clients of one gateway, which share one identity."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = asyncio.Lock()
        self._opened = AsyncExitStack()
        self._clients: tuple[InstanceClient, ResourceManagerClient] | None = None
        self._session: aiohttp.ClientSession | None = None

    async def open_instance(self) -> InstanceClient:
        """The client of the instance."""
        instance, _ = await self._open_clients()
        return instance

    async def list_assignments(self) -> Iterable[Mapping[str, Any]]:
        """The role assignments at and above the instance.

        Raises:
            RolesUnavailable: they do not come in time.
            AzureError: Resource Manager gives no usable answer.
        """
        _, resource_manager = await self._open_clients()
        try:
            async with asyncio.timeout(_ROLES_BUDGET):
                return await resource_manager.list_role_assignments(self._settings.instance_id)
        except TimeoutError as error:
            raise RolesUnavailable from error

    async def fetch_document(self, address: str) -> Any:
        """A JSON document of Entra ID, which needs no token.

        Raises:
            KeysUnavailable: there is none at the address.
            aiohttp.ClientError, TimeoutError: it cannot be reached.
        """
        url = URL(address)
        session = await self._open_session()
        async with session.get(url, proxy=proxy_for(url), allow_redirects=False) as response:
            if response.status != 200:
                raise KeysUnavailable
            return json.loads(await response.read())

    async def close(self) -> None:
        """Closes what was opened."""
        async with self._lock:
            self._clients = self._session = None
            await self._opened.aclose()

    async def _open_clients(self) -> tuple[InstanceClient, ResourceManagerClient]:
        async with self._lock:
            if self._clients is None:
                # Loads azure.identity, which a start need not wait for.
                from twin_rbac.clients.credential import create_managed_identity  # noqa: PLC0415

                settings = self._settings
                credential = create_managed_identity(settings.identity_client_id)
                await self._opened.enter_async_context(credential)
                instance = InstanceClient(
                    settings.endpoint, credential, cloud=settings.cloud, rate=Unlimited(), patience=PATIENCE
                )
                resource_manager = ResourceManagerClient(credential, cloud=settings.cloud)
                self._clients = (
                    await self._opened.enter_async_context(instance),
                    await self._opened.enter_async_context(resource_manager),
                )
            return self._clients

    async def _open_session(self) -> aiohttp.ClientSession:
        async with self._lock:
            if self._session is None:
                self._session = await self._opened.enter_async_context(
                    aiohttp.ClientSession(
                        connector=aiohttp.TCPConnector(ssl=create_tls_context()),
                        cookie_jar=aiohttp.DummyCookieJar(),
                        headers={"Accept": "application/json", "User-Agent": "digital-twins-rbac"},
                        timeout=_KEYS_TIMEOUT,
                    )
                )
            return self._session
