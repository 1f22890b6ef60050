"""An instance that does nothing, as cheaply as a process of its own can: what is measured is then the client.

It takes every write, has any number of twins that all carry the role Earth, waits and refuses as it is told. One JSON
command a line on stdin, one JSON answer a line on stdout:

    {"do": "reset", "twins": 1000, "latency": 0.03, "limits": true}
    {"do": "burst", "seconds": 3}
    {"do": "report"}
"""

import asyncio
import json
import re
import ssl
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from benchmarks.arrivals import Arrivals, Kind

ROLE = "Earth"
_MODEL = "dtmi:example:Room;1"
_ROWS_PER_PAGE = 1000
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_THROTTLED = json.dumps(
    {"error": {"statusCode": 429, "message": "Maximum request rate limit reached. See http://aka.ms/dtv2limits."}}
).encode()
_AFTER_A_BURST = 1
_AFTER_A_LIMIT = 6
"""Seconds of Retry-After: the least that was seen of the query's own throttle and of the front door's (fact sheet
adt-data-plane, section 5.1)."""


@dataclass
class Instance:
    """What the connections share."""

    twins: int = 0
    latency: float = 0.0
    arrivals: Arrivals = field(default_factory=lambda: Arrivals(began=time.monotonic()))
    writes: int = 0

    def obey(self, command: dict[str, Any]) -> dict[str, Any]:
        """Carries out one command."""
        now = time.monotonic()
        match command["do"]:
            case "reset":
                self.twins, self.latency = command["twins"], command["latency"]
                self.arrivals = Arrivals(began=now, limited=command["limits"])
            case "burst":
                self.arrivals.forced_until = now + command["seconds"]
            case "report":
                return self.arrivals.report()
        return {}

    def answer(self, method: bytes, target: bytes, body: bytes) -> bytes:
        """The answer to one request."""
        now = time.monotonic()
        kind: Kind = "patch" if method == b"PATCH" else "query" if method == b"POST" else "read"
        twin_id = target.split(b"?", 1)[0].rsplit(b"/", 1)[1].decode()
        if not self.arrivals.take(kind, twin_id, now):
            pause = _AFTER_A_BURST if now < self.arrivals.forced_until else _AFTER_A_LIMIT
            return _answer(b"429 Too Many Requests", _THROTTLED, b"Retry-After: %d\r\n" % pause)
        if kind == "patch":
            self.writes += 1
            return b'HTTP/1.1 204 No Content\r\nETag: W/"%d"\r\n\r\n' % self.writes
        if kind == "query":
            return _answer(b"200 OK", self._page(json.loads(body)))
        return _answer(b"200 OK", json.dumps(_twin(twin_id)).encode())

    def _page(self, body: dict[str, Any]) -> bytes:
        start = int(json.loads(body.get("continuationToken") or "{}").get("_tr", 0))
        end = min(start + _ROWS_PER_PAGE, self.twins)
        token = json.dumps({"_t": 2, "_q": body.get("query", ""), "_tr": end}) if end < self.twins else None
        rows = [_row(twin_name(number)) for number in range(start, end)]
        return json.dumps({"value": rows, "continuationToken": token}, separators=(",", ":")).encode()


class Connection(asyncio.Protocol):
    """One connection, HTTP/1.1, one request after another."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._received = b""
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remembers where to answer."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # tells mypy
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answers each request that is whole."""
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end]
            whole = end + 4 + _length(head)
            if len(self._received) < whole:
                return
            body, self._received = self._received[end + 4 : whole], self._received[whole:]
            method, target, _ = head.split(b" ", 2)
            answer = self._instance.answer(method, target, body)
            if self._instance.latency:
                self._loop.call_later(self._instance.latency, self._transport.write, answer)
            else:
                self._transport.write(answer)


def _length(head: bytes) -> int:
    # All contenders write it so; the search for any other spelling takes several times as long.
    place = head.find(b"\r\nContent-Length: ")
    if place >= 0:
        return int(head[place + 18 :].split(b"\r", 1)[0])
    found = _LENGTH.search(head)
    return int(found[1]) if found else 0


def twin_name(number: int) -> str:
    """The id of a twin."""
    return f"building-1-room-{number:07}"


def _row(twin_id: str) -> dict[str, Any]:
    # A projection's keys are the last segments of its paths (fact sheet adt-query-language, section 3.1).
    return {**_common(twin_id), "$model": _MODEL}


def _twin(twin_id: str) -> dict[str, Any]:
    return {**_common(twin_id), "$metadata": {"$model": _MODEL}}


def _common(twin_id: str) -> dict[str, Any]:
    etag = f'W/"7536fb74-f440-4390-ad5f-{hash(twin_id) & 0xFFFFFFFFFFFF:012x}"'
    return {"$dtId": twin_id, "$etag": etag, "tags": {"role": ROLE}}


def _answer(status: bytes, body: bytes, headers: bytes = b"") -> bytes:
    head = b"HTTP/1.1 %b\r\nContent-Type: application/json\r\n%bContent-Length: %d\r\n\r\n"
    return head % (status, headers, len(body)) + body


async def serve(certificate: str, key: str) -> None:
    """Serves until stdin ends; the first line on stdout holds the port."""
    loop = asyncio.get_running_loop()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    instance = Instance()
    server = await loop.create_server(lambda: Connection(instance), "127.0.0.1", 0, ssl=context, backlog=512)
    _say({"port": server.sockets[0].getsockname()[1]})
    commands = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while line := await commands.readline():
        _say(instance.obey(json.loads(line)))


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
