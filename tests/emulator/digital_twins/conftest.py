"""An instance in the test's own process: through the real client, or byte by byte."""

import asyncio
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import requests
import urllib3
from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import RequestsTransport
from azure.digitaltwins.core import DigitalTwinsClient
from requests.adapters import HTTPAdapter
from starlette.types import Message

from emulator.clock import Clock
from emulator.counters import Counters
from emulator.digital_twins.errors import Forbidden, SubDomainNotFound, Unauthorized
from emulator.digital_twins.instance import Instance
from emulator.digital_twins.routes import create_app
from emulator.faults import Faults
from emulator.storage import Storage

HOST = "instance.example"
ALL = "everything"
_MODELS = json.loads((Path(__file__).parent / "models.json").read_text())


@dataclass
class TableAuthorizer:
    """Allows a token what the table says; `foreign` is a token of another tenant."""

    allowed: dict[str, set[str]] = field(default_factory=lambda: {"all": {ALL}, "foreign": set()})

    def authorize(self, authorization: str | None, data_action: str) -> None:
        token = (authorization or "").removeprefix("Bearer ")
        if token not in self.allowed:
            raise Unauthorized
        if token == "foreign":
            raise SubDomainNotFound
        if not self.allowed[token] & {ALL, data_action}:
            raise Forbidden(data_action)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    """By name in lower case."""
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> Any:
        return self.json()["error"]


@dataclass(frozen=True)
class Emulated:
    """One instance and everything that a test turns or looks at."""

    instance: Instance
    authorizer: TableAuthorizer
    app: Any

    @property
    def faults(self) -> Faults:
        return self.instance.faults

    @property
    def clock(self) -> Clock:
        return self.instance.clock

    def count(self, name: str) -> int:
        return self.instance.counters.value(name)

    def request(
        self,
        method: str,
        target: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        token: str | None = "all",
        version: str | None = "2023-10-31",
    ) -> Answer:
        """Sends one request; `body` goes as JSON unless it is bytes already."""
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        given = {"Host": HOST, **({"Authorization": f"Bearer {token}"} if token else {}), **(headers or {})}
        if version:
            target += f"{'&' if '?' in target else '?'}api-version={version}"
        return self.send(method, target, given, data)

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        raw_path, _, query = target.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "https",
            "path": unquote(raw_path),
            "raw_path": raw_path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        }
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        asyncio.run(self.app(scope, receive, send))
        start = sent[0]
        return Answer(
            start["status"],
            {name.decode(): value.decode() for name, value in start["headers"]},
            b"".join(message.get("body", b"") for message in sent[1:]),
        )

    def client(self, token: str = "all") -> DigitalTwinsClient:
        """The SDK's client, signed in with that token."""
        session = requests.Session()
        session.mount("https://", _InProcess(self))
        transport = RequestsTransport(session=session)
        return DigitalTwinsClient(f"https://{HOST}", _Credential(token), transport=transport, retry_total=0)


@dataclass(frozen=True)
class _Credential:
    token: str

    def get_token(self, *scopes: str, **kwargs: Any) -> AccessToken:
        return AccessToken(self.token, 4_000_000_000)


class _InProcess(HTTPAdapter):
    def __init__(self, emulated: Emulated) -> None:
        super().__init__()
        self._emulated = emulated

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        given: Any = request.body or b""
        body = given.encode() if isinstance(given, str) else given if isinstance(given, bytes) else given.read()
        headers = {"Host": HOST, **{name: str(value) for name, value in request.headers.items()}}
        answer = self._emulated.send(str(request.method), str(request.path_url), headers, body)
        raw = urllib3.HTTPResponse(
            io.BytesIO(answer.body), headers=dict(answer.headers), status=answer.status, preload_content=False
        )
        return self.build_response(request, raw)


def _emulate(storage: Storage) -> Emulated:
    authorizer = TableAuthorizer()
    instance = Instance(
        key="/subscriptions/s/instances/one",
        storage=storage,
        clock=Clock(),
        faults=Faults(),
        counters=Counters(storage),
        authorizer=authorizer,
    )
    return Emulated(instance, authorizer, create_app(instance))


@pytest.fixture
def emulated() -> Iterator[Emulated]:
    """An empty instance."""
    storage = Storage()
    yield _emulate(storage)
    storage.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Emulated]]:
    """Starts the instance of one state file, again and again."""
    opened: list[Storage] = []

    def begin() -> Emulated:
        for storage in opened:
            storage.close()
        opened[:] = [Storage(tmp_path / "state.sqlite")]
        return _emulate(opened[0])

    yield begin
    for storage in opened:
        storage.close()


@pytest.fixture
def house(emulated: Emulated) -> Emulated:
    """An instance with the models of models.json."""
    assert emulated.request("POST", "/models", _MODELS).status == 201
    return emulated


@pytest.fixture
def room(house: Emulated) -> str:
    """The id of a Room with a temperature in that house."""
    body = {"$metadata": {"$model": "dtmi:samples:Room;1"}, "Temperature": 80}
    assert house.request("PUT", "/digitaltwins/room", body).status == 200
    return "room"
