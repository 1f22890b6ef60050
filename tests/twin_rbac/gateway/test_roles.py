import asyncio
from collections.abc import Iterator

import pytest

from tests.twin_rbac.gateway.world import (
    EARTH,
    FIRE,
    INSTANCE,
    MARKER_ROLES,
    STRANGER,
    TENANT,
    FakeResourceManager,
    TestClock,
)
from twin_rbac.gateway.errors import GroupsOverage, RolesUnavailable
from twin_rbac.gateway.identity import Caller
from twin_rbac.gateway.roles import Roles

GROUP = "99999999-9999-4999-8999-999999999999"


def user(object_id: str, *groups: str, has_too_many_groups: bool = False) -> Caller:
    return Caller(
        object_id=object_id,
        tenant_id=TENANT,
        is_app=False,
        groups=frozenset(groups),
        has_too_many_groups=has_too_many_groups,
    )


class Snapshots:
    """Roles over a fake Resource Manager, in one event loop for the whole test."""

    def __init__(self) -> None:
        self.clock = TestClock()
        self.resource_manager = FakeResourceManager()
        self.resource_manager.assign(EARTH, "Earth")
        self.roles = Roles(
            self.resource_manager.list_assignments,
            MARKER_ROLES,
            instance_id=INSTANCE,
            clock=self.clock.clocks.monotonic,
        )
        self._runner = asyncio.Runner()

    def of(self, caller: Caller) -> set[str]:
        return self._runner.run(self._of(caller))

    def at_once(self, caller: Caller, number: int) -> list[frozenset[str]]:
        async def ask() -> list[frozenset[str]]:
            return await asyncio.gather(*(self.roles.of(caller) for _ in range(number)))

        return self._runner.run(ask())

    def close(self) -> None:
        self._runner.close()

    async def _of(self, caller: Caller) -> set[str]:
        found = await self.roles.of(caller)
        # A renewal that the call started goes on by itself.
        for _ in range(5):
            await asyncio.sleep(0)
        return set(found)


@pytest.fixture
def snapshots() -> Iterator[Snapshots]:
    snapshots = Snapshots()
    yield snapshots
    snapshots.close()


def test_a_caller_holds_what_it_and_its_groups_are_assigned(snapshots: Snapshots) -> None:
    snapshots.resource_manager.assign(GROUP.upper(), "Wind", "Fire")

    assert snapshots.of(user(EARTH)) == {"Earth"}
    assert snapshots.of(user(EARTH, GROUP)) == {"Earth", "Fire", "Wind"}
    assert snapshots.of(user(STRANGER, GROUP)) == {"Fire", "Wind"}
    assert snapshots.of(user(STRANGER)) == set()


def test_one_listing_serves_all_callers_for_half_a_minute(snapshots: Snapshots) -> None:
    for caller in (EARTH, FIRE, STRANGER):
        snapshots.of(user(caller))
    snapshots.clock.advance(29)
    snapshots.of(user(EARTH))

    assert snapshots.resource_manager.asked == 1


def test_a_hundred_first_calls_share_one_listing(snapshots: Snapshots) -> None:
    assert snapshots.at_once(user(EARTH), 100) == [{"Earth"}] * 100
    assert snapshots.resource_manager.asked == 1


def test_a_hundred_calls_on_an_old_snapshot_share_one_listing(snapshots: Snapshots) -> None:
    snapshots.of(user(EARTH))
    snapshots.clock.advance(61)

    assert snapshots.at_once(user(EARTH), 100) == [{"Earth"}] * 100
    assert snapshots.resource_manager.asked == 2


@pytest.mark.parametrize("seconds_between_calls", [1, 7, 29, 31, 45, 59, 61, 1000])
def test_a_removed_assignment_acts_within_60_seconds_however_often_the_caller_calls(
    snapshots: Snapshots, seconds_between_calls: int
) -> None:
    snapshots.of(user(EARTH))
    snapshots.resource_manager.remove(EARTH)
    removed_for = 0
    while snapshots.of(user(EARTH)):
        snapshots.clock.advance(seconds_between_calls)
        removed_for += seconds_between_calls
        assert removed_for - seconds_between_calls < 60


