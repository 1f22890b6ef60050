import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from components import RoleTags, RoleTagsArgs, TwinGraph, TwinGraphArgs
from components.files import InputFileError

Build = Callable[..., Any]
ROLE_TAGS = "pulumi-python:dynamic/digital-twins-rbac:RoleTags"
TWIN_GRAPH = "pulumi-python:dynamic/digital-twins-rbac:TwinGraph"
EXAMPLES = Path(__file__).parent.parent.parent / "examples" / "tenants"
MANIFEST = str(EXAMPLES / "role-tags.yaml")
GRAPH = str(EXAMPLES / "graph.ndjson")


def tags(**changes: Any) -> Callable[[], None]:
    def build() -> None:
        args = {"endpoint": "https://adt", "instance_id": "/adt", "manifest": MANIFEST, **changes}
        RoleTags("role-tags", RoleTagsArgs(**args))

    return build


def graph(path: str = GRAPH) -> Callable[[], None]:
    def build() -> None:
        TwinGraph("graph", TwinGraphArgs(endpoint="https://adt", instance_id="/adt", graph=path))

    return build


def test_role_tags_are_the_manifests_twins_and_its_rules(build_in_both_modes: Build) -> None:
    inputs = dict(build_in_both_modes(tags()).one(ROLE_TAGS).inputs)
    inputs.pop("__provider")

    assert inputs == {
        "endpoint": "https://adt",
        "instanceId": "/adt",
        "manifest": MANIFEST,
        "twins": {"A": "Earth", "1": "Earth", "2": "Earth", "B": "Fire", "3": "Fire"},
        "rules": {
            "property": "tags",
            "key": "role",
            "encoding": "value",
            "limits": {"add": 100, "change": 30, "remove": 10},
            "roles": ["Earth", "Fire", "Wind"],
            "ignore": [],
            "missing": "error",
            "unlisted": "report",
        },
        "cloud": {},
    }


def test_graph_what_was_seeded_and_other_addresses_are_handed_on(build_in_both_modes: Build) -> None:
    cloud = {"resourceManager": "https://localhost:1"}
    inputs = build_in_both_modes(tags(graph=GRAPH, seeded="A B", cloud=cloud)).one(ROLE_TAGS).inputs

    assert (inputs["graph"], inputs["seeded"], inputs["cloud"]) == (GRAPH, "A B", cloud)


def test_the_provider_stands_in_the_state_by_its_name_not_by_its_code(build: Build) -> None:
    provider = build(tags()).one(ROLE_TAGS).inputs["__provider"]

    assert len(provider) < 200


def test_a_graph_is_a_hash_a_line(build_in_both_modes: Build) -> None:
    inputs = build_in_both_modes(graph()).one(TWIN_GRAPH).inputs

    assert set(inputs["twins"]) == {"A", "B", "1", "2", "3"}
    assert len(inputs["models"]) == 3
    assert set(inputs["relationships"]) == {"A/A-contains-1", "A/A-contains-2", "B/B-contains-3", "A/A-feeds-B"}
    assert "20.5" not in json.dumps(dict(inputs))


@pytest.mark.parametrize(
    ("program", "name"), [(tags(manifest="no.yaml"), "no.yaml"), (graph("no.ndjson"), "no.ndjson")]
)
def test_a_file_that_cannot_be_read_ends_the_program_with_its_name(
    program: Callable[[], None], name: str, build: Build
) -> None:
    with pytest.raises(InputFileError, match=rf"{name}:1:1: "):
        build(program)
