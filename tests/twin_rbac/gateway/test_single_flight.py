import asyncio

import pytest

from twin_rbac.gateway.single_flight import SingleFlight


def test_those_who_ask_meanwhile_share_the_work_and_the_next_one_starts_it_anew() -> None:
    started = 0

    async def work() -> int:
        nonlocal started
        started += 1
        await asyncio.sleep(0)
        return started

    async def story() -> list[list[int]]:
        flight = SingleFlight(work)
        return [await asyncio.gather(*(flight.join() for _ in range(10))) for _ in range(2)]

    assert asyncio.run(story()) == [[1] * 10, [2] * 10]


def test_a_failure_is_everybodys_and_the_next_one_tries_again() -> None:
    outcomes = [ValueError("down"), None]

    async def work() -> str:
        await asyncio.sleep(0)
        if error := outcomes.pop(0):
            raise error
        return "done"

    async def story() -> str:
        flight = SingleFlight(work)
        failed = await asyncio.gather(*(flight.join() for _ in range(3)), return_exceptions=True)
        assert [type(each) for each in failed] == [ValueError] * 3
        assert not flight.is_under_way
        return await flight.join()

    assert asyncio.run(story()) == "done"


def test_a_failure_that_nobody_waits_for_is_not_complained_about(caplog: pytest.LogCaptureFixture) -> None:
    async def work() -> None:
        raise ValueError("down")

    async def story() -> None:
        SingleFlight(work).start()
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(story())

    assert caplog.text == ""
