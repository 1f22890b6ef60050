"""Calls that fail, and calls that take longer, as the faults say; around the application of each service."""

import asyncio
from collections.abc import Callable

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emulator.faults import FailingCall, Faults
from emulator.serving import drop_connection

DIGITAL_TWINS = "digital-twins"
RESOURCE_MANAGER = "resource-manager"
ENTRA = "entra"
GRAPH = "graph"
BLOB = "blob"
APP_SERVICE = "app-service"
"""A site's front end."""
SCM = "scm"
"""A site's publish endpoint."""

FaultAnswer = Callable[[int, FailingCall], Response]
"""Makes the answer with that status in the shape that the service gives its errors."""


class FaultMiddleware:
    """Lets a call through, late or not at all."""

    def __init__(self, app: ASGIApp, *, service: str, faults: Faults, answer: FaultAnswer) -> None:
        self._app = app
        self._service = service
        self._faults = faults
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one call."""
        if self._service == DIGITAL_TWINS and self._faults.latency > 0:
            await asyncio.sleep(self._faults.latency)
        fault = self._faults.take(self._service, scope["method"], scope["path"])
        if fault is None or fault.when == "after":
            await self._app(scope, receive, _lose if fault else send)
        if fault is None:
            return
        if fault.status is None:
            await drop_connection(scope, receive)
        else:
            await self._answer(fault.status, fault)(scope, receive, send)


async def _lose(_message: Message) -> None:
    """Takes an answer that nobody gets."""