def test_the_minute_counts_from_when_the_listing_was_asked_for_not_from_its_answer(snapshots: Snapshots) -> None:
    async def take_40_seconds() -> None:
        snapshots.clock.advance(40)

    snapshots.resource_manager.hold = take_40_seconds
    assert snapshots.of(user(EARTH)) == {"Earth"}
    snapshots.resource_manager.hold = None
    snapshots.resource_manager.remove(EARTH)
    snapshots.clock.advance(20)

    assert snapshots.of(user(EARTH)) == set()


def test_a_listing_that_takes_longer_than_it_is_good_for_is_not_used(snapshots: Snapshots) -> None:
    async def take_a_minute() -> None:
        snapshots.clock.advance(60)

    snapshots.resource_manager.hold = take_a_minute
    with pytest.raises(RolesUnavailable):
        snapshots.of(user(EARTH))


def test_while_resource_manager_is_down_callers_are_served_for_a_minute_and_then_not(snapshots: Snapshots) -> None:
    snapshots.of(user(EARTH))
    snapshots.resource_manager.is_down = True
    for _ in range(59):
        snapshots.clock.advance(1)
        assert snapshots.of(user(EARTH)) == {"Earth"}
    snapshots.clock.advance(1)
    for _ in range(10):
        with pytest.raises(RolesUnavailable):
            snapshots.of(user(EARTH))
        snapshots.clock.advance(1)

    snapshots.resource_manager.is_down = False
    snapshots.clock.advance(2)
    assert snapshots.of(user(EARTH)) == {"Earth"}


def test_while_resource_manager_is_down_it_is_asked_every_other_second_at_most(snapshots: Snapshots) -> None:
    snapshots.resource_manager.is_down = True
    for _ in range(20):
        with pytest.raises(RolesUnavailable):
            snapshots.at_once(user(EARTH), 50)
        snapshots.clock.advance(0.5)

    assert snapshots.resource_manager.asked == 5


def test_a_caller_that_stops_waiting_does_not_stop_the_listing_for_the_others(snapshots: Snapshots) -> None:
    released = asyncio.Event()

    async def story() -> frozenset[str]:
        snapshots.resource_manager.hold = released.wait  # type: ignore[assignment]  # its result does not matter
        impatient = asyncio.create_task(snapshots.roles.of(user(EARTH)))
        patient = asyncio.create_task(snapshots.roles.of(user(EARTH)))
        for _ in range(5):
            await asyncio.sleep(0)
        impatient.cancel()
        await asyncio.sleep(0)
        released.set()
        return await patient

    assert snapshots._runner.run(story()) == {"Earth"}
    assert snapshots.resource_manager.asked == 1


def test_a_caller_whose_groups_the_token_does_not_name_is_refused_before_anything_is_asked(
    snapshots: Snapshots,
) -> None:
    with pytest.raises(GroupsOverage):
        snapshots.of(user(EARTH, has_too_many_groups=True))
    assert snapshots.resource_manager.asked == 0


@pytest.mark.parametrize(
    "scope",
    [
        INSTANCE.replace("/adt", "/other"),
        f"{INSTANCE}/providers/Microsoft.Something/below/it",
        "/subscriptions/00000000-0000-4000-8000-000000000099",
    ],
)
def test_an_assignment_that_is_not_at_or_above_the_instance_gives_nothing(snapshots: Snapshots, scope: str) -> None:
    snapshots.resource_manager.assign(FIRE, "Fire", scope=scope)

    assert snapshots.of(user(FIRE)) == set()


def test_an_assignment_that_cannot_be_read_gives_nothing_and_leaves_the_others(snapshots: Snapshots) -> None:
    snapshots.resource_manager.assignments += [
        {},
        {"properties": None},
        {"id": "x", "properties": {"principalId": None}},
    ]

    assert snapshots.of(user(EARTH)) == {"Earth"}
