import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from twin_rbac.access.permissions import allow_action
from twin_rbac.role_tags.waiting import RolePropagation

QUERY = "Microsoft.DigitalTwins/query/action"
WRITE_TWINS = "Microsoft.DigitalTwins/digitaltwins/write"


class Permissions:
    """What Resource Manager says of the caller, and how often it was asked."""

    def __init__(self, *data_actions: str) -> None:
        self.data_actions = data_actions
        self.asked = 0

    async def list(self) -> list[Mapping[str, Any]]:
        self.asked += 1
        return [{"actions": [], "dataActions": list(self.data_actions)}]


def create(permissions: Permissions, time: Any, said: list[str]) -> RolePropagation:
    return RolePropagation(permissions.list, say=said.append, clock=time.clock, sleep=time.sleep)


def test_an_action_that_resource_manager_knows_of_is_waited_for_with_a_reason_said_once(time: Any) -> None:
    said: list[str] = []
    propagation = create(Permissions(QUERY), time, said)

    assert asyncio.run(propagation.should_retry(QUERY))
    assert asyncio.run(propagation.should_retry(QUERY))
    assert said == [f"waiting for {QUERY} to reach the instance: Resource Manager says that the caller holds it"]
    assert time.slept == [5, 5]


def test_an_action_that_resource_manager_does_not_know_of_is_believed_to_be_denied_at_once(time: Any) -> None:
    said: list[str] = []

    assert not asyncio.run(create(Permissions(QUERY), time, said).should_retry(WRITE_TWINS))
    assert (said, time.slept) == ([], [])


def test_after_ten_minutes_the_denial_is_believed(time: Any) -> None:
    said: list[str] = []
    propagation = create(Permissions("*"), time, said)
    start = time.now

    async def run() -> None:
        while await propagation.should_retry(QUERY):
            pass

    asyncio.run(run())
    assert time.now - start == 600
    assert said[-1] == f"{QUERY} did not reach the instance within 10 minutes"


def test_calls_that_are_denied_together_ask_once_and_wait_together(time: Any) -> None:
    permissions = Permissions(WRITE_TWINS)
    propagation = create(permissions, time, [])

    async def run() -> list[bool]:
        return list(await asyncio.gather(*(propagation.should_retry(WRITE_TWINS) for _ in range(30))))

    assert asyncio.run(run()) == [True] * 30
    assert permissions.asked == 1
    assert time.slept == [5]


def test_an_error_of_resource_manager_reaches_everyone_who_waits(time: Any) -> None:
    async def fail() -> list[Mapping[str, Any]]:
        raise RuntimeError("no answer")

    propagation = RolePropagation(fail, say=print, clock=time.clock, sleep=time.sleep)

    async def run() -> list[bool | BaseException]:
        return list(await asyncio.gather(*(propagation.should_retry(QUERY) for _ in range(2)), return_exceptions=True))

    assert [str(error) for error in asyncio.run(run())] == ["no answer", "no answer"]
    with pytest.raises(RuntimeError):
        asyncio.run(propagation.should_retry(QUERY))


def test_another_service_and_its_kind_of_action_are_waited_for_alike(time: Any) -> None:
    said: list[str] = []

    async def list_permissions() -> list[Mapping[str, Any]]:
        return [{"actions": ["Microsoft.Web/sites/*"], "dataActions": ["*"]}]

    propagation = RolePropagation(
        list_permissions, say=said.append, allows=allow_action, place="the app", clock=time.clock, sleep=time.sleep
    )

    assert asyncio.run(propagation.should_retry("Microsoft.Web/sites/publish/action"))
    assert not asyncio.run(propagation.should_retry(QUERY))
    (line,) = said
    assert line.startswith("waiting for Microsoft.Web/sites/publish/action to reach the app: Resource Manager says")
