"""The emulator's end of the channel to a worker: calls go out, answers come back in any order.

The frames are those of `emulator.app_service.worker`, which imports nothing of ours and so has them on its own.
"""

import asyncio
import contextlib
import itertools
import json
import socket
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_LENGTHS = struct.Struct(">II")


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request as a function gets it."""

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A response as a function gave it."""

    status: int
    headers: Sequence[tuple[str, str]]
    content: bytes


class ChannelClosed(Exception):
    """The worker's end is closed: its process has ended."""


class Channel:
    """Calls and answers over one socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._closed = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, end: socket.socket) -> "Channel":
        """The channel over our end of a pair of sockets."""
        return cls(*await asyncio.open_connection(sock=end))

    async def wait_until_ready(self) -> bool:
        """Whether the worker could load its package, once it says so.

        Raises:
            ChannelClosed: it ended without a word.
        """
        try:
            said, _ = await self._read_frame()
        except (asyncio.IncompleteReadError, OSError) as exc:
            raise ChannelClosed from exc
        if said["ready"]:
            self._reading = asyncio.create_task(self._read_answers())
        return bool(said["ready"])

    async def call(self, call: Call) -> Answer:
        """What the worker answers.

        Raises:
            ChannelClosed: it ended first.
        """
        if self._closed.is_set():
            raise ChannelClosed
        number = next(self._numbers)
        head = {"id": number, "method": call.method, "url": call.url, "headers": dict(call.headers)}
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            text = json.dumps(head).encode()
            self._writer.write(_LENGTHS.pack(len(text), len(call.content)) + text + call.content)
            await self._writer.drain()
            return await answer
        except OSError as exc:
            raise ChannelClosed from exc
        finally:
            self._waiting.pop(number, None)

    @property
    def is_open(self) -> bool:
        """Whether the worker is still there."""
        return not self._closed.is_set()

    async def wait_until_idle(self) -> None:
        """Returns when no call is being answered."""
        while self._waiting:
            await asyncio.wait(set(self._waiting.values()))
            await asyncio.sleep(0)

    async def close(self) -> None:
        """Closes our end, which ends the worker."""
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()
        if self._reading is not None:
            await self._reading

    async def _read_answers(self) -> None:
        try:
            while True:
                head, content = await self._read_frame()
                waiting = self._waiting.get(head["id"])
                if waiting is not None and not waiting.done():
                    headers = [(str(name), str(value)) for name, value in head["headers"]]
                    waiting.set_result(Answer(status=head["status"], headers=headers, content=content))
        except (asyncio.IncompleteReadError, OSError):
            self._closed.set()
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_exception(ChannelClosed())

    async def _read_frame(self) -> tuple[Mapping[str, Any], bytes]:
        of_text, of_content = _LENGTHS.unpack(await self._reader.readexactly(_LENGTHS.size))
        text = await self._reader.readexactly(of_text)
        return json.loads(text), await self._reader.readexactly(of_content)
