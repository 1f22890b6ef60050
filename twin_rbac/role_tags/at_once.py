"""Doing something for many things, several at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")

AT_ONCE = 64
"""How many twins are read or written at the same time: the client's pool holds as many connections, and with 30 ms a
call they reach the service's own limits."""


async def for_each(
    items: Iterable[Item],
    work: Callable[[Item], Awaitable[None]],
    *,
    grace: float = 0.0,
    on_stop: Callable[[], None] = lambda: None,
) -> None:
    """Awaits the work for every item, `AT_ONCE` at a time; the first exception stops the rest and is raised.

    Items are taken one by one as places become free, so that there may be any number of them.

    Args:
        items: what is worked on.
        work: what is done for one.
        grace: seconds that work under way may take to end after an exception, or when the caller is cancelled; nothing
            new is begun then. Without it such work is cancelled at once.
        on_stop: is called when that time begins.
    """
    queue = iter(items)
    stopping = False

    async def run(item: Item) -> None:
        await work(item)
        while not stopping:
            try:
                item = next(queue)
            except StopIteration:
                return
            await work(item)

    first = list(islice(queue, AT_ONCE))
    if not first:
        return
    tasks = [asyncio.create_task(run(item)) for item in first]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        stopping = True
        on_stop()
        await _end(tasks, grace)
    for task in tasks:
        if not task.cancelled() and (error := task.exception()):
            raise error


async def _end(tasks: Sequence[asyncio.Task[None]], grace: float) -> None:
    try:
        if grace:
            await asyncio.wait(tasks, timeout=grace)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
