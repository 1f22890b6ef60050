"""One piece of work at a time, however many wait for it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

_T = TypeVar("_T")


class SingleFlight(Generic[_T]):
    """Runs the work when somebody asks for it, and gives its result to everybody who asks meanwhile.

    Who stops waiting does not stop the work: the others wait for it.
    """

    def __init__(self, work: Callable[[], Awaitable[_T]]) -> None:
        self._work = work
        self._task: asyncio.Task[_T] | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether the work is being done now."""
        return self._task is not None and not self._task.done()

    def start(self) -> asyncio.Task[_T]:
        """The work under way, which starts now if there is none."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
            # Nobody may be waiting any more: the failure is then the next one's to find out.
            self._task.add_done_callback(lambda task: task.cancelled() or task.exception())
        return self._task

    async def join(self) -> _T:
        """The result of the work under way, or of one that starts now."""
        return await asyncio.shield(self.start())

    async def _run(self) -> _T:
        return await self._work()
