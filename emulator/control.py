"""The door for tests and for our own commands: faults, the clock, counters, tokens, reset. It exists nowhere else."""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulator.clock import Clock
from emulator.counters import Counters
from emulator.data_plane_access import DIGITAL_TWINS_AUDIENCE
from emulator.entra.directory import Directory, Principal
from emulator.entra.tokens import TokenIssuer
from emulator.errors import EmulatorError, NoGateway
from emulator.fault_file import check_faults
from emulator.faults import Faults

PREFIX = "/_control/"
RESOURCE_MANAGER_AUDIENCE = "https://management.azure.com/"
GATEWAY = "gateway"
_AUDIENCES = {"instance": DIGITAL_TWINS_AUDIENCE, "resource-manager": RESOURCE_MANAGER_AUDIENCE}
AUDIENCE_NAMES = (GATEWAY, *_AUDIENCES)
"""The audiences that have a name; any other text is taken as the audience itself."""


@dataclass(frozen=True, kw_only=True)
class ControlContext:
    """What the door opens onto."""

    token: str
    """The only bearer token that is accepted."""
    clock: Clock
    faults: Faults
    counters: Counters
    directory: Directory
    issuer: TokenIssuer
    find_gateway: Callable[[], str | None]
    """The client id that the gateway's tokens are for; None without a gateway."""
    find_gateway_identity: Callable[[], Principal | None]
    """The identity that the gateway calls Azure with, which is in no directory file; None without a gateway."""
    reset: Callable[[], Awaitable[None]]
    """Forgets all data."""
    status: Callable[[], Mapping[str, Any]]
    """What `python -m emulator status --output json` prints."""


def create_app(context: ControlContext) -> Starlette:
    """The application below PREFIX."""
    control = _Control(context)
    return Starlette(
        routes=[
            Route(f"{PREFIX}faults", control.handler(control.get_faults), methods=["GET"]),
            Route(f"{PREFIX}faults", control.handler(control.put_faults), methods=["PUT"]),
            Route(f"{PREFIX}clock", control.handler(control.advance_clock), methods=["POST"]),
            Route(f"{PREFIX}counters", control.handler(control.get_counters), methods=["GET"]),
            Route(f"{PREFIX}reset", control.handler(control.reset), methods=["POST"]),
            Route(f"{PREFIX}status", control.handler(control.get_status), methods=["GET"]),
            Route(f"{PREFIX}token", control.handler(control.issue_token), methods=["POST"]),
        ]
    )


Operation = Callable[[Request], Awaitable[Mapping[str, Any]]]


class _Control:
    def __init__(self, context: ControlContext) -> None:
        self._context = context

    def handler(self, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
        """The operation for those who know the token; what it raises becomes a 400."""

        async def handle(request: Request) -> Response:
            given = request.headers.get("authorization", "").encode()
            if not hmac.compare_digest(given, f"Bearer {self._context.token}".encode()):
                return JSONResponse({"error": "the bearer token is not that of the local folder's control-token"}, 401)
            try:
                return JSONResponse(await operation(request))
            except (EmulatorError, ValueError, TypeError, KeyError) as exc:
                return JSONResponse({"error": _sentence(exc)}, 400)

        return handle

    async def get_faults(self, _: Request) -> Mapping[str, Any]:
        return self._context.faults.document()

    async def put_faults(self, request: Request) -> Mapping[str, Any]:
        self._context.faults.update(check_faults(await request.json()))
        return self._context.faults.document()

    async def advance_clock(self, request: Request) -> Mapping[str, Any]:
        seconds = float((await request.json())["advance"])
        if not 0 <= seconds < float("inf"):
            raise ValueError(f"advance is {seconds}: give seconds, 0 or more")
        self._context.clock.advance(seconds)
        return {"now": self._context.clock.now().isoformat()}

    async def get_counters(self, _: Request) -> Mapping[str, Any]:
        return self._context.counters.snapshot()

    async def reset(self, _: Request) -> Mapping[str, Any]:
        await self._context.reset()
        return self._context.status()

    async def get_status(self, _: Request) -> Mapping[str, Any]:
        return self._context.status()

    async def issue_token(self, request: Request) -> Mapping[str, Any]:
        document = dict(await request.json())
        principal = self._principal(document["name"])
        audience = self._audience(document.get("audience") or _usual_audience(document["name"], principal))
        self._context.issuer.require_resource(audience)
        claims = dict(document.get("claims", {}))
        return {"token": self._context.issuer.issue(principal, audience, **claims)}

    def _principal(self, name: str) -> Principal:
        if name != GATEWAY:
            return self._context.directory.signed_in(name)
        identity = self._context.find_gateway_identity()
        if identity is None:
            raise NoGateway
        return identity

    def _audience(self, name: str) -> str:
        if name != GATEWAY:
            return _AUDIENCES.get(name, name)
        client_id = self._context.find_gateway()
        if client_id is None:
            raise NoGateway
        return client_id


def _usual_audience(name: str, principal: Principal) -> str:
    # Neither the emulator's owner nor the gateway itself is a caller of the gateway.
    return "instance" if principal.owner or name == GATEWAY else GATEWAY


def _sentence(exc: Exception) -> str:
    return f"{exc.args[0]!r} is missing" if isinstance(exc, KeyError) else str(exc)
