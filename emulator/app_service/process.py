"""One run of a package: a process of its own, reached over a channel."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from emulator.app_service.channel import Answer, Call, Channel, ChannelClosed
from emulator.app_service.errors import WorkerDied, WorkerFailed

_SCRIPT = Path(__file__).with_name("worker.py")
# Azure gives an app 30 seconds; a machine that runs many tests at once deserves more.
_LONGEST_START = 90
_LONGEST_END = 5


class WorkerProcess:
    """A process that has loaded its package."""

    def __init__(
        self, process: asyncio.subprocess.Process, channel: Channel, environment: Mapping[str, str], log: Path
    ) -> None:
        self._process = process
        self._channel = channel
        self._log = log
        self.environment = environment
        """What it was started with."""

    @classmethod
    async def start(cls, folder: Path, environment: Mapping[str, str], log: Path) -> "WorkerProcess":
        """Starts the package of a folder, and returns when it is ready to be called.

        Args:
            folder: the unpacked package.
            environment: all of the process' environment.
            log: gets what the process says.

        Raises:
            WorkerFailed: it cannot load its package, or takes too long; the log says why.
        """
        ours, theirs = socket.socketpair()
        with theirs, log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                # Isolated and without site: neither the checkout nor this environment is on the package's path.
                *(sys.executable, "-I", "-S", "-u", str(_SCRIPT), str(theirs.fileno()), str(folder)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment,
                cwd=folder,
                pass_fds=[theirs.fileno()],
                # A Ctrl-C at the terminal is the emulator's to handle.
                start_new_session=True,
            )
        worker = cls(process, await Channel.open(ours), environment, log)
        try:
            ready = await asyncio.wait_for(worker._channel.wait_until_ready(), _LONGEST_START)
        except (ChannelClosed, TimeoutError):
            ready = False
        except BaseException:
            await worker.stop()
            raise
        if not ready:
            await worker.stop()
            raise WorkerFailed(log)
        return worker

    @property
    def is_running(self) -> bool:
        """Whether it can be called."""
        return self._channel.is_open and self._process.returncode is None

    @property
    def process_id(self) -> int:
        """The process."""
        return self._process.pid

    async def call(self, call: Call) -> Answer:
        """What the function answers.

        Raises:
            WorkerDied: the process ended first.
        """
        try:
            return await self._channel.call(call)
        except ChannelClosed as exc:
            raise WorkerDied(self._log) from exc

    async def stop(self, *, patience: float = 0) -> None:
        """Ends the process; calls that are being answered have that many seconds to end."""
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._channel.wait_until_idle(), patience)
        finally:
            await self._end()

    async def _end(self) -> None:
        await self._channel.close()
        try:
            await asyncio.wait_for(self._process.wait(), _LONGEST_END)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
