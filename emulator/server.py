"""The emulator as a whole: its parts, wired, in one event loop until it is told to stop."""

import asyncio
import logging
import signal
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from emulator import control
from emulator.clock import Clock
from emulator.control import ControlContext
from emulator.counters import Counters
from emulator.data_plane_access import DataPlaneAccess
from emulator.digital_twins.call import answer_error
from emulator.digital_twins.errors import error_of_fault
from emulator.digital_twins.instance import Instance
from emulator.digital_twins.routes import create_app as create_instance_app
from emulator.entra import routes as entra_routes
from emulator.entra.directory import Directory
from emulator.entra.errors import InvalidToken
from emulator.entra.tokens import TokenIssuer
from emulator.fault_middleware import DIGITAL_TWINS, FaultMiddleware
from emulator.fault_middleware import ENTRA as ENTRA_SERVICE
from emulator.fault_middleware import RESOURCE_MANAGER as RESOURCE_MANAGER_SERVICE
from emulator.faults import FailingCall, Faults
from emulator.home import PRIVATE, Home
from emulator.instance_host import LocalInstanceHost
from emulator.kept_instances import kept_instances, record_host_name
from emulator.ports import ENTRA, RESOURCE_MANAGER, Ports, Sockets, close, load_ports
from emulator.reset import forget_data
from emulator.resource_manager import routes as resource_manager_routes
from emulator.resource_manager.authorization import AccessControl
from emulator.resource_manager.context import ResourceManagerContext
from emulator.resource_manager.errors import answer_fault as answer_resource_manager_fault
from emulator.serving import RunningServer, start_server
from emulator.storage import Storage
from emulator.tls import Certificates, make_certificates

_AUDIENCES = frozenset({"https://management.azure.com", "https://management.azure.com/"})
_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class _Parts:
    """What the services share."""

    home: Home
    directory: Directory
    ports: Ports
    certificates: Certificates
    storage: Storage
    clock: Clock
    counters: Counters
    faults: Faults
    issuer: TokenIssuer
    access: AccessControl


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
        for name in (RESOURCE_MANAGER, ENTRA):
            sockets[name] = ports.listen_service(name)
            opened.callback(close, sockets[name])
        storage = opened.enter_context(closing(_open_storage(home)))
        parts = _make_parts(home, directory, ports, storage, faults or Faults())
        host = _make_host(parts)
        kept = host.listen(kept_instances(storage))
        ports.save()
        servers: list[RunningServer] = []
        try:
            await host.serve(kept)
            for resource_id, host_name in host.host_names.items():
                record_host_name(storage, resource_id, host_name)
            for name, app in _services(parts, host).items():
                servers.append(await start_server(app, sockets[name], parts.certificates))
            _LOGGER.info("Resource Manager at https://localhost:%d", ports.services[RESOURCE_MANAGER])
            ready()
            await ending.wait()
        finally:
            await asyncio.gather(host.close(), *(server.stop() for server in servers))


def _open_storage(home: Home) -> Storage:
    # It holds the key that signs tokens.
    home.state_file.touch(mode=PRIVATE)
    return Storage(home.state_file)


def _make_parts(home: Home, directory: Directory, ports: Ports, storage: Storage, faults: Faults) -> _Parts:
    clock = Clock()
    authority = f"https://localhost:{ports.services[ENTRA]}"
    return _Parts(
        home=home,
        directory=directory,
        ports=ports,
        certificates=make_certificates(home.tls_folder),
        storage=storage,
        clock=clock,
        counters=Counters(storage),
        faults=faults,
        issuer=TokenIssuer(storage, clock, directory, authority),
        access=AccessControl(storage, clock, faults, directory),
    )


def _make_host(parts: _Parts) -> LocalInstanceHost:
    def make_app(resource_id: str) -> ASGIApp:
        access = DataPlaneAccess(parts.issuer, parts.access, tenant_id=parts.directory.tenant_id, scope=resource_id)
        instance = Instance(
            key=resource_id.lower(),
            storage=parts.storage,
            clock=parts.clock,
            faults=parts.faults,
            counters=parts.counters,
            authorizer=access,
        )
        app = create_instance_app(instance)
        return FaultMiddleware(app, service=DIGITAL_TWINS, faults=parts.faults, answer=_answer_instance_fault)

    return LocalInstanceHost(
        storage=parts.storage, ports=parts.ports, certificates=parts.certificates, make_app=make_app
    )


def _services(parts: _Parts, host: LocalInstanceHost) -> Mapping[str, ASGIApp]:
    identities = parts.home.make_identities(parts.directory.sign_in_names)
    entra_app = entra_routes.create_app(
        issuer=parts.issuer,
        directory=parts.directory,
        clock=parts.clock,
        secrets=identities,
        authority_url=f"https://localhost:{parts.ports.services[ENTRA]}",
    )
    manager_app = resource_manager_routes.create_app(
        ResourceManagerContext(
            storage=parts.storage,
            clock=parts.clock,
            faults=parts.faults,
            directory=parts.directory,
            access=parts.access,
            authenticate=partial(_authenticate, parts),
            instances=host,
        )
    )
    manager = FaultMiddleware(
        manager_app, service=RESOURCE_MANAGER_SERVICE, faults=parts.faults, answer=answer_resource_manager_fault
    )
    return {
        RESOURCE_MANAGER: _Beside(manager, _control_app(parts, host)),
        ENTRA: FaultMiddleware(entra_app, service=ENTRA_SERVICE, faults=parts.faults, answer=entra_routes.answer_fault),
    }


def _authenticate(parts: _Parts, authorization: str | None) -> str:
    """Who calls Resource Manager, by object id."""
    claims = parts.issuer.validate_header(authorization, _AUDIENCES)
    if claims.tenant_id != parts.directory.tenant_id:
        raise InvalidToken("the token is of another tenant than the subscription's")
    return claims.object_id


def _control_app(parts: _Parts, host: LocalInstanceHost) -> ASGIApp:
    async def reset() -> None:
        await host.stop_all()
        forget_data(parts.storage, parts.home.state_file)
        parts.clock.reset()

    return control.create_app(
        ControlContext(
            token=parts.home.control_token,
            clock=parts.clock,
            faults=parts.faults,
            counters=parts.counters,
            directory=parts.directory,
            issuer=parts.issuer,
            reset=reset,
            status=partial(_status, parts, host),
        )
    )


def _status(parts: _Parts, host: LocalInstanceHost) -> Mapping[str, Any]:
    return {
        "running": True,
        "resourceManager": f"https://localhost:{parts.ports.services[RESOURCE_MANAGER]}",
        "digitalTwinsEndpoint": next((f"https://{host_name}" for host_name in host.host_names.values()), None),
        "gatewayEndpoint": None,
        "caFile": str(parts.certificates.bundle),
        "counters": parts.counters.snapshot(),
    }


class _Beside:
    """Serves the control interface on the port of another application."""

    def __init__(self, app: ASGIApp, control_app: ASGIApp) -> None:
        self._app = app
        self._control_app = control_app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._control_app if scope["path"].startswith(control.PREFIX) else self._app
        await app(scope, receive, send)


def _answer_instance_fault(status: int, fault: FailingCall) -> Response:
    return answer_error(error_of_fault(status=status, code=fault.code, retry_after=fault.retry_after))


def _until_signal() -> asyncio.Event:
    ending = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    return ending
