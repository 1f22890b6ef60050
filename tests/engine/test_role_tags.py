"""One stack whose manifest selects twins by name, model, subtree and query, from its first deployment to its end.

The tests run in this order, on the same stack.
"""

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import LocalAzure, local_azure
from twin_rbac.role_tags.digest import WHOLE, unpack
from twin_rbac.role_tags.graph_file import Graph
from twin_rbac.role_tags.manifest import load_manifest
from twin_rbac.role_tags.model import Seeded
from twin_rbac.role_tags.reconcile import seed_graph
from twin_rbac.role_tags.target import Target

pytestmark = pytest.mark.acceptance

ROOM = "dtmi:digitaltwinsrbac:example:Room;1"
SITE = "dtmi:digitaltwinsrbac:example:Site;1"
OFFICES = [f"office-{number:02}" for number in range(12)]
SUBTREE = "  - {role: Earth, subtree: {of: A, via: [contains]}}\n"
BULK = '  - {role: Wind, glob: "bulk-*"}\n'
MANIFEST = f"""\
version: 1
roles: {{Earth: {{}}, Fire: {{}}, Wind: {{}}}}
tags:
  - {{role: Fire, glob: "hall-?"}}
  - {{role: Fire, query: "SELECT * FROM DIGITALTWINS T WHERE T.temperature > 30"}}
  - {{role: Wind, model: "{SITE}"}}
"""
# The more specific selector wins: the sites are in the subtree too, and have the model's role.
TAGGED: dict[str, str] = {**dict.fromkeys(OFFICES, "Earth"), "A": "Wind", "hall-1": "Fire", "hot": "Fire"}
MANY = 10_050


def write_graph(azure: LocalAzure) -> None:
    models = (azure.project / "examples/tenants/graph.ndjson").read_text().partition('{"Section": "Twins"}')[0]
    twins: dict[str, dict[str, Any]] = {
        "A": {"$metadata": {"$model": SITE}},
        "hot": {"$metadata": {"$model": ROOM}, "temperature": 31.0},
        **{twin: {"$metadata": {"$model": ROOM}, "temperature": 20.0} for twin in ("hall-1", "cellar", *OFFICES)},
    }
    edges = [{"$relationshipId": f"to-{to}", "$targetId": to, "$relationshipName": "contains"} for to in OFFICES]
    lines = [
        {"Section": "Twins"},
        *({"$dtId": twin, **body} for twin, body in twins.items()),
        {"Section": "Relationships"},
        *({"$dtId": "A", **edge} for edge in edges),
    ]
    (azure.project / "graph.ndjson").write_text(models + "".join(f"{json.dumps(line)}\n" for line in lines))


def write_manifest(azure: LocalAzure, *entries: str) -> str:
    """The manifest with further entries; returns its digest."""
    path = azure.project / "role-tags.yaml"
    path.write_text(MANIFEST + "".join(entries))
    return load_manifest(path).digest


def up(azure: LocalAzure, *, ends: int | None = 0) -> str:
    done = azure.pulumi("up", "--skip-preview", "--yes", timeout=600)
    said = done.stdout + done.stderr
    assert ends is None or done.returncode == ends, said
    return said


def preview(azure: LocalAzure) -> str:
    done = azure.pulumi("preview", "--diff")
    return done.stdout + done.stderr


def tags_of(azure: LocalAzure) -> dict[str, str]:
    """Twin -> role of all twins that carry one."""
    twins = azure.client().query_twins("SELECT T.$dtId, T.tags.role AS role FROM DIGITALTWINS T")
    return {twin["$dtId"]: twin["role"] for twin in twins if twin.get("role")}


def tag(azure: LocalAzure, twin: str, role: str) -> None:
    azure.client().update_digital_twin(twin, [{"op": "add", "path": "/tags", "value": {"role": role}}])


def role_tag_lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if re.match(r'\s+[~+-] \S+ *: "', line)]


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAzure]:
    with local_azure(tmp_path_factory.mktemp("selectors")) as azure:
        write_graph(azure)
        write_manifest(azure, SUBTREE)
        azure.configure(manifest="role-tags.yaml", graph="graph.ndjson")
        azure.start()
        yield azure


def test_selected_twins_are_tagged_kept_and_guarded(plant: LocalAzure) -> None:
    it_says_what_it_cannot_ask_yet(plant)
    it_tags_all_right_after_the_upload_though_the_index_lags(plant)
    it_does_nothing_a_second_time(plant)
    it_shows_drift_and_strangers_while_the_endpoint_is_unknown_and_mends_the_drift(plant)
    it_refuses_what_is_past_a_limit_until_the_manifest_is_allowed(plant)
    it_goes_on_after_a_failure_in_the_middle(plant)


def it_says_what_it_cannot_ask_yet(plant: LocalAzure) -> None:
    said = preview(plant)

    assert re.search(r"the query at role-tags\.yaml:5:\d+ is asked once there is an instance", said), said
    shown = dict(re.findall(r'^ +([^\s\[]\S*) *: "(Earth|Fire|Wind)"$', said, flags=re.MULTILINE))
    assert shown == {**dict.fromkeys(OFFICES, "Earth"), "A": "Wind", "hall-1": "Fire"}, said


def it_tags_all_right_after_the_upload_though_the_index_lags(plant: LocalAzure) -> None:
    plant.control("PUT", "/_control/faults", {"query_lag": 10})
    said = up(plant)
    plant.control("PUT", "/_control/faults", {"query_lag": 0})

    assert tags_of(plant) == TAGGED, said
    assert unpack(plant.outputs()["declared"]) == TAGGED


