"""Doing something for many things, several at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")

AT_ONCE = 32
"""How many twins are read or written at the same time: with 30 ms a call it reaches the service's own limits."""


async def for_each(items: Iterable[Item], work: Callable[[Item], Awaitable[None]]) -> None:
    """Awaits the work for every item, `AT_ONCE` at a time; the first exception stops the rest and is raised."""
    queue = iter(items)

    async def run() -> None:
        for item in queue:
            await work(item)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(run())
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
