"""Applications served over TLS on loopback by a thread, and an Azure in one of them for the gateway's own clients."""

import asyncio
import threading
import time
from collections.abc import Coroutine, Iterable, Mapping
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.clock import Clock
from emulator.counters import Counters
from emulator.digital_twins.errors import Unauthorized
from emulator.digital_twins.instance import TWINS, Instance
from emulator.digital_twins.routes import create_app
from emulator.faults import Faults
from emulator.ports import listen
from emulator.serving import RunningServer, start_server
from emulator.storage import Storage
from emulator.tls import Certificates, make_certificates
from tests.twin_rbac.gateway.world import NOON, TENANT, FakeEntra, FakeResourceManager, TestClock, jwk_of

IDENTITY_CLIENT = "33333333-3333-3333-3333-333333333333"
SECRET = "secret-of-the-identity-endpoint"


class Servers:
    """A thread with an event loop that serves applications."""

    def __init__(self, folder: Path) -> None:
        self.certificates: Certificates = make_certificates(folder)
        self._loop = asyncio.new_event_loop()
        self._servers: list[RunningServer] = []
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def serve(self, app: ASGIApp) -> str:
        """The address at which the application answers from now on."""
        sockets = listen(0, "a test")
        self._servers.append(self.run(start_server(app, sockets, self.certificates)))
        return f"https://localhost:{sockets[0].getsockname()[1]}"

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Does something in the servers' loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=30)

    def stop(self) -> None:
        for server in self._servers:
            self.run(server.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()


class Azure:
    """Entra ID, the managed-identity endpoint, Resource Manager and an instance at one address."""

    def __init__(self, twins: Iterable[Mapping[str, Any]]) -> None:
        self.address = ""
        self.clock = TestClock()
        self.clock.advance(time.time() - NOON)
        self.entra = FakeEntra(self.clock)
        self.resource_manager = FakeResourceManager()
        self.faults = Faults()
        self.tokens_asked: list[Mapping[str, str]] = []
        self.instance_paths: list[str] = []
        self._storage = Storage()
        instance = Instance(
            key="test",
            storage=self._storage,
            clock=Clock(),
            faults=self.faults,
            counters=Counters(self._storage),
            authorizer=_OnlyTheGateway(),
        )
        for twin in twins:
            self._storage.put(instance.kind(TWINS), twin["$dtId"], twin)
        self._instance = create_app(instance)

    def close(self) -> None:
        self._storage.close()

    def token(self, object_id: str, **claims: Any) -> str:
        """A user's token for the gateway, good now."""
        return self.entra.token(object_id, **{"iss": f"{self.address}/{TENANT}/v2.0", **claims})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if scope["path"].startswith(("/digitaltwins", "/query")):
            self.instance_paths.append(scope["raw_path"].decode())
            await self._instance(scope, receive, send)
        else:
            await (await self._answer(request))(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        path = request.url.path
        if path == "/msi/token":
            return self._give_token(request)
        if path == f"/{TENANT}/v2.0/.well-known/openid-configuration":
            keys = f"{self.address}/{TENANT}/discovery/v2.0/keys"
            return JSONResponse({"issuer": f"{self.address}/{TENANT}/v2.0", "jwks_uri": keys})
        if path == f"/{TENANT}/discovery/v2.0/keys":
            return JSONResponse({"keys": [jwk_of("current")]})
        return await self._list_assignments(request)

    def _give_token(self, request: Request) -> Response:
        self.tokens_asked.append(dict(request.query_params))
        assert request.headers["x-identity-header"] == SECRET
        resource = request.query_params["resource"]
        answer = {"expires_on": "9999999999", "resource": resource, "token_type": "Bearer"}
        return JSONResponse({"access_token": f"token-for-{resource}", **answer})

    async def _list_assignments(self, request: Request) -> Response:
        assert request.headers["authorization"] == "Bearer token-for-https://management.azure.com"
        assert request.query_params["$filter"] == "atScope()"
        if self.resource_manager.is_down:
            return JSONResponse({"error": {"code": "InternalServerError", "message": "down"}}, 403)
        found = list(await self.resource_manager.list_assignments())
        # Two pages, the first with one assignment.
        if "skip" in request.query_params:
            return JSONResponse({"value": found[1:]})
        return JSONResponse({"value": found[:1], "nextLink": f"{request.url}&skip=1"})


class _OnlyTheGateway:
    def authorize(self, authorization: str | None, data_action: str) -> None:
        if authorization != "Bearer token-for-https://digitaltwins.azure.net":
            raise Unauthorized
