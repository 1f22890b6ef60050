"""The emulator's data plane in a process of its own, which counts the writes of each twin and can be set back.

`python -m tests.crash.world` prints its endpoint when it answers, and ends with its standard input.
"""

import asyncio
import json
import os
import socket
import sys
import threading
from collections import Counter
from typing import Any
from urllib.parse import unquote

import uvicorn
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emulator.clock import Clock
from emulator.counters import Counters
from emulator.digital_twins.instance import MODELS, TWINS, Instance
from emulator.digital_twins.routes import create_app
from emulator.faults import Faults
from emulator.storage import Document, Storage

WRITE_LATENCY = 0.02


class _Everyone:
    """Allows everything: what is tested here is no access."""

    def authorize(self, authorization: str | None, data_action: str) -> None:
        pass


class World:
    """The instance, and what the harness asks about it below the path `/-/`."""

    def __init__(self) -> None:
        self._kept: dict[str, list[tuple[str, Document]]] = {}
        self._set_back()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/-/"):
            await self._answer(scope["path"])(scope, receive, send)
            return
        await self._app(scope, receive, self._counting(scope, send))

    def _counting(self, scope: Scope, send: Send) -> Send:
        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start" and scope["method"] == "PATCH" and message["status"] == 204:
                self._writes[unquote(scope["path"].rsplit("/", 1)[-1])] += 1
            await send(message)

        return counting

    def _answer(self, path: str) -> JSONResponse:
        match path:
            case "/-/writes":
                return JSONResponse(self._writes)
            case "/-/twins":
                return JSONResponse({twin_id: _plain(twin) for twin_id, twin in self._storage.items(self._twins)})
            case "/-/keep":
                self._kept = {kind: self._storage.items(kind) for kind in (self._models, self._twins)}
                self._writes.clear()
            case "/-/reset":
                self._set_back()
        return JSONResponse({})

    def _set_back(self) -> None:
        self._storage = Storage()
        for kind, documents in self._kept.items():
            for key, document in documents:
                self._storage.put(kind, key, document)
        self._writes: Counter[str] = Counter()
        instance = Instance(
            key="crash",
            storage=self._storage,
            clock=Clock(),
            faults=Faults(write_latency=WRITE_LATENCY),
            counters=Counters(self._storage),
            authorizer=_Everyone(),
        )
        self._models, self._twins = instance.kind(MODELS), instance.kind(TWINS)
        self._app: ASGIApp = create_app(instance)


def _plain(document: Document) -> dict[str, Any]:
    """A twin's properties."""
    return {name: document[name] for name in ("floor", "tags", "marks") if name in document}


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(World(), lifespan="off", log_level="warning", access_log=False)
    sys.stdout.write(json.dumps({"endpoint": f"http://127.0.0.1:{listener.getsockname()[1]}"}) + "\n")
    sys.stdout.flush()
    threading.Thread(target=_end_with_the_input, daemon=True).start()
    asyncio.run(uvicorn.Server(config).serve([listener]))


def _end_with_the_input() -> None:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
