"""One uvicorn server among several in one event loop, started and stopped at run time."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

from emulator.ports import Sockets
from emulator.tls import Certificates

TRANSPORT = "emulator.transport"
"""The extension of a request's scope that holds its connection, so that a fault can drop it."""
# A call that is still being answered may take this long to end, in seconds.
_GRACE = 1


class RunningServer:
    """An application that is being served."""

    def __init__(self, server: "_Server", task: asyncio.Task[None]) -> None:
        self._server = server
        self._task = task

    async def stop(self) -> None:
        """Ends it: idle connections at once, calls in progress within a second."""
        self._server.should_exit = True
        await self._task
        # A client that does not answer the end of TLS would hold its connection for half a minute.
        for connection in list(self._server.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)


async def start_server(app: ASGIApp, sockets: Sockets, certificates: Certificates) -> RunningServer:
    """Serves the application over TLS on sockets that listen already; returns when it answers."""
    config = uvicorn.Config(
        app,
        http=DroppableProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ssl_certfile=certificates.certificate,
        ssl_keyfile=certificates.key,
        timeout_graceful_shutdown=_GRACE,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets))
    ready = asyncio.create_task(server.ready.wait())
    await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        ready.cancel()
        task.result()
    return RunningServer(server, task)


class _Server(uvicorn.Server):
    """A server that leaves signals to the process, and says when it answers."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Closed politely, an idle connection would last until its client answers the end of TLS, which few do.
        for connection in list(self.server_state.connections):
            if isinstance(connection, DroppableProtocol) and connection.is_idle:
                connection.transport.abort()
        await asyncio.sleep(0)
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class DroppableProtocol(H11Protocol):
    """Adds the connection to the scope of its requests: ASGI has no word for dropping one."""

    @property
    def is_idle(self) -> bool:
        """Whether no call is being answered on it."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the base class
        """Takes the connection."""
        super().connection_made(transport)
        app = self.app

        async def with_transport(scope: Any, receive: Any, send: Any) -> None:
            scope["extensions"] = {**(scope.get("extensions") or {}), TRANSPORT: transport}
            await app(scope, receive, send)

        self.app = with_transport


async def drop_connection(scope: Scope, receive: Receive) -> None:
    """Closes the request's connection without an answer."""
    scope["extensions"][TRANSPORT].abort()
    while (await receive())["type"] != "http.disconnect":
        pass
