"""The emulator's data plane in a thread of the test's own process, reached over HTTP by the real client."""

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
import uvicorn

from emulator.clock import Clock
from emulator.counters import TWIN_WRITES, Counters
from emulator.digital_twins.errors import Forbidden, Unauthorized
from emulator.digital_twins.instance import Instance
from emulator.digital_twins.routes import create_app
from emulator.fault_middleware import DIGITAL_TWINS, FaultMiddleware
from emulator.faults import Faults
from emulator.hosts import answer_instance_fault
from emulator.serving import DroppableProtocol
from emulator.storage import Storage
from twin_rbac.role_tags.target import Target

EXAMPLE = Path(__file__).parents[3] / "examples" / "tenants" / "graph.ndjson"
OWNER = "owner"


@dataclass
class TokenTable:
    """Allows a token the data actions that the table gives it; the owner everything."""

    allowed: dict[str, set[str]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    """The data actions that were refused."""
    on_refusal: Callable[[], None] = lambda: None

    def authorize(self, authorization: str | None, data_action: str) -> None:
        token = (authorization or "").removeprefix("Bearer ")
        if token == OWNER:
            return
        if token not in self.allowed:
            raise Unauthorized
        if data_action not in self.allowed[token]:
            self.refused.append(data_action)
            self.on_refusal()
            raise Forbidden(data_action)


@dataclass(frozen=True)
class Emulated:
    """An instance that is served, and everything that a test turns or looks at."""

    instance: Instance
    tokens: TokenTable
    endpoint: str

    @property
    def faults(self) -> Faults:
        return self.instance.faults

    @property
    def clock(self) -> Clock:
        return self.instance.clock

    @property
    def writes(self) -> int:
        """Acknowledged writes of twins so far."""
        return self.instance.counters.value(TWIN_WRITES)

    def target(self, token: str = OWNER) -> Target:
        return Target(endpoint=self.endpoint, token=token)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """What somebody else does, outside our library."""
        answer = requests.request(
            method,
            f"{self.endpoint}{path}",
            params={"api-version": "2023-10-31"},
            json=body,
            headers={"Authorization": f"Bearer {OWNER}", **headers},
            timeout=10,
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def tags(self) -> dict[str, Mapping[str, Any] | None]:
        """The tags of every twin, read by id."""
        rows = self.call("POST", "/query", {"query": "SELECT T.$dtId FROM DIGITALTWINS T"})["value"]
        ids = [row["$dtId"] for row in rows]
        return {twin_id: self.call("GET", f"/digitaltwins/{twin_id}").get("tags") for twin_id in ids}

    def set_tags(self, twin_id: str, tags: Mapping[str, Any]) -> None:
        """Somebody else writes a twin's whole map of tags."""
        self.call("PATCH", f"/digitaltwins/{twin_id}", [{"op": "add", "path": "/tags", "value": tags}])


@pytest.fixture
def emulated() -> Iterator[Emulated]:
    storage, clock, faults, tokens = Storage(), Clock(), Faults(), TokenTable()
    instance = Instance(
        key="test", storage=storage, clock=clock, faults=faults, counters=Counters(storage), authorizer=tokens
    )
    listener = socket.create_server(("127.0.0.1", 0))
    app = FaultMiddleware(create_app(instance), service=DIGITAL_TWINS, faults=faults, answer=answer_instance_fault)
    config = uvicorn.Config(app, http=DroppableProtocol, lifespan="off", log_level="warning", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield Emulated(instance, tokens, f"http://127.0.0.1:{listener.getsockname()[1]}")
    server.should_exit = True
    thread.join(timeout=10)
    listener.close()
    storage.close()


@pytest.fixture
def example() -> Path:
    """The example's graph file."""
    return EXAMPLE
