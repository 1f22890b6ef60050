"""The query index 10 s behind every write: nothing is tagged less or written twice, and verify tells no lie."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from twin_rbac.role_tags.graph_file import load_graph
from twin_rbac.role_tags.manifest import Manifest, load_manifest
from twin_rbac.role_tags.model import Seeded
from twin_rbac.role_tags.reconcile import apply_tags, plan_tags, seed_graph, verify_tags
from twin_rbac.role_tags.selecting import expand_tags
from twin_rbac.role_tags.wanted import Wanted

MANIFEST = """version: 1
roles: {Earth: {}, Fire: {}, Wind: {}}
tags:
  - {role: Earth, glob: A}
  - {role: Fire, subtree: {of: B, via: [contains]}}
  - {role: Wind, query: "SELECT * FROM DIGITALTWINS WHERE $dtId = '2'"}
"""


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    (tmp_path / "role-tags.yaml").write_text(MANIFEST)
    return load_manifest(tmp_path / "role-tags.yaml")


@pytest.fixture
def lagging(emulated: Any, example: Path) -> Any:
    """An instance whose graph was uploaded a moment ago, and which no query shows yet."""
    emulated.faults.query_lag = 10
    asyncio.run(seed_graph(emulated.target(), load_graph(example), Seeded()))
    return emulated


def want(instance: Any, manifest: Manifest, declared: Any = (), *, settle: bool = True) -> Wanted:
    async def wait(seconds: float) -> None:
        instance.clock.advance(seconds)

    expansion = asyncio.run(expand_tags(instance.target(), manifest, declared=declared, settle=settle, sleep=wait))
    return Wanted(rules=manifest.rules, desired=expansion.twins, declared=declared, selected=expansion.selected)


def test_selectors_find_what_was_made_a_moment_ago(lagging: Any, manifest: Manifest) -> None:
    assert want(lagging, manifest).desired == {"A": "Earth", "B": "Fire", "3": "Fire", "2": "Wind"}


def test_what_was_written_a_moment_ago_is_neither_written_again_nor_reported(lagging: Any, manifest: Manifest) -> None:
    wanted = want(lagging, manifest)
    before = lagging.writes
    assert asyncio.run(apply_tags(lagging.target(), wanted)).written == 4
    assert lagging.writes == before + 4

    assert asyncio.run(plan_tags(lagging.target(), wanted)).changes == ()
    assert asyncio.run(apply_tags(lagging.target(), wanted)).written == 0
    assert asyncio.run(verify_tags(lagging.target(), wanted)).findings == ()
    assert lagging.writes == before + 4


def test_what_had_a_role_is_not_lost_to_an_index_that_does_not_show_it(lagging: Any, manifest: Manifest) -> None:
    wanted = want(lagging, manifest)
    asyncio.run(apply_tags(lagging.target(), wanted))
    for twin_id in ("3", "2"):
        # Somebody makes the twins anew; for 10 s the index shows them gone, or not yet there.
        body = {"$metadata": {"$model": "dtmi:digitaltwinsrbac:example:Room;1"}, "tags": {"role": "Earth"}}
        lagging.call("PUT", f"/digitaltwins/{twin_id}", body)

    again = want(lagging, manifest, wanted.desired, settle=False)

    assert again.desired == wanted.desired
    assert asyncio.run(apply_tags(lagging.target(), again)).written == 2


def test_verify_sees_what_somebody_did_a_moment_ago(lagging: Any, manifest: Manifest) -> None:
    wanted = want(lagging, manifest)
    asyncio.run(apply_tags(lagging.target(), wanted))
    lagging.clock.advance(10)
    lagging.set_tags("B", {"role": "Earth"})

    (finding,) = asyncio.run(verify_tags(lagging.target(), wanted)).findings
    assert (finding.twin_id, str(finding.kind), finding.found) == ("B", "wrong role", "Earth")
