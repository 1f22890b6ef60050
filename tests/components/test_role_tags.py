import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from components import RoleTags, RoleTagsArgs, TwinGraph, TwinGraphArgs
from components.config import parse_config
from components.files import InputFileError
from components.stack import build_stack
from tests.components.scenario import ROLE_DEFINITION, local_config
from twin_rbac.role_tags.digest import WHOLE, unpack

Build = Callable[..., Any]
ROLE_TAGS = "pulumi-python:dynamic/digital-twins-rbac:RoleTags"
TWIN_GRAPH = "pulumi-python:dynamic/digital-twins-rbac:TwinGraph"
SITE = "azure-native:web:WebApp"
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


def test_what_the_manifest_selects_is_left_to_the_provider(build: Build, tmp_path: Path) -> None:
    manifest = tmp_path / "role-tags.yaml"
    manifest.write_text(
        "version: 1\nroles: {Earth: {}}\ntags:\n"
        "  - {role: Earth, twins: [A, __b]}\n  - {role: Earth, subtree: {of: A, via: [contains]}}\n"
    )
    seeded = {"graph": GRAPH, "seeded": "A", "seeded_relationships": "A%2Fx"}

    selecting = build(tags(manifest=str(manifest), **seeded)).one(ROLE_TAGS).inputs
    listing = build(tags(**seeded)).one(ROLE_TAGS).inputs

    # An id that Pulumi would hide has another key.
    assert selecting["twins"] == {"A": "Earth", "\\__b": "Earth"}
    assert selecting["seededRelationships"] == "A%2Fx"
    assert "seededRelationships" not in listing, "only subtrees look at them"


def test_very_many_twins_are_a_digest_for_each_role_and_the_whole_map_compressed(build: Build, tmp_path: Path) -> None:
    twins = ", ".join(f"t{number}" for number in range(10_001))
    manifest = tmp_path / "role-tags.yaml"
    manifest.write_text(f"version: 1\nroles: {{Earth: {{}}}}\ntags: [{{role: Earth, twins: [{twins}]}}]\n")

    inputs = build(tags(manifest=str(manifest))).one(ROLE_TAGS).inputs

    assert set(inputs["twins"]) == {"Earth", WHOLE}
    assert inputs["twins"]["Earth"].startswith("10,001 twins, sha256:")
    assert len(unpack(inputs["twins"])) == 10_001


def test_upgrades_and_an_allowed_manifest_are_inputs_where_they_are_asked_for(build: Build) -> None:
    inputs = build(tags(upgrade_models=True, allow_unsafe="ab" * 32)).one(ROLE_TAGS).inputs

    assert (inputs["upgradeModels"], inputs["allowUnsafe"]) == (True, "ab" * 32)


def test_with_upgrades_of_models_the_deployer_may_write_models_though_no_graph_is_seeded(build: Build) -> None:
    values = {key.split(":", 1)[1]: value for key, value in local_config().items() if key.startswith("digital-twins")}
    del values["graph"]

    def program(**settings: object) -> Callable[[], object]:
        return lambda: build_stack(parse_config({**values, **settings}))

    def loaders(built: Any) -> list[str]:
        return [item.name for item in built.of_type(ROLE_DEFINITION) if "loader" in item.name]

    assert loaders(build(program())) == []
    assert loaders(build(program(upgradeModels=True))) == ["loader-role"]


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
