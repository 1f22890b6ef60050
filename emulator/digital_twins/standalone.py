"""One instance by itself, for testing clients: a token that may do everything, and no other part of the local Azure."""

import hmac
import json
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from emulator.clock import Clock
from emulator.counters import Counters
from emulator.digital_twins.errors import Unauthorized
from emulator.digital_twins.instance import API_VERSIONS, PREVIEW_API_VERSIONS, Instance
from emulator.digital_twins.routes import create_app
from emulator.errors import EmulatorError, PortInUse
from emulator.faults import Faults
from emulator.ports import Sockets, listen
from emulator.storage import Storage


class CannotListen(EmulatorError):
    """The port is not to be had."""

    def __init__(self, port: int) -> None:
        super().__init__(
            f"cannot listen on 127.0.0.1:{port} (in use): stop the program that uses the port, "
            "or choose another one with --port"
        )


@dataclass(frozen=True, kw_only=True)
class StandaloneOptions:
    """What the command data-plane was asked for."""

    port: int
    """0 for any free one."""
    token: str
    """The only bearer token that is accepted."""
    certificate: Path | None = None
    """The server's certificate, its key and the authority that clients trust: all three for TLS, none without."""
    key: Path | None = None
    ca_file: Path | None = None
    endpoint_names: tuple[str, ...] = ()
    """Names that event routes may use."""
    blobs: Path | None = None
    """The folder that stands for blob storage."""
    state: Path | None = None
    """The file that keeps the instance; without one it is empty at each start."""


async def serve_standalone(options: StandaloneOptions) -> None:
    """Serves one instance on loopback until a signal ends it.

    Prints one JSON line `{"endpoint","caFile"}` once it answers.

    Raises:
        CannotListen: the port is in use.
    """
    if options.blobs:
        sys.stderr.write("Jobs are not served yet: --blobs has no effect.\n")
    sockets = _listen(options.port)
    storage = Storage(options.state)
    try:
        config = uvicorn.Config(
            create_app(_instance(storage, options)),
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            ssl_certfile=options.certificate,
            ssl_keyfile=options.key,
            timeout_graceful_shutdown=1,
        )
        ready = {
            "endpoint": f"{'https' if options.certificate else 'http'}://localhost:{sockets[0].getsockname()[1]}",
            "caFile": str(options.ca_file) if options.ca_file else None,
        }
        await _AnnouncingServer(config, ready).serve(sockets)
    finally:
        storage.close()


class _AnnouncingServer(uvicorn.Server):
    """Says where it is once it answers."""

    def __init__(self, config: uvicorn.Config, ready: dict[str, str | None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        sys.stdout.write(json.dumps(self._ready) + "\n")
        sys.stdout.flush()


@dataclass(frozen=True)
class _OneToken:
    """The authorizer of the stand-alone instance."""

    token: str

    def authorize(self, authorization: str | None, data_action: str) -> None:  # noqa: ARG002 - all is allowed
        if not hmac.compare_digest((authorization or "").encode(), f"Bearer {self.token}".encode()):
            raise Unauthorized


def _instance(storage: Storage, options: StandaloneOptions) -> Instance:
    return Instance(
        key="standalone",
        storage=storage,
        clock=Clock(),
        faults=Faults(),
        counters=Counters(storage),
        authorizer=_OneToken(options.token),
        api_versions=API_VERSIONS | PREVIEW_API_VERSIONS,
        endpoint_names=frozenset(options.endpoint_names),
    )


def _listen(port: int) -> Sockets:
    try:
        return listen(port, "the instance")
    except PortInUse as error:
        raise CannotListen(port) from error
