import asyncio
import random
from bisect import bisect_left
from typing import Any

import pytest

from twin_rbac.clients.rate import RateLimiter


def leave(limiter: RateLimiter, time: Any, *, requests: int, cost: int = 1) -> list[float]:
    left: list[float] = []

    async def run() -> None:
        for _ in range(requests):
            await limiter.acquire(cost)
            left.append(time.now)

    asyncio.run(run())
    return left


def create(time: Any, per_second: float = 100) -> RateLimiter:
    return RateLimiter(per_second, clock=time.clock, sleep=time.sleep)


def test_requests_leave_evenly_and_no_second_holds_more_than_the_rate(time: Any) -> None:
    left = leave(create(time), time, requests=300)

    for moment in left:
        assert len([other for other in left if moment <= other < moment + 0.999]) <= 100
    assert round(left[-1] - left[0], 2) == 2.99


def test_a_dearer_request_takes_more_of_the_rate(time: Any) -> None:
    left = leave(create(time), time, requests=100, cost=10)

    assert round(left[-1] - left[0], 2) == 9.9


def test_idle_time_is_not_saved_up_for_a_burst(time: Any) -> None:
    limiter = create(time)
    time.now += 60

    left = leave(limiter, time, requests=101)

    assert round(left[-1] - left[0], 2) == 1.0


def test_after_a_429_nothing_leaves_for_as_long_as_the_service_says_and_then_half_as_fast(time: Any) -> None:
    limiter = create(time)
    before = time.now
    limiter.slow_down(7)

    left = leave(limiter, time, requests=2)

    assert left[0] == before + 7
    assert round(left[1] - left[0], 3) == 0.02


def test_the_429s_that_come_together_halve_the_rate_once(time: Any) -> None:
    limiter = create(time)
    for _ in range(30):
        limiter.slow_down(0)

    assert limiter.rate == 50


def test_another_429_after_the_pause_halves_the_rate_again(time: Any) -> None:
    limiter = create(time)
    limiter.slow_down(1)
    time.now += 1
    limiter.slow_down(1)

    assert limiter.rate == 25


@pytest.mark.parametrize(("throttled_times", "least", "halfway"), [(1, 50, 75), (2, 25, 62.5), (10, 2, 51)])
def test_the_full_rate_is_back_three_seconds_after_the_last_pause_from_however_low(
    time: Any, throttled_times: int, least: float, halfway: float
) -> None:
    limiter = create(time)
    for _ in range(throttled_times):
        limiter.slow_down(2)
        time.now += 2

    assert round(limiter.rate, 3) == least
    time.now += 1.5
    assert round(limiter.rate, 3) == halfway
    time.now += 1.5
    assert limiter.rate == 100
    time.now += 100
    assert limiter.rate == 100


def test_nine_tenths_of_the_rate_leave_within_five_seconds_of_a_bursts_end(time: Any) -> None:
    limiter = create(time)
    burst_ends = time.now + 5
    left: list[float] = []

    async def run() -> None:
        while time.now < burst_ends + 5:
            await limiter.acquire()
            left.append(time.now)
            if time.now < burst_ends:
                limiter.slow_down(1)

    asyncio.run(run())

    assert len([moment for moment in left if burst_ends + 4 <= moment < burst_ends + 5]) >= 90


def test_however_late_sleeps_end_the_rate_is_held_and_no_second_holds_more(time: Any) -> None:
    late = random.Random(12)

    async def sleep_too_long(seconds: float) -> None:
        await time.sleep(seconds + late.choice([0.0, 0.0, 0.001, 0.004, 0.04]))

    limiter = RateLimiter(1000, clock=time.clock, sleep=sleep_too_long)
    left: list[float] = []

    async def wait() -> None:
        await limiter.acquire()
        left.append(time.now)

    async def run() -> None:
        await asyncio.gather(*(wait() for _ in range(5000)))

    asyncio.run(run())

    assert max(bisect_left(left, moment + 1) - place for place, moment in enumerate(left)) == 1000
    assert len(left) / (left[-1] - left[0]) > 950


def test_a_request_that_waits_for_its_turn_when_a_429_comes_is_held_back_too(time: Any) -> None:
    async def sleep_while_a_429_comes(seconds: float) -> None:
        if not time.slept:
            limiter.slow_down(30)
        await time.sleep(seconds)

    limiter = RateLimiter(1, clock=time.clock, sleep=sleep_while_a_429_comes)
    start = time.now

    first, second = leave(limiter, time, requests=2)

    assert first == start
    assert second >= start + 30


def test_who_waits_through_429s_leaves_when_they_are_over_and_not_as_slowly_as_while_they_lasted(time: Any) -> None:
    limiter = create(time)
    for _ in range(10):
        limiter.slow_down(1)
        time.now += 1
    waiting_since = time.now

    async def run() -> list[float]:
        left: list[float] = []

        async def wait() -> None:
            await limiter.acquire()
            left.append(time.now - waiting_since)

        await asyncio.gather(*(wait() for _ in range(200)))
        return left

    left = asyncio.run(run())

    # The rate grows from 2 to 100 in 3 s: 153 have left by then, and the other 47 at the full rate.
    assert 3.3 < left[-1] < 4


def test_who_gives_up_waiting_takes_nobodys_turn(time: Any) -> None:
    limiter = create(time, per_second=1)

    async def run() -> float:
        await limiter.acquire()
        impatient = [asyncio.create_task(limiter.acquire()) for _ in range(50)]
        await asyncio.sleep(0)
        for task in impatient:
            task.cancel()
        await asyncio.gather(*impatient, return_exceptions=True)
        start = time.now
        await limiter.acquire()
        return float(time.now - start)

    assert asyncio.run(run()) <= 1
