"""The gateway as an ASGI application: who calls, what for, may they, and what do they get.

A call is told nothing, not even whether its path exists, before its token is found right; only /healthz is open.
"""

import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from twin_rbac.gateway.errors import InvalidToken, KeysUnavailable
from twin_rbac.gateway.handlers import Instance, Reader
from twin_rbac.gateway.health import OK, Readiness, health, read_package_hash, readiness_without_keys
from twin_rbac.gateway.identity import Caller, TokenValidator
from twin_rbac.gateway.keys import Keys
from twin_rbac.gateway.limits import Concurrency, Effort, Gate
from twin_rbac.gateway.logs import log_call, log_failure, quieten
from twin_rbac.gateway.pages import Pages, ProcessKeys
from twin_rbac.gateway.requests import read_api_version, read_query
from twin_rbac.gateway.responses import Answer, answer_to, answered, send_answer, unauthorized, write_body
from twin_rbac.gateway.roles import Roles
from twin_rbac.gateway.routes import Kind, Route, check_verb, find_route
from twin_rbac.gateway.settings import Settings
from twin_rbac.gateway.upstream import Upstream

_ROOT = Path(__file__).parents[2]
"""The package's root; in a checkout that of the checkout, where there is no package."""


class Asked(Protocol):
    """Whom the gateway asks; `Upstream` in Azure."""

    async def open_instance(self) -> Instance:
        """The client of the instance."""

    async def list_assignments(self) -> Iterable[Mapping[str, Any]]:
        """The role assignments at and above the instance."""

    async def fetch_document(self, address: str) -> Any:
        """A JSON document of Entra ID."""

    async def close(self) -> None:
        """Closes what was opened."""


@dataclass(frozen=True, kw_only=True)
class Clocks:
    """What tells the time."""

    now: Callable[[], float] = time.time
    """Seconds since 1970, for what others wrote a time into."""
    monotonic: Callable[[], float] = time.monotonic
    """Seconds that only go forward, for how old something is."""


def create_app(environment: Mapping[str, str]) -> "Gateway":
    """The gateway of the environment's settings; nothing is opened yet.

    Raises:
        SettingsInvalid: a setting is missing or wrong.
    """
    quieten()
    settings = Settings.from_environment(environment)
    return Gateway(settings, Upstream(settings), package=read_package_hash(_ROOT))


@dataclass(kw_only=True)
class _Call:
    """One call while it is answered."""

    request: Request
    route: Route
    request_id: str
    caller: Caller | None = None


class Gateway:
    """The application."""

    def __init__(
        self,
        settings: Settings,
        asked: Asked,
        *,
        clocks: Clocks = Clocks(),  # immutable
        concurrency: Concurrency = Concurrency(),  # noqa: B008  # immutable
        package: str | None = None,
    ) -> None:
        self._settings = settings
        self._asked = asked
        self._clocks = clocks
        self._package = package
        self._gate = Gate(concurrency)
        self._validator = TokenValidator(
            Keys(asked.fetch_document, issuer=settings.issuer, clock=clocks.monotonic),
            issuer=settings.issuer,
            tenant_id=settings.tenant_id,
            audiences=settings.audiences,
            now=clocks.now,
        )
        self._roles = Roles(
            asked.list_assignments,
            settings.marker_roles,
            instance_id=settings.instance_id,
            clock=clocks.monotonic,
        )
        self._reader = Reader(
            open_instance=asked.open_instance,
            policy=settings.policy,
            instance_id=settings.instance_id,
            pages=Pages(ProcessKeys(), now=clocks.now),
            effort=Effort(clocks.monotonic),
        )
        self._readiness = Readiness(self._roles, asked.open_instance, clock=clocks.monotonic)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one call, or the start and end of the application."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Answers the server's start and end; whatever is needed is opened by the first call that needs it."""
        while (await receive())["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        await self._asked.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = self._clocks.monotonic()
        call = _Call(request=Request(scope, receive), route=find_route(scope), request_id=str(uuid.uuid4()))
        try:
            answer = await self._answer(call)
            body = write_body(answer)
        except Exception as error:
            answer = self._answer_to(error, call)
            body = write_body(answer)
        await send_answer(answer, body, send, request_id=call.request_id)
        log_call(
            route=call.route.kind,
            answer=answer,
            caller=call.caller,
            seconds=self._clocks.monotonic() - started,
            request_id=call.request_id,
        )

    def _answer_to(self, error: Exception, call: _Call) -> Answer:
        if isinstance(error, InvalidToken):
            return unauthorized(error, authority=self._settings.authority, client_id=self._settings.client_id)
        if isinstance(error, KeysUnavailable) and call.route.kind is Kind.READINESS:
            return answered(readiness_without_keys(), status=503, reason="not-ready")
        answer = answer_to(error)
        if answer.status >= 500:
            log_failure(error, route=call.route.kind, request_id=call.request_id)
        return answer

    async def _answer(self, call: _Call) -> Answer:
        if call.route.kind is Kind.HEALTH:
            check_verb(call.route.kind, call.request.method)
            return answered(health(self._package), reason="healthy")
        with self._gate.enter():
            # The caller is who the token says, whatever other headers say.
            call.caller = await self._validator.identify(call.request.headers.getlist("authorization"))
            with self._gate.enter_as(call.caller.object_id):
                check_verb(call.route.kind, call.request.method)
                return await self._read(call.request, call.route, call.caller)

    async def _read(self, request: Request, route: Route, caller: Caller) -> Answer:
        if route.kind is Kind.READINESS:
            document = await self._readiness.check()
            ready = document["status"] == OK
            return answered(document, status=200 if ready else 503, reason="ready" if ready else "not-ready")
        if route.kind is Kind.QUERY:
            query = await read_query(request)
            page = await self._reader.query(caller, await self._roles.of(caller), query)
            return answered(page, reason="answered")
        # check_verb lets nothing else pass.
        api_version = read_api_version(request)
        (twin_id,) = route.ids
        twin = await self._reader.get_twin(await self._roles.of(caller), twin_id, api_version=api_version)
        return answered(twin, reason="answered", etag=twin.get("$etag"))
