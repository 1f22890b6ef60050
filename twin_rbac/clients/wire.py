"""HTTP/1.1 to one host, as little of it as many small calls need.

A call costs less than half of what it does through aiohttp's session, which is what counts when there are a million.
Nothing here follows, decodes or repeats: an answer is handed over as it came.
"""

import asyncio
import re
import ssl
import time
from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

from multidict import CIMultiDict
from yarl import URL

_CONNECT_TIMEOUT = 15
"""Seconds."""
_IDLE = 15
"""Seconds after which an unused connection is not trusted to be open."""
_NO_BODY = frozenset({204, 304})
_LONGEST_HEAD = 65_536
_is_hexadecimal = re.compile(rb"[0-9A-Fa-f]{1,8}").fullmatch


class WireError(Exception):
    """A call got no answer."""

    def __init__(self, reason: str, *, untrusted: bool = False) -> None:
        super().__init__(reason)
        self.untrusted = untrusted
        """Whether that is because of the host's certificate."""


class Response(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """By name, whatever its case."""
    body: bytes


class Wire:
    """A pool of connections to one host."""

    def __init__(self, base: URL, tls: ssl.SSLContext, *, connections: int, answer_timeout: float) -> None:
        """Prepares the pool; nothing is opened yet.

        Args:
            base: scheme, host and port.
            tls: decides about the host's certificate; unused without https.
            connections: how many there are at most; further calls wait.
            answer_timeout: seconds for one answer.
        """
        self._base = base
        self._tls = tls if base.scheme == "https" else None
        self._timeout = answer_timeout
        self._free = asyncio.Semaphore(connections)
        self._idle: deque[_Connection] = deque()
        self._closed = False
        self._always = f"Host: {base.host_port_subcomponent}\r\nAccept: application/json\r\n"

    async def close(self) -> None:
        """Closes the connections; those in use when their call ends."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    async def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Response:
        """The answer to one request.

        Raises:
            WireError: there is none; the request may have been carried out all the same.
            TimeoutError: there was none in time.
        """
        message = self._write_message(method, target, headers, body)
        async with self._free:
            connection = self._take_idle() or await self._connect()
            try:
                return await connection.exchange(message, self._timeout)
            finally:
                # Also when this is cancelled: an answer that comes later belongs to nobody.
                if connection.reusable and not self._closed:
                    self._idle.append(connection)
                else:
                    connection.close()

    def _write_message(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> bytes:
        lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        head = f"{method} {target} HTTP/1.1\r\n{self._always}{lines}Content-Length: {len(body)}\r\n\r\n"
        ends = len(headers) + 5
        if head.count("\n") != ends or head.count("\r") != ends or " " in target:
            raise ValueError(f"{method} {target!r}: a header holds the end of a line, or the target a space")
        return head.encode() + body

    def _take_idle(self) -> "_Connection | None":
        oldest = time.monotonic() - _IDLE
        while self._idle:
            # The one used last: those that are not needed grow old and are closed.
            connection = self._idle.pop()
            if connection.reusable and connection.used > oldest:
                return connection
            connection.close()
        return None

    async def _connect(self) -> "_Connection":
        host, port = str(self._base.host), self._base.port or 443
        try:
            async with asyncio.timeout(_CONNECT_TIMEOUT):
                _, connection = await asyncio.get_running_loop().create_connection(
                    _Connection, host, port, ssl=self._tls, happy_eyeballs_delay=0.25
                )
        except TimeoutError:
            raise
        except OSError as error:
            untrusted = isinstance(error, ssl.SSLCertVerificationError)
            raise WireError(f"no connection to {host}:{port}: {error}", untrusted=untrusted) from error
        return connection


class _Connection(asyncio.Protocol):
    """One connection, with one request under way at most."""

    def __init__(self) -> None:
        self.reusable = False
        """Whether the next request may go over it."""
        self.used = 0.0
        self._received = b""
        self._answer: asyncio.Future[Response] | None = None
        self._due = 0.0
        self._watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ready for the first request."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # tells mypy
        self._transport = transport
        self._loop = asyncio.get_running_loop()

    async def exchange(self, message: bytes, timeout: float) -> Response:  # noqa: ASYNC109  # a timer for each call costs
        """Sends a request, and waits for its answer, some seconds at most."""
        self.reusable = False
        self._received = b""
        self._answer = self._loop.create_future()
        self._due = self._loop.time() + timeout
        if self._watch is None:
            self._watch = self._loop.call_at(self._due, self._look_at_clock)
        self._transport.write(message)
        try:
            return await self._answer
        finally:
            self._answer = None

    def close(self) -> None:
        """Ends it at once."""
        self.reusable = False
        if self._watch:
            self._watch.cancel()
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Takes a part of the answer."""
        if self._answer is None or self._answer.done():
            # Nothing was asked.
            self.close()
            return
        self._received = self._received + data if self._received else data
        try:
            response = self._read_answer()
        except ValueError as error:
            self._fail(WireError(f"an answer that is no HTTP/1.1: {error}"))
            return
        if response is not None:
            self._answer.set_result(response)

    def connection_lost(self, exc: Exception | None) -> None:
        """The answer will not come."""
        self.reusable = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(
                WireError(f"the connection was lost: {exc}" if exc else "the server closed the connection")
            )

    def _look_at_clock(self) -> None:
        # One timer serves many requests: it goes off for the first and is set on to what is due by then.
        self._watch = None
        if self._answer is None:
            return
        if self._loop.time() < self._due:
            self._watch = self._loop.call_at(self._due, self._look_at_clock)
        else:
            self._fail(TimeoutError("no answer in time"))

    def _fail(self, error: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
        self.close()

    def _read_answer(self) -> Response | None:
        """The answer; None while a part of it is missing."""
        received = self._received
        end = received.find(b"\r\n\r\n")
        if end < 0:
            if len(received) > _LONGEST_HEAD:
                raise ValueError("its head has no end")
            return None
        status, headers = _parse_head(received[:end])
        if status < 200:
            self._received = received[end + 4 :]
            return self._read_answer() if self._received else None
        taken = _take_body(status, headers, received, end + 4)
        if taken is None:
            return None
        body, whole = taken
        self.reusable = whole == len(received) and headers.get("Connection", "").lower() != "close"
        self.used = time.monotonic()
        return Response(status, headers, body)


def _parse_head(head: bytes) -> tuple[int, "CIMultiDict[str]"]:
    first, *lines = head.decode("latin-1").split("\r\n")
    version, status = first.split(" ", 2)[:2]
    if version != "HTTP/1.1":
        raise ValueError(f"it begins with {version[:20]!r}")
    headers: CIMultiDict[str] = CIMultiDict()
    for line in lines:
        name, _, value = line.partition(":")
        headers.add(name, value.strip())
    return int(status), headers


def _take_body(status: int, headers: Mapping[str, str], received: bytes, begin: int) -> tuple[bytes, int] | None:
    """The body, and where the answer ends; None while a part of it is missing."""
    if status in _NO_BODY:
        return b"", begin
    if "Transfer-Encoding" in headers:
        if headers["Transfer-Encoding"].lower() != "chunked":
            raise ValueError(f"Transfer-Encoding is {headers['Transfer-Encoding'][:20]!r}")
        return _take_chunks(received, begin)
    length = headers.get("Content-Length")
    if length is None or not length.isdecimal():
        raise ValueError("it does not say how long it is")
    end = begin + int(length)
    return (received[begin:end], end) if len(received) >= end else None


def _take_chunks(received: bytes, begin: int) -> tuple[bytes, int] | None:
    body = bytearray()
    while (end := received.find(b"\r\n", begin)) >= 0:
        size = _read_size(received[begin:end].split(b";", 1)[0])
        begin = end + 2
        if size == 0:
            last = received.find(b"\r\n", begin)
            # Trailers would go on to an empty line; no service of ours sends any.
            return (bytes(body), last + 2) if last == begin else None
        if len(received) < begin + size + 2:
            return None
        body += received[begin : begin + size]
        begin += size + 2
    return None


def _read_size(text: bytes) -> int:
    # int() would also take a sign, blanks and underscores.
    if not _is_hexadecimal(text):
        raise ValueError(f"a chunk is {text[:20]!r} long")
    return int(text, 16)
