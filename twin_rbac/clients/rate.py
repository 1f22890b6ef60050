"""How fast requests leave: evenly, under the service's limits, slower after a 429."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Protocol

_CUT = 0.5
"""What is left of the rate after a 429."""
_LEAST = 0.02
"""The part of the full rate that is left after however many: the next turn is never far away."""
_RECOVERY = 3.0
"""Seconds after a pause in which the rate grows evenly back to the full one, from however low: with a pause that ends a
second after the throttling does, nine tenths are back well within five."""
_LATENESS = 0.05
"""Seconds: a sleep ends some milliseconds late, and other work holds a request up; what this many seconds would have
held leaves closer together afterwards, as far as the last second has room for it."""
_SHORTEST_PAUSE = 1.0
"""Seconds: the 429s of requests that were under way together come within it, and count as one."""


class Rate(Protocol):
    """How fast requests leave."""

    async def acquire(self, cost: int = 1) -> None:
        """Waits until a request of that cost may leave."""

    def slow_down(self, retry_after: float) -> None:
        """Answers a 429."""


class Unlimited:
    """Lets each request leave at once: for who hands a 429 on to its own callers, and makes nobody else wait for it."""

    async def acquire(self, cost: int = 1) -> None:
        """Does not wait."""

    def slow_down(self, retry_after: float) -> None:
        """Slows nobody down."""


class RateLimiter:
    """Gives each request the next free moment, so that no second holds more than the rate.

    A request may cost several: creating a twin costs two, because the service takes half as many creations as reads
    in a second (fact sheet adt-data-plane, section 6).
    """

    def __init__(
        self,
        per_second: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._full = per_second
        self._clock = clock
        self._sleep = sleep
        self._reduced = per_second
        self._line = asyncio.Lock()
        self._paused_until = self._next = clock()
        # When the requests of the last full second's worth left, a dear one several times.
        self._left: deque[float] = deque(maxlen=max(1, int(per_second)))

    @property
    def rate(self) -> float:
        """Requests a second, now."""
        recovered = min(1.0, max(0.0, self._clock() - self._paused_until) / _RECOVERY)
        return self._reduced + (self._full - self._reduced) * recovered

    async def acquire(self, cost: int = 1) -> None:
        """Waits until a request of that cost may leave; one that is cancelled meanwhile takes nobody's turn.

        Only the first in line knows when it leaves: a turn that was settled earlier, in a slower time, would outlast
        that time.
        """
        is_in_line = self._line.locked()
        async with self._line:
            due = max(self._due(is_in_line), self._when_a_second_has_room(cost))
            while (pause := due - self._clock()) > 0:
                await self._sleep(pause)
                # A 429 may have come meanwhile.
                due = max(due, self._paused_until)
            self._next = due + cost / self.rate
            self._left.extend([max(due, self._clock())] * cost)

    def slow_down(self, retry_after: float) -> None:
        """Answers a 429: nothing leaves for `retry_after` seconds, and then at half the rate."""
        now = self._clock()
        if now >= self._paused_until:
            self._reduced = max(self.rate * _CUT, self._full * _LEAST)
        self._paused_until = max(self._paused_until, now + max(retry_after, _SHORTEST_PAUSE))

    def _due(self, is_in_line: bool) -> float:  # noqa: FBT001  # its one caller
        """When the first in line leaves. In a line that moves, what one left too late the next makes up for."""
        now = self._clock()
        return max(now - _LATENESS if is_in_line else now, self._next, self._paused_until)

    def _when_a_second_has_room(self, cost: int) -> float:
        left = self._left
        most = left.maxlen or 1
        return left[min(cost, most) - 1] + 1 if len(left) == most else 0.0
