"""One site that is served: at most one process runs, that of the package in force with the settings of now."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

from emulator.app_service.channel import Answer, Call
from emulator.app_service.documents import SiteDocuments
from emulator.app_service.errors import NoPackage, WorkerFailed
from emulator.app_service.packages import Packages
from emulator.app_service.process import WorkerProcess

# What calls in progress are given when the site restarts under them, in seconds.
_PATIENCE = 10
# A package that could not be loaded is not tried again for each call.
_PAUSE = 5


class Site:
    """Starts the process when it is needed: at a publish, at a call, and again when it has ended by itself."""

    def __init__(
        self, documents: SiteDocuments, packages: Packages, make_environment: Callable[[], Mapping[str, str]]
    ) -> None:
        self.documents = documents
        self.packages = packages
        self._make_environment = make_environment
        self._worker: WorkerProcess | None = None
        self._failed_until = 0.0
        self._changing = asyncio.Lock()
        self._background: set[asyncio.Task[None]] = set()

    async def call(self, call: Call) -> Answer:
        """What the app answers; a call that meets a start waits for it.

        Raises:
            NoPackage: nothing was published.
            WorkerFailed: the package does not start.
            WorkerDied: its process ended in the middle of the call.
        """
        return await (await self._running_worker()).call(call)

    @property
    def process_id(self) -> int | None:
        """The process that runs now."""
        return self._worker.process_id if self._worker is not None and self._worker.is_running else None

    def restart(self, *, replaced: str | None = None) -> None:
        """The next call meets the package and the settings of now; calls in progress end as they began.

        Args:
            replaced: the deployment whose package is not in force any more; it goes once nothing runs it.
        """
        self._failed_until = 0.0
        old, self._worker = self._worker, None
        self._in_background(self._retire(old, replaced))
        if self.packages.current is not None:
            self._in_background(self._warm_up())

    def restart_if_changed(self) -> None:
        """Restarts, where the process has another environment than it would have now."""
        self._failed_until = 0.0
        if self._worker is not None and self._worker.environment != self._make_environment():
            self.restart()

    async def close(self) -> None:
        """Ends the process."""
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        async with self._changing:
            worker, self._worker = self._worker, None
            if worker is not None:
                await worker.stop()

    async def _running_worker(self) -> WorkerProcess:
        async with self._changing:
            if self._worker is not None and self._worker.is_running:
                return self._worker
            if self._failed_until > asyncio.get_running_loop().time():
                raise WorkerFailed(self.packages.log)
            if self._worker is not None:
                await self._worker.stop()
                self._worker = None
            try:
                self._worker = await self._start()
            except WorkerFailed:
                self._failed_until = asyncio.get_running_loop().time() + _PAUSE
                raise
            return self._worker

    async def _start(self) -> WorkerProcess:
        while True:
            folder, environment = self.packages.current, self._make_environment()
            if folder is None:
                raise NoPackage(self.documents.name)
            self.packages.home.mkdir(parents=True, exist_ok=True)
            try:
                worker = await WorkerProcess.start(folder, environment, self.packages.log)
            except WorkerFailed:
                if self._is_of_now(folder, environment):
                    raise
                continue
            # What was published or set meanwhile asked nobody to restart: there was no process yet.
            if self._is_of_now(folder, environment):
                return worker
            await worker.stop()

    def _is_of_now(self, folder: Path, environment: Mapping[str, str]) -> bool:
        return (folder, environment) == (self.packages.current, self._make_environment())

    async def _retire(self, worker: WorkerProcess | None, replaced: str | None) -> None:
        if worker is not None:
            await worker.stop(patience=_PATIENCE)
        if replaced is not None:
            await asyncio.to_thread(self.packages.discard, replaced)

    async def _warm_up(self) -> None:
        try:
            await self._running_worker()
        except (NoPackage, WorkerFailed):
            return

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)