def it_does_nothing_a_second_time(plant: LocalAzure) -> None:
    writes = plant.twin_writes()

    said = up(plant)

    assert re.search(r"Resources:\s+\d+ unchanged", said), said
    assert plant.twin_writes() == writes


def it_shows_drift_and_strangers_while_the_endpoint_is_unknown_and_mends_the_drift(plant: LocalAzure) -> None:
    instance = plant.outputs()["instanceId"]
    now = plant.manage("GET", instance, version="2023-01-31")
    tags = {**(now.get("tags") or {}), "touched": "by hand"}
    body = {"location": now["location"], "identity": {"type": "SystemAssigned"}, "tags": tags}
    plant.manage("PUT", instance, body, version="2023-01-31")
    tag(plant, "office-00", "Fire")
    tag(plant, "cellar", "Earth")
    plant.client().upsert_digital_twin("hall-2", {"$metadata": {"$model": ROOM}})

    said = preview(plant)

    assert re.search(r'endpoint *: "https://\S+" => \[unknown\]', said), said
    assert role_tag_lines(said).count('~ office-00: "Fire" => "Earth"') == 1, said
    assert role_tag_lines(said).count('+ hall-2   : "Fire"') == 1, said
    assert "drift: twin office-00 carries Fire, and Earth was declared" in said
    assert "unlisted: twin cellar carries Earth but is not in role-tags.yaml" in said
    up(plant)
    assert tags_of(plant) == {**TAGGED, "hall-2": "Fire", "cellar": "Earth"}


def it_refuses_what_is_past_a_limit_until_the_manifest_is_allowed(plant: LocalAzure) -> None:
    digest = write_manifest(plant)
    writes = plant.twin_writes()

    refused = up(plant, ends=None)

    assert "it takes Earth from 12 twins, 92 % of the 13 that carry it now (limits.remove is 10 %)" in refused
    assert f"digital-twins-rbac:allowUnsafe: {digest}" in refused
    assert plant.twin_writes() == writes
    plant.configure(allowUnsafe=digest)
    up(plant)
    assert tags_of(plant) == {"A": "Wind", "hall-1": "Fire", "hall-2": "Fire", "hot": "Fire", "cellar": "Earth"}
    plant.configure(allowUnsafe=None)


def it_goes_on_after_a_failure_in_the_middle(plant: LocalAzure) -> None:
    write_manifest(plant, SUBTREE)
    before = plant.outputs()["declared"]
    broken = {"method": "PATCH", "path": "/digitaltwins/office-0[3-5]", "status": 400, "times": 100}
    plant.control("PUT", "/_control/faults", {"failing_calls": [broken]})

    failed = up(plant, ends=None)

    assert "3 twins could not be written" in failed
    assert plant.outputs()["declared"] == before
    assert 0 < len({twin for twin in tags_of(plant) if twin in OFFICES}) < len(OFFICES)
    plant.control("PUT", "/_control/faults", {"failing_calls": []})
    writes = plant.twin_writes()
    up(plant)
    assert tags_of(plant) == {**TAGGED, "hall-2": "Fire", "cellar": "Earth"}
    assert plant.twin_writes() == writes + 3


def test_of_very_many_twins_digests_are_shown_and_none_is_forgotten(plant: LocalAzure) -> None:
    bulk = make_twins(plant)
    write_manifest(plant, SUBTREE, BULK)

    said = up(plant)

    assert len(tags_of(plant)) == len(TAGGED) + 2 + MANY
    declared = plant.outputs()["declared"]
    assert set(declared) == {"Earth", "Fire", "Wind", WHOLE}
    assert declared["Wind"].startswith("10,051 twins, sha256:")
    assert unpack(declared) == {**TAGGED, "hall-2": "Fire", **dict.fromkeys(bulk, "Wind")}
    assert max(map(len, said.splitlines())) < 500, "no line holds the compressed map"
    writes = plant.twin_writes()
    tag(plant, bulk[0], "Fire")
    drift = preview(plant)
    assert re.search(r'Wind *: "10,050 twins, sha256:\w+" => "10,051 twins, ', drift), drift
    assert f"drift: twin {bulk[0]} carries Fire, and Wind was declared" in drift
    assert max(map(len, drift.splitlines())) < 500, "no line holds the compressed map"
    plant.configure(allowUnsafe=write_manifest(plant, SUBTREE))
    up(plant)
    assert tags_of(plant) == {**TAGGED, "hall-2": "Fire", "cellar": "Earth"}
    assert plant.twin_writes() == writes + 1 + MANY
    assert unpack(plant.outputs()["declared"]) == {**TAGGED, "hall-2": "Fire"}


def make_twins(plant: LocalAzure) -> list[str]:
    twins: dict[str, Any] = {f"bulk-{number:05}": {"$metadata": {"$model": ROOM}} for number in range(MANY)}
    target = Target(endpoint=plant.status()["digitalTwinsEndpoint"], token=plant.token("owner"), ca_file=plant.ca_file)
    asyncio.run(seed_graph(target, Graph(models={}, twins=twins, relationships={}), Seeded()))
    return sorted(twins)


def test_a_destroy_writes_nothing(plant: LocalAzure) -> None:
    writes = plant.twin_writes()

    destroyed = plant.pulumi("destroy", "--yes")

    assert destroyed.returncode == 0, destroyed.stdout + destroyed.stderr
    assert plant.twin_writes() == writes
