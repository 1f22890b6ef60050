"""Everything at once that goes wrong between us and the service, while somebody else writes to the same twins."""

import asyncio
from typing import Any

import pytest

from emulator.faults import FailingCall
from tests.twin_rbac.role_tags.test_writers_at_once import MODEL, ROLES
from twin_rbac.clients.errors import PreconditionFailed
from twin_rbac.clients.instance import InstanceClient
from twin_rbac.role_tags.reconcile import apply_tags, plan_tags, verify_tags
from twin_rbac.role_tags.target import open_instance
from twin_rbac.role_tags.wanted import Wanted

TWINS = [f"room-{number}" for number in range(150)]
DESIRED = {twin_id: "Fire" if number % 6 == 2 else "Earth" for number, twin_id in enumerate(TWINS)}
"""Those that are to be Fire are so already."""
MANY = 1_000_000
FAULTS = [
    FailingCall(method="PATCH", status=429, retry_after=1, share=0.005, burst=5, seed=1, times=MANY),
    FailingCall(path="/query", status=200, times=2),
    FailingCall(method="GET|PATCH", share=0.005, seed=2, times=MANY),
    FailingCall(method="GET|PATCH", share=0.005, seed=3, times=MANY, when="after"),
    FailingCall(method="PATCH", status=503, share=0.005, seed=4, times=MANY, when="after"),
]


@pytest.fixture
def rooms(emulated: Any) -> Any:
    emulated.call("POST", "/models", [MODEL])
    for number, twin_id in enumerate(TWINS):
        tags = [{}, {"tags": {"floor": "1"}}, {"tags": {"role": "Fire"}}][number % 3]
        emulated.call("PUT", f"/digitaltwins/{twin_id}", {"$metadata": {"$model": MODEL["@id"]}, "heat": 0, **tags})
    return emulated


async def meddle(client: InstanceClient, done: asyncio.Event) -> dict[str, int]:
    """Counts each twin's heat up and its tag `seen` with it, for as long as the others are at it."""
    counts = dict.fromkeys(TWINS, 0)
    while not done.is_set():
        for twin_id in TWINS[:40]:
            if done.is_set():
                break
            twin = await client.get_twin(twin_id)
            count = counts[twin_id] + 1
            form = (
                {"path": "/tags/seen", "value": str(count)}
                if "tags" in twin
                else {"path": "/tags", "value": {"seen": str(count)}}
            )
            patch: list[dict[str, Any]] = [{"op": "add", "path": "/heat", "value": count}, {"op": "add", **form}]
            try:
                await client.update_twin(twin_id, patch, if_match=twin["$etag"])
            except PreconditionFailed as error:
                # As for anybody: where an answer was lost, the twin says whether the write was carried out.
                if not error.maybe_done or (await client.get_twin(twin_id))["heat"] != count:
                    continue
            counts[twin_id] = count
    return counts


def test_no_update_is_lost_and_no_twin_is_written_twice(rooms: Any) -> None:
    before = rooms.writes
    wanted = Wanted(rules=ROLES, desired=DESIRED)

    async def run() -> tuple[int, dict[str, int]]:
        done = asyncio.Event()
        async with open_instance(rooms.target(), say=print) as somebody:
            meddling = asyncio.create_task(meddle(somebody, done))
            rooms.faults.failing_calls = list(FAULTS)
            applied = await apply_tags(rooms.target(), wanted)
            rooms.faults.failing_calls = []
            done.set()
            return applied.written, await meddling

    written, counts = asyncio.run(run())

    wrong = [twin_id for twin_id, role in DESIRED.items() if role == "Earth"]
    assert written == len(wrong)
    assert rooms.writes - before == len(wrong) + sum(counts.values())
    assert min(counts[twin_id] for twin_id in TWINS[:40]) >= 1
    for number, twin_id in enumerate(TWINS):
        twin = rooms.call("GET", f"/digitaltwins/{twin_id}")
        seen = {"seen": str(counts[twin_id])} if counts[twin_id] else {}
        floor = {"floor": "1"} if number % 3 == 1 else {}
        assert (twin["heat"], twin["tags"]) == (counts[twin_id], {"role": DESIRED[twin_id], **floor, **seen})
    assert asyncio.run(plan_tags(rooms.target(), wanted)).changes == ()
    assert asyncio.run(verify_tags(rooms.target(), wanted)).findings == ()
