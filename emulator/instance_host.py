"""Serves the data plane of each instance that Resource Manager creates, on a port of its own."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack

from starlette.types import ASGIApp

from emulator.digital_twins.instance import drop_instance
from emulator.ports import Ports, Sockets, close
from emulator.serving import RunningServer, start_server
from emulator.storage import Storage
from emulator.tls import Certificates

_LOGGER = logging.getLogger(__name__)


class LocalInstanceHost:
    """The instances that are served now."""

    def __init__(
        self, *, storage: Storage, ports: Ports, certificates: Certificates, make_app: Callable[[str], ASGIApp]
    ) -> None:
        """`make_app` gives the data plane of the instance with that ARM id, as its creator spelled it."""
        self._storage = storage
        self._ports = ports
        self._certificates = certificates
        self._make_app = make_app
        self._resource_ids: dict[str, str] = {}
        self._servers: dict[str, RunningServer] = {}
        self._changing = asyncio.Lock()

    async def start(self, resource_id: str) -> str:
        """Serves an instance, unless it is served already; returns its host name.

        Raises:
            PortInUse, NoFreePort: there is no port for it.
        """
        async with self._changing:
            if resource_id.lower() not in self._servers:
                sockets = self._ports.listen_instance(resource_id.lower())
                self._ports.save()
                await self._serve(resource_id, sockets)
        return self._host_name(resource_id)

    async def stop(self, resource_id: str) -> None:
        """Ends an instance, if it is served, and forgets its data."""
        key = resource_id.lower()
        async with self._changing:
            server = self._servers.pop(key, None)
            if server is not None:
                del self._resource_ids[key]
                await server.stop()
                _LOGGER.info("instance %s is gone", _name(resource_id))
            drop_instance(self._storage, key)

    async def stop_all(self) -> None:
        """Ends all instances and forgets their data."""
        for resource_id in list(self._resource_ids.values()):
            await self.stop(resource_id)

    def listen(self, resource_ids: Iterable[str]) -> Mapping[str, Sockets]:
        """Listens for instances of earlier starts, by ARM id; they are served by `serve`.

        Raises:
            PortInUse: the port of one is another program's; none listens.
        """
        listening: dict[str, Sockets] = {}
        with ExitStack() as undo:
            for resource_id in resource_ids:
                listening[resource_id] = self._ports.listen_instance(resource_id.lower())
                undo.callback(close, listening[resource_id])
            undo.pop_all()
        return listening

    async def serve(self, listening: Mapping[str, Sockets]) -> None:
        """Serves instances of earlier starts."""
        for resource_id, sockets in listening.items():
            await self._serve(resource_id, sockets)

    async def close(self) -> None:
        """Stops serving; the instances stay."""
        await asyncio.gather(*(server.stop() for server in self._servers.values()))
        self._servers.clear()
        self._resource_ids.clear()

    @property
    def host_names(self) -> Mapping[str, str]:
        """The ARM id of each instance and its host name, oldest first."""
        return {resource_id: self._host_name(resource_id) for resource_id in self._resource_ids.values()}

    async def _serve(self, resource_id: str, sockets: Sockets) -> None:
        key = resource_id.lower()
        self._servers[key] = await start_server(self._make_app(resource_id), sockets, self._certificates)
        self._resource_ids[key] = resource_id
        _LOGGER.info("instance %s at https://%s", _name(resource_id), self._host_name(resource_id))

    def _host_name(self, resource_id: str) -> str:
        return f"localhost:{self._ports.instances[resource_id.lower()]}"


def _name(resource_id: str) -> str:
    return resource_id.rsplit("/", 1)[-1]
