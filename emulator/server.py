"""The emulator as a whole: its parts, wired, in one event loop until it is told to stop."""

import asyncio
import logging
import signal
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from functools import partial
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from emulator import control
from emulator.blob import routes as blob_routes
from emulator.blob.errors import answer_fault as answer_blob_fault
from emulator.control import ControlContext
from emulator.entra import routes as entra_routes
from emulator.entra.directory import Directory, Principal
from emulator.entra.gateway_audience import find_gateway_client_id
from emulator.entra.graph import routes as graph_routes
from emulator.entra.graph.errors import answer_fault as answer_graph_fault
from emulator.fault_middleware import BLOB as BLOB_SERVICE
from emulator.fault_middleware import ENTRA as ENTRA_SERVICE
from emulator.fault_middleware import GRAPH, FaultMiddleware
from emulator.fault_middleware import RESOURCE_MANAGER as RESOURCE_MANAGER_SERVICE
from emulator.faults import Faults
from emulator.home import PRIVATE, Home
from emulator.hosts import Hosts, make_hosts
from emulator.parts import Parts, make_parts
from emulator.ports import BLOB, ENTRA, RESOURCE_MANAGER, Sockets, close, load_ports
from emulator.reset import forget_data
from emulator.resource_manager import routes as resource_manager_routes
from emulator.resource_manager.context import ResourceManagerContext
from emulator.resource_manager.errors import answer_fault as answer_resource_manager_fault
from emulator.serving import RunningServer, start_server
from emulator.storage import Storage

_LOGGER = logging.getLogger(__name__)


async def serve(
    home: Home,
    directory: Directory,
    *,
    faults: Faults | None = None,
    first_port: int | None = None,
    ready: Callable[[], None] = lambda: None,
    stop: asyncio.Event | None = None,
) -> None:
    """Serves the local Azure of a folder until a signal, or `stop`, ends it.

    Args:
        home: the local folder.
        directory: the principals.
        faults: what acts from the start.
        first_port: PORT; None keeps the folder's ports.
        ready: is called once everything answers.
        stop: ends the emulator in place of a signal, for one that runs in a thread.

    Raises:
        AlreadyRunning: another emulator serves the folder.
        PortInUse, NoFreePort: a service cannot listen; nothing was changed.
    """
    ending = stop or _until_signal()
    with home.hold(), ExitStack() as opened:
        ports = load_ports(home, first=first_port)
        sockets: dict[str, Sockets] = {}
        for name in (RESOURCE_MANAGER, ENTRA, BLOB):
            sockets[name] = ports.listen_service(name)
            opened.callback(close, sockets[name])
        storage = opened.enter_context(closing(_open_storage(home)))
        parts = make_parts(home, directory, ports, storage, faults or Faults())
        hosts = make_hosts(parts)
        kept = hosts.listen()
        ports.save()
        servers: list[RunningServer] = []
        try:
            await hosts.serve(kept)
            for name, app in _services(parts, hosts).items():
                servers.append(await start_server(app, sockets[name], parts.certificates))
            _LOGGER.info("Resource Manager at https://localhost:%d", ports.services[RESOURCE_MANAGER])
            ready()
            await ending.wait()
        finally:
            await asyncio.gather(hosts.close(), *(server.stop() for server in servers))


def _open_storage(home: Home) -> Storage:
    # It holds the key that signs tokens.
    home.state_file.touch(mode=PRIVATE)
    return Storage(home.state_file)


def _services(parts: Parts, hosts: Hosts) -> Mapping[str, ASGIApp]:
    identities = parts.home.make_identities(parts.directory.sign_in_names)
    entra_app = entra_routes.create_app(
        issuer=parts.issuer,
        directory=parts.directory,
        clock=parts.clock,
        secrets=identities,
        sites=hosts.identities,
        authority_url=parts.authority,
    )
    graph_app = graph_routes.create_app(
        storage=parts.storage, directory=parts.directory, issuer=parts.issuer, clock=parts.clock
    )
    manager_app = resource_manager_routes.create_app(
        ResourceManagerContext(
            storage=parts.storage,
            clock=parts.clock,
            faults=parts.faults,
            directory=parts.directory,
            access=parts.access,
            authenticate=parts.authenticate,
            instances=hosts.instances,
            sites=hosts.sites,
            blobs=hosts.blobs,
        )
    )
    manager = FaultMiddleware(
        manager_app, service=RESOURCE_MANAGER_SERVICE, faults=parts.faults, answer=answer_resource_manager_fault
    )
    return {
        RESOURCE_MANAGER: _Beside(manager, control.PREFIX, _control_app(parts, hosts)),
        ENTRA: _Beside(
            FaultMiddleware(entra_app, service=ENTRA_SERVICE, faults=parts.faults, answer=entra_routes.answer_fault),
            f"{graph_routes.PREFIX}/",
            FaultMiddleware(graph_app, service=GRAPH, faults=parts.faults, answer=answer_graph_fault),
        ),
        BLOB: FaultMiddleware(
            blob_routes.create_app(hosts.blobs.store, hosts.blobs.access),
            service=BLOB_SERVICE,
            faults=parts.faults,
            answer=answer_blob_fault,
        ),
    }


def _control_app(parts: Parts, hosts: Hosts) -> ASGIApp:
    async def reset() -> None:
        await hosts.stop_all()
        forget_data(parts.storage, parts.home)
        parts.clock.reset()

    return control.create_app(
        ControlContext(
            token=parts.home.control_token,
            clock=parts.clock,
            faults=parts.faults,
            counters=parts.counters,
            directory=parts.directory,
            issuer=parts.issuer,
            find_gateway=partial(find_gateway_client_id, parts.storage),
            find_gateway_identity=partial(_gateway_identity, hosts),
            reset=reset,
            status=partial(_status, parts, hosts),
        )
    )


def _gateway_identity(hosts: Hosts) -> Principal | None:
    site_id = next(iter(hosts.sites.hosts), None)
    return None if site_id is None else hosts.identities.first_of(site_id)


def _status(parts: Parts, hosts: Hosts) -> Mapping[str, Any]:
    instances, sites = hosts.instances.host_names.values(), hosts.sites.hosts.values()
    return {
        "running": True,
        "resourceManager": f"https://localhost:{parts.ports.services[RESOURCE_MANAGER]}",
        "digitalTwinsEndpoint": next((f"https://{host_name}" for host_name in instances), None),
        "gatewayEndpoint": next((f"https://{site.site}" for site in sites), None),
        "caFile": str(parts.certificates.bundle),
        "counters": parts.counters.snapshot(),
    }


class _Beside:
    """Serves what is below a prefix on the port of another application."""

    def __init__(self, app: ASGIApp, prefix: str, below: ASGIApp) -> None:
        self._app = app
        self._prefix = prefix
        self._below = below

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._below if scope["path"].startswith(self._prefix) else self._app
        await app(scope, receive, send)


def _until_signal() -> asyncio.Event:
    ending = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    return ending
