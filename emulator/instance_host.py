"""Serves the data plane of each instance that Resource Manager creates, on a port of its own."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import ExitStack

from starlette.types import ASGIApp

from emulator.digital_twins.instance import drop_instance
from emulator.ports import Ports, Sockets, close
from emulator.serving import RunningServer, start_server
from emulator.storage import Storage
from emulator.tls import Certificates

HOSTED = "hosted-instances"
"""The kind of document that says which instances are served; by lower-case ARM id."""

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
        self._servers: dict[str, RunningServer] = {}
        self._changing = asyncio.Lock()

    async def start(self, resource_id: str) -> str:
        """Serves an instance, unless it is served already; returns its host name.

        Raises:
            PortInUse, NoFreePort: there is no port for it.
        """
        key = resource_id.lower()
        async with self._changing:
            if key not in self._servers:
                sockets = self._ports.listen_instance(key)
                self._ports.save()
                self._storage.put(HOSTED, key, {"resourceId": resource_id})
                await self._serve(resource_id, sockets)
        return self._host_name(key)

    async def stop(self, resource_id: str) -> None:
        """Ends an instance and forgets its data; nothing happens when there is none."""
        key = resource_id.lower()
        async with self._changing:
            server = self._servers.pop(key, None)
            if server is not None:
                await server.stop()
                _LOGGER.info("instance %s is gone", key.rsplit("/", 1)[-1])
            drop_instance(self._storage, key)
            self._storage.delete(HOSTED, key)

    async def stop_all(self) -> None:
        """Ends all instances and forgets their data."""
        for _, document in self._storage.items(HOSTED):
            await self.stop(document["resourceId"])

    def listen_kept(self) -> Mapping[str, Sockets]:
        """Listens for the instances of earlier starts, by ARM id; they are served by `serve_kept`.

        Raises:
            PortInUse: the port of one is another program's; none listens.
        """
        listening: dict[str, Sockets] = {}
        with ExitStack() as undo:
            for key, document in self._storage.items(HOSTED):
                listening[document["resourceId"]] = self._ports.listen_instance(key)
                undo.callback(close, listening[document["resourceId"]])
            undo.pop_all()
        return listening

    async def serve_kept(self, listening: Mapping[str, Sockets]) -> None:
        """Serves the instances of earlier starts."""
        for resource_id, sockets in listening.items():
            await self._serve(resource_id, sockets)

    async def close(self) -> None:
        """Stops serving; the instances stay."""
        await asyncio.gather(*(server.stop() for server in self._servers.values()))
        self._servers.clear()

    @property
    def endpoints(self) -> Mapping[str, str]:
        """The ARM id of each instance and its endpoint, oldest first."""
        return {
            document["resourceId"]: f"https://{self._host_name(key)}"
            for key, document in self._storage.items(HOSTED)
            if key in self._servers
        }

    async def _serve(self, resource_id: str, sockets: Sockets) -> None:
        key = resource_id.lower()
        self._servers[key] = await start_server(self._make_app(resource_id), sockets, self._certificates)
        _LOGGER.info("instance %s at https://%s", key.rsplit("/", 1)[-1], self._host_name(key))

    def _host_name(self, key: str) -> str:
        return f"localhost:{self._ports.instances[key]}"
