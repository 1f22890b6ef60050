import asyncio

import pytest

from twin_rbac.role_tags.at_once import AT_ONCE, for_each


def test_every_item_is_worked_on_once_and_not_too_many_at_a_time() -> None:
    done: list[int] = []
    under_way: set[int] = set()
    most = 0

    async def work(item: int) -> None:
        nonlocal most
        under_way.add(item)
        most = max(most, len(under_way))
        await asyncio.sleep(0)
        under_way.discard(item)
        done.append(item)

    asyncio.run(for_each(range(500), work))

    assert sorted(done) == list(range(500))
    assert most == AT_ONCE


def test_items_are_taken_as_places_become_free() -> None:
    taken: list[int] = []

    def items() -> object:
        for number in range(1000):
            taken.append(number)
            yield number

    async def fail(_item: int) -> None:
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        asyncio.run(for_each(items(), fail))  # type: ignore[arg-type]
    assert len(taken) == AT_ONCE


def test_an_error_of_the_items_themselves_is_raised() -> None:
    def items() -> object:
        yield 1
        raise RuntimeError("no more")

    async def work(_item: int) -> None:
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="no more"):
        asyncio.run(for_each(items(), work))  # type: ignore[arg-type]


@pytest.mark.parametrize(("grace", "ended"), [(0.0, []), (30.0, [1])])
def test_what_is_under_way_when_another_fails_is_given_its_grace(grace: float, ended: list[int]) -> None:
    done: list[int] = []

    async def work(item: int) -> None:
        if item == 0:
            raise RuntimeError("stop")
        await asyncio.sleep(0.01)
        done.append(item)

    with pytest.raises(RuntimeError, match="stop"):
        asyncio.run(for_each([0, 1], work, grace=grace))
    assert done == ended


def test_what_outlasts_its_grace_is_cancelled() -> None:
    cancelled: list[int] = []

    async def work(item: int) -> None:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            cancelled.append(item)
            raise

    async def run() -> None:
        task = asyncio.create_task(for_each([1, 2], work, grace=0.01))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert sorted(cancelled) == [1, 2]
