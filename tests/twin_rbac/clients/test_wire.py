import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence

import pytest
from yarl import URL

from twin_rbac.clients.wire import Response, Wire, WireError

Work = Callable[[Wire], Awaitable[None]]


class Server:
    """Answers the requests of all connections in turn with prepared bytes; an empty answer closes the connection."""

    def __init__(self, answers: Sequence[Sequence[bytes]]) -> None:
        self._answers = list(answers)
        self.received: list[bytes] = []
        self.connections = 0

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0])
                self.received.append(head + await reader.readexactly(length))
                parts = self._answers.pop(0)
                for part in parts:
                    writer.write(part)
                    await writer.drain()
                    await asyncio.sleep(0.001)
                if not parts:
                    break
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()


def talk(work: Work, *answers: Sequence[bytes], connections: int = 1) -> Server:
    server = Server(answers)

    async def run() -> None:
        async with await asyncio.start_server(server.handle, "127.0.0.1", 0) as listening:
            base = URL(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}")
            wire = Wire(base, ssl.create_default_context(), connections=connections, answer_timeout=5)
            try:
                await work(wire)
            finally:
                await wire.close()

    asyncio.run(run())
    return server


def ask(*parts: bytes) -> Response:
    got: list[Response] = []

    async def work(wire: Wire) -> None:
        got.append(await wire.send("GET", "/x", {}, b""))

    talk(work, parts)
    return got[0]


def test_a_request_is_sent_as_http_says() -> None:
    async def work(wire: Wire) -> None:
        await wire.send("PATCH", "/digitaltwins/A?api-version=1", {"If-Match": 'W/"1"'}, b"[]")

    server = talk(work, [b"HTTP/1.1 204 No Content\r\n\r\n"])

    lines = server.received[0].decode().split("\r\n")
    assert lines[0] == "PATCH /digitaltwins/A?api-version=1 HTTP/1.1"
    assert lines[1].startswith("Host: 127.0.0.1:")
    assert lines[2:] == ["Accept: application/json", 'If-Match: W/"1"', "Content-Length: 2", "", "[]"]


@pytest.mark.parametrize(
    ("parts", "status", "body"),
    [
        ([b'HTTP/1.1 204 No Content\r\nETag: W/"2"\r\n\r\n'], 204, b""),
        ([b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"], 200, b"{}"),
        ([b"HTTP/1.1 200 OK\r\nContent-Le", b"ngth: 5\r\n\r", b"\n12", b"345"], 200, b"12345"),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"], 200, b"abcde"),
        (
            [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA", b"\r\n01234", b"56789\r\n0\r\n", b"\r\n"],
            200,
            b"0123456789",
        ),
        ([b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 412 \r\nContent-Length: 0\r\n\r\n"], 412, b""),
        ([b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"], 404, b""),
    ],
)
def test_an_answer_is_read_however_it_is_cut(parts: list[bytes], status: int, body: bytes) -> None:
    response = ask(*parts)

    assert (response.status, response.body) == (status, body)


def test_a_header_is_found_whatever_its_case() -> None:
    assert ask(b'HTTP/1.1 204 No Content\r\neTaG:   W/"2"  \r\n\r\n').headers["ETag"] == 'W/"2"'


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "no HTTP/1.1"),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", "begins with 'HTTP/1.0'"),
        (b"HTTP/1.1 200 OK\r\n\r\n{}", "does not say how long"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "does not say how long"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "Transfer-Encoding is 'gzip, chunked'"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "a chunk is b'xyz' long"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-6\r\n", "a chunk is b'-6' long"),
        (b"HTTP/1.1 " + b"x" * 70_000, "its head has no end"),
    ],
)
def test_what_is_no_plain_answer_is_an_error(answer: bytes, reason: str) -> None:
    with pytest.raises(WireError, match=reason):
        ask(answer)


def test_a_connection_serves_one_call_after_another() -> None:
    async def work(wire: Wire) -> None:
        for _ in range(3):
            await wire.send("GET", "/x", {}, b"")

    server = talk(work, *[[b"HTTP/1.1 204 No Content\r\n\r\n"]] * 3)

    assert (len(server.received), server.connections) == (3, 1)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\nand more than was asked for",
    ],
)
def test_a_connection_that_is_not_to_be_trusted_any_more_serves_no_other_call(answer: bytes) -> None:
    async def work(wire: Wire) -> None:
        for _ in range(2):
            assert (await wire.send("GET", "/x", {}, b"")).status == 204

    assert talk(work, [answer], [answer]).connections == 2


def test_a_connection_that_was_closed_while_it_was_idle_serves_no_other_call() -> None:
    async def work(wire: Wire) -> None:
        await wire.send("GET", "/x", {}, b"")
        with pytest.raises(WireError, match="the server closed the connection"):
            await wire.send("GET", "/x", {}, b"")
        assert (await wire.send("GET", "/x", {}, b"")).status == 204

    good = [b"HTTP/1.1 204 No Content\r\n\r\n"]
    assert talk(work, good, [], good).connections == 2


def test_the_answer_to_a_call_that_was_cancelled_goes_to_nobody() -> None:
    async def work(wire: Wire) -> None:
        given_up = asyncio.create_task(wire.send("GET", "/first", {}, b""))
        await asyncio.sleep(0.03)
        given_up.cancel()
        await asyncio.gather(given_up, return_exceptions=True)
        assert (await wire.send("GET", "/second", {}, b"")).status == 404

    slow = [b"HTTP/1.1 200 OK\r\n"] + [b""] * 100 + [b"Content-Length: 0\r\n\r\n"]
    server = talk(work, slow, [b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"])

    assert server.connections == 2


def test_no_more_calls_are_under_way_than_there_are_connections() -> None:
    async def work(wire: Wire) -> None:
        await asyncio.gather(*(wire.send("GET", f"/{number}", {}, b"") for number in range(20)))

    server = talk(work, *[[b"HTTP/1.1 204 No Content\r\n\r\n"]] * 20, connections=3)

    assert (len(server.received), server.connections) == (20, 3)


@pytest.mark.parametrize(
    ("target", "headers"),
    [
        ("/a b", {}),
        ("/a\r\nX: y", {}),
        ("/a", {"If-Match": 'W/"1"\r\nX: y'}),
        ("/a", {"If-Match": 'W/"1"\n'}),
        ("/a", {"If-Match\r": "1"}),
    ],
)
def test_nothing_can_be_smuggled_into_a_request(target: str, headers: dict[str, str]) -> None:
    async def work(wire: Wire) -> None:
        with pytest.raises(ValueError, match="end of a line"):
            await wire.send("PATCH", target, headers, b"")

    assert talk(work).received == []
