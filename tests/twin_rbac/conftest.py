"""An instance made of dictionaries, served over HTTP on loopback, for what the emulator does not do on demand."""

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from azure.core.credentials import AccessToken

TOKEN = "token-of-the-test"


@dataclass(frozen=True)
class Received:
    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Scripted:
    """What the instance answers in place of serving a call; status None drops the connection."""

    status: int | None
    document: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    served_first: bool = False
    """Whether the call is carried out all the same, so that only its answer is lost."""


class FakeInstance:
    """Twins, models and relationships with etags; remembers every call."""

    def __init__(self) -> None:
        self.twins: dict[str, dict[str, Any]] = {}
        self.index: dict[str, dict[str, Any]] | None = None
        """What queries see, when that is not what the twins are."""
        self.models: dict[str, Any] = {}
        self.relationships: dict[tuple[str, str], Any] = {}
        self.received: list[Received] = []
        self.script: list[Scripted] = []
        self.writes_left: int | None = None
        """How many writes are served until they all fail."""
        self.endpoint = ""
        self._etags = 0

    def put(self, twin_id: str, **properties: Any) -> None:
        self._etags += 1
        self.twins[twin_id] = {"$dtId": twin_id, "$etag": f'W/"{self._etags}"', **properties}

    def refuse_writes_after(self, count: int | None) -> None:
        self.writes_left = count

    def tags(self) -> dict[str, Any]:
        return {twin_id: twin.get("tags") for twin_id, twin in self.twins.items()}

    def calls(self, method: str) -> list[Received]:
        return [call for call in self.received if call.method == method]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        text = await request.text()
        body = json.loads(text) if text else None
        self.received.append(Received(request.method, request.raw_path, dict(request.headers), body))
        if self.script:
            answer = self.script.pop(0)
            if answer.served_first:
                self._serve(request, body)
            if answer.status is None:
                assert request.transport is not None
                request.transport.close()
                return web.Response()
            return web.json_response(answer.document, status=answer.status, headers=answer.headers)
        return self._serve(request, body)

    def _serve(self, request: web.Request, body: Any) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"statusCode": 401, "message": "Unauthorized"}, status=401)
        segments = [segment for segment in request.rel_url.raw_parts if segment != "/"]
        decoded = [re.sub("%([0-9A-F]{2})", lambda match: chr(int(match[1], 16)), part) for part in segments]
        match request.method, decoded:
            case "POST", ["query"]:
                return self._query(body)
            case "GET", ["digitaltwins", twin_id]:
                return web.json_response(self.twins[twin_id]) if twin_id in self.twins else self._not_found(twin_id)
            case "PUT", ["digitaltwins", twin_id]:
                return self._create(self.twins, twin_id, {"$dtId": twin_id, **body})
            case "PATCH", ["digitaltwins", twin_id]:
                return self._patch(twin_id, body, request.headers["If-Match"])
            case "PUT", ["digitaltwins", source_id, "relationships", relationship_id]:
                return self._create(self.relationships, (source_id, relationship_id), body)
            case "GET", ["models"]:
                return web.json_response({"value": [{"id": key} for key in self.models], "nextLink": None})
            case "POST", ["models"]:
                self.models |= {model["@id"]: model for model in body}
                return web.json_response([], status=201)
        return self._error(404, "NotFound", "no such route")

    def _query(self, body: Any) -> web.Response:
        twins = self.twins if self.index is None else self.index
        rows = list(twins.values())
        if "continuationToken" not in body:
            self._condition = body["query"].split(" WHERE ")[1]
        if self._condition.startswith("T.$dtId IN ["):
            wanted = re.findall(r"'((?:[^'\\]|\\.)*)'", self._condition)
            rows = [row for row in rows if row["$dtId"] in {re.sub(r"\\(.)", r"\1", text) for text in wanted}]
        else:
            assert self._condition == "IS_DEFINED(T.tags.role)"
            rows = [row for row in rows if "role" in row.get("tags", {})]
        start = int(body.get("continuationToken", "0"))
        columns = ("$dtId", "$etag", "tags")
        page = [{name: row[name] for name in columns if name in row} for row in rows[start : start + 2]]
        token = str(start + 2) if start + 2 < len(rows) else None
        return web.json_response({"value": page, "continuationToken": token})

    def _create(self, there: dict[Any, Any], key: Any, body: Any) -> web.Response:
        if key in there:
            return self._error(412, "PreconditionFailed", "If-None-Match: * header was specified but …")
        self._etags += 1
        there[key] = {**body, "$etag": f'W/"{self._etags}"'}
        return web.json_response(there[key])

    def _patch(self, twin_id: str, patch: list[Any], if_match: str) -> web.Response:
        twin = self.twins.get(twin_id)
        if twin is None:
            return self._not_found(twin_id)
        if self.writes_left is not None:
            if self.writes_left == 0:
                return self._error(400, "TwinLimitReached", "no more today")
            self.writes_left -= 1
        if if_match != twin["$etag"]:
            return self._error(412, "PreconditionFailed", "The provided etag … doesn't match")
        changed = dict(twin)
        for item in patch:
            *parents, last = item["path"].split("/")[1:]
            holder = changed
            for name in parents:
                if name not in holder:
                    return self._error(400, "JsonPatchInvalid", f"{name} does not exist on component")
                holder[name] = dict(holder[name])
                holder = holder[name]
            if item["op"] == "remove":
                del holder[last]
            else:
                holder[last] = item["value"]
        self.put(twin_id, **{name: value for name, value in changed.items() if name[0] != "$"})
        return web.Response(status=204, headers={"ETag": self.twins[twin_id]["$etag"]})

    def _not_found(self, twin_id: str) -> web.Response:
        return self._error(404, "DigitalTwinNotFound", f"There is no digital twin instance … {twin_id}")

    def _error(self, status: int, code: str, message: str) -> web.Response:
        return web.json_response({"error": {"code": code, "message": message}}, status=status)


class GivenCredential:
    """A credential with one token; counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def get_token(self, *scopes: str, **_options: Any) -> AccessToken:
        self.asked += scopes
        return AccessToken(TOKEN, 9_999_999_999)

    async def close(self) -> None:
        pass

    async def __aenter__(self) -> "GivenCredential":
        return self

    async def __aexit__(self, *_exception: object) -> None:
        pass


class FakeTime:
    """A clock that moves only when someone sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


@pytest.fixture
def instance() -> Iterator[FakeInstance]:
    fake = FakeInstance()
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    application = web.Application()
    application.router.add_route("*", "/{tail:.*}", fake.handle)
    runner = web.AppRunner(application, handle_signals=False)

    async def start() -> None:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        fake.endpoint = f"http://127.0.0.1:{runner.addresses[0][1]}"
        ready.set()

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(start(), loop).result(timeout=10)
    ready.wait(timeout=10)
    yield fake
    asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(timeout=10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(timeout=10)
    loop.close()


@pytest.fixture
def credential() -> GivenCredential:
    return GivenCredential()


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def scripted() -> type[Scripted]:
    return Scripted


@pytest.fixture
def token() -> str:
    return TOKEN
