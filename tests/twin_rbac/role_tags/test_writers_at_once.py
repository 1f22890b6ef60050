"""Several writers on one instance, each of which keeps what the others write."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from twin_rbac.clients.errors import PreconditionFailed
from twin_rbac.clients.instance import InstanceClient
from twin_rbac.role_tags.apply import Applied, apply_plan
from twin_rbac.role_tags.journal import Entry, Header, Journal, read
from twin_rbac.role_tags.model import TagRules
from twin_rbac.role_tags.plan import make_plan
from twin_rbac.role_tags.store import TagStore
from twin_rbac.role_tags.target import Target, open_instance

MODEL = {
    "@context": "dtmi:dtdl:context;3",
    "@id": "dtmi:test:Room;1",
    "@type": "Interface",
    "contents": [
        {"@type": "Property", "name": "heat", "schema": "integer"},
        {
            "@type": "Property",
            "name": "tags",
            "schema": {
                "@type": "Map",
                "mapKey": {"name": "key", "schema": "string"},
                "mapValue": {"name": "value", "schema": "string"},
            },
        },
    ],
}
ROLES = TagRules(roles=("Earth", "Fire"))
TEAMS = TagRules(roles=("Red", "Blue"), key="team")
TWINS = [f"room-{number}" for number in range(24)]


def fill(emulated: Any, tags: dict[str, str] | None) -> None:
    emulated.call("POST", "/models", [MODEL])
    for twin_id in TWINS:
        twin = {"$metadata": {"$model": MODEL["@id"]}, "heat": 0, **({} if tags is None else {"tags": tags})}
        emulated.call("PUT", f"/digitaltwins/{twin_id}", twin)


async def apply(client: InstanceClient, rules: TagRules, role: str, ready: asyncio.Barrier) -> Applied:
    store = TagStore(client, rules)
    plan = make_plan(rules, dict.fromkeys(TWINS, role), declared=(), existing=await store.read_twins(TWINS))
    await ready.wait()
    return await apply_plan(plan, store)


async def meddle(client: InstanceClient, ready: asyncio.Barrier, applying: asyncio.Event) -> dict[str, int]:
    """Writes another tag and another property of every twin for as long as the others are at it, and once more."""
    counts = dict.fromkeys(TWINS, 0)
    await ready.wait()
    while applying.is_set() or not min(counts.values()):
        for twin_id in TWINS:
            if await _count_up(client, twin_id, counts[twin_id] + 1):
                counts[twin_id] += 1
    return counts


async def _count_up(client: InstanceClient, twin_id: str, count: int) -> bool:
    twin = await client.get_twin(twin_id)
    tags = {**(twin.get("tags") or {}), "count": str(count)}
    patch: list[Mapping[str, Any]] = [
        {"op": "add", "path": "/tags", "value": tags},
        {"op": "add", "path": "/heat", "value": count},
    ]
    try:
        await client.update_twin(twin_id, patch, if_match=twin["$etag"])
    except PreconditionFailed:
        return False
    return True


@pytest.mark.parametrize("tags", [None, {"note": "kept"}], ids=["no map at first", "a map at first"])
def test_two_appliers_and_a_third_writer_lose_nothing_of_each_other(emulated: Any, tags: dict[str, str] | None) -> None:
    fill(emulated, tags)

    async def run() -> dict[str, int]:
        async with open_instance(emulated.target(), say=print) as client:
            ready, applying = asyncio.Barrier(3), asyncio.Event()
            applying.set()
            third = asyncio.create_task(meddle(client, ready, applying))
            await asyncio.gather(apply(client, ROLES, "Earth", ready), apply(client, TEAMS, "Red", ready))
            applying.clear()
            return await third

    counts = asyncio.run(run())

    expected = {
        twin_id: {**(tags or {}), "role": "Earth", "team": "Red", "count": str(count)}
        for twin_id, count in counts.items()
    }
    assert emulated.tags() == expected
    assert all(emulated.call("GET", f"/digitaltwins/{twin_id}")["heat"] == counts[twin_id] for twin_id in TWINS)
    assert emulated.writes == len(TWINS) * 3 + sum(counts.values())


def test_two_appliers_of_one_manifest_write_each_twin_once_together(emulated: Any) -> None:
    fill(emulated, {"note": "kept"})
    before = emulated.writes

    async def run() -> None:
        ready = asyncio.Barrier(2)
        async with open_instance(emulated.target(), say=print) as client:
            await asyncio.gather(apply(client, ROLES, "Earth", ready), apply(client, ROLES, "Earth", ready))

    asyncio.run(run())

    assert emulated.tags() == {twin_id: {"note": "kept", "role": "Earth"} for twin_id in TWINS}
    assert emulated.writes - before == len(TWINS)


def test_a_write_whose_answer_was_lost_is_found_done_and_noted_so(
    instance: Any, token: str, scripted: Any, tmp_path: Path
) -> None:
    instance.put("A", tags={"role": "Fire", "note": "kept"})

    async def run() -> Applied:
        async with open_instance(Target(endpoint=instance.endpoint, token=token), say=print) as client:
            store = TagStore(client, ROLES)
            plan = make_plan(ROLES, {"A": "Earth"}, declared=(), existing=await store.read_twins(["A"]))
            instance.script.append(scripted(None, served_first=True))
            header = Header(endpoint=instance.endpoint, manifest="m.yaml", digest="d", rules=ROLES)
            with Journal.create(tmp_path, header) as journal:
                return await apply_plan(plan, store, journal=journal)

    applied = asyncio.run(run())
    (path,) = tmp_path.glob("*.jsonl")

    assert instance.tags() == {"A": {"role": "Earth", "note": "kept"}}
    assert len(instance.calls("PATCH")) == 2  # the second one met the etag that the first one made
    assert (applied.written, applied.skipped) == (1, 0)
    assert read(path).entries == {"A": Entry(original="Fire", last_to="Earth", state="done")}
