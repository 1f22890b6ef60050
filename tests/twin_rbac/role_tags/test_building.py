"""A building of 2,000 twins whose models have no map of tags, from its upload to a tagged graph and back."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.twin_rbac.role_tags.conftest import OWNER
from twin_rbac.cli.__main__ import run
from twin_rbac.role_tags.graph_file import Graph, Relationship
from twin_rbac.role_tags.model import Seeded
from twin_rbac.role_tags.reconcile import seed_graph

ONTOLOGY = Path(__file__).parents[4] / "shared" / "data" / "building-ontology.json"
PREFIX = "dtmi:digitaltwins:rec_3_3:"
FLOORS, ROOMS, THINGS, LOBBY = 10, 10, 18, 89
MANIFEST = """version: 1
roles: {Energy: {}, Public: {}, FLOORS}
tags:
ENTRIES
  - {role: Energy, model: "dtmi:digitaltwins:rec_3_3:device:TemperatureSensor;1"}
  - {role: Public, glob: "lobby-*"}
ignore: [building]
"""

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(not ONTOLOGY.exists(), reason=f"the building ontology is not at {ONTOLOGY}"),
]


def twins() -> Iterator[tuple[str, str, str, str]]:
    """Id, model, what it belongs to, and by which relationship."""
    yield "building", "core:Building;1", "", ""
    for floor in range(FLOORS):
        yield f"floor-{floor}", "core:Level;1", "building", "hasPart"
        for number in range(ROOMS):
            room = f"room-{floor}-{number}"
            yield room, "core:Room;1", f"floor-{floor}", "hasPart"
            for thing in range(THINGS):
                model = "device:TemperatureSensor;1" if thing == 0 else "asset:VAVBox;1"
                yield f"{room}-thing-{thing}", model, room, "hasCapability" if thing == 0 else "isLocationOf"
    for number in range(LOBBY):
        yield f"lobby-{number}", "asset:ThermostatEquipment;1", "building", "isLocationOf"


def components(model_id: str, models: dict[str, Any]) -> set[str]:
    """The components that a twin has to have, inherited ones too."""
    model = models[model_id]
    bases = model.get("extends", [])
    own = {item["name"] for item in model.get("contents", []) if item["@type"] == "Component"}
    return own.union(*(components(base, models) for base in ([bases] if isinstance(bases, str) else bases)))


def building() -> Graph:
    models = {model["@id"]: model for model in json.loads(ONTOLOGY.read_text())}
    documents, relationships = {}, {}
    for twin_id, model, owner, name in twins():
        parts: dict[str, Any] = {name: {"$metadata": {}} for name in sorted(components(PREFIX + model, models))}
        # The name is a value that has to be there in the end.
        documents[twin_id] = {
            "$dtId": twin_id,
            "$metadata": {"$model": PREFIX + model},
            "name": f"a {twin_id}",
            **parts,
        }
        if owner:
            body = {"$relationshipId": twin_id, "$targetId": twin_id, "$relationshipName": name}
            relationships[twin_id] = Relationship(source_id=owner, relationship_id=twin_id, body=body)
    return Graph(models=models, twins=documents, relationships=relationships)


@pytest.fixture
def tags(emulated: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Runs `twin-rbac tags` against an instance that holds the building."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TWIN_RBAC_TOKEN", OWNER)
    monkeypatch.setattr("twin_rbac.role_tags.graph_source.LAG", 0.0)
    names = [f"Floor{floor}" for floor in range(FLOORS)]
    walk = "via: [hasPart, isLocationOf, hasCapability]"
    entries = [f"  - {{role: Floor{n}, subtree: {{of: floor-{n}, {walk}}}}}" for n in range(FLOORS)]
    text = MANIFEST.replace("FLOORS", ", ".join(f"{name}: {{}}" for name in names)).replace(
        "ENTRIES", "\n".join(entries)
    )
    Path("role-tags.yaml").write_text(text)
    asyncio.run(seed_graph(emulated.target(), building(), Seeded()))

    def tags(command: str, *options: str) -> int:
        named = [] if command == "undo" else ["--manifest", "role-tags.yaml"]
        return run(["tags", command, "--endpoint", emulated.endpoint, *named, *options])

    return tags


def rows(instance: Any) -> dict[str, Any]:
    """Every twin, as queries have it."""
    found: dict[str, Any] = {}
    body = {"query": "SELECT * FROM DIGITALTWINS"}
    while True:
        page = instance.call("POST", "/query", body, **{"max-items-per-page": "1000"})
        found |= {row["$dtId"]: row for row in page["value"]}
        if not page["continuationToken"]:
            return found
        body = {"continuationToken": page["continuationToken"]}


def test_a_building_without_tags_is_upgraded_tagged_and_taken_back(tags: Any, emulated: Any, capsys: Any) -> None:
    before = rows(emulated)
    assert len(before) == 2000

    # Without the upgrade nothing can be tagged, and the plan says which models that is.
    assert tags("plan", "--output", "json") == 2
    plan = json.loads(capsys.readouterr().out)
    assert (plan["changes"], plan["counts"]["untaggable"]) == ([], 1999)
    assert {item["model"].removeprefix(PREFIX) for item in plan["untaggable"].values()} == {
        "core:Level;1",
        "core:Room;1",
        "device:TemperatureSensor;1",
        "asset:VAVBox;1",
        "asset:ThermostatEquipment;1",
    }
    assert tags("apply") == 1
    assert "give --upgrade-models" in capsys.readouterr().err

    assert tags("plan", "--upgrade-models", "--output", "json") == 2
    plan = json.loads(capsys.readouterr().out)
    assert plan["counts"]["add"] == 1999
    assert {role: counts["add"] for role, counts in plan["roles"].items()} == {
        "Energy": FLOORS * ROOMS,
        "Public": LOBBY,
        **{f"Floor{floor}": 1 + ROOMS * THINGS for floor in range(FLOORS)},
    }
    assert {item["from"].removeprefix(PREFIX): item["twins"] for item in plan["models"]} == {
        "core:Level;1": FLOORS,
        "core:Room;1": FLOORS * ROOMS,
        "device:TemperatureSensor;1": FLOORS * ROOMS,
        "asset:VAVBox;1": FLOORS * ROOMS * (THINGS - 1),
        "asset:ThermostatEquipment;1": LOBBY,
    }
    assert rows(emulated) == before

    assert tags("apply", "--upgrade-models") == 0
    after = rows(emulated)
    carried = Counter((row.get("tags") or {}).get("role", "none") for row in after.values())
    assert carried == {
        "none": 1,
        "Energy": FLOORS * ROOMS,
        "Public": LOBBY,
        **{f"Floor{floor}": 1 + ROOMS * THINGS for floor in range(FLOORS)},
    }
    assert after["building"] == before["building"]
    assert after["room-3-4-thing-5"]["tags"] == {"role": "Floor3"}
    assert after["room-3-4-thing-0"]["tags"] == {"role": "Energy"}
    assert after["room-3-4"]["$metadata"]["$model"] == f"{PREFIX}core:Room;2"
    assert {twin_id: row.get("name") for twin_id, row in after.items()} == {
        twin_id: row.get("name") for twin_id, row in before.items()
    }

    writes = emulated.writes
    assert tags("verify") == 0
    assert tags("apply", "--upgrade-models") == 0
    assert emulated.writes == writes

    assert tags("undo") == 0
    assert {row["$dtId"]: row.get("tags") for row in rows(emulated).values() if row.get("tags")} == {}
    assert rows(emulated)["room-3-4"]["$metadata"]["$model"] == f"{PREFIX}core:Room;2"
