"""Exactly what each identity is given, against lists that were written by hand."""

from collections.abc import Callable
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.components.scenario import IDENTITY, ROLE_ASSIGNMENT, ROLE_DEFINITION, ROOT, local_config, run_program

GOLDEN: dict[str, Any] = YAML(typ="safe").load(ROOT / "tests" / "cases" / "roles" / "identities.yaml")
DIRECTORY: dict[str, Any] = YAML(typ="safe").load(ROOT / "examples" / "tenants" / "directory.yaml")["principals"]
# The logical name of each role's definition -> its name in the lists.
ROLES = {
    "tagger-role": "tagger",
    "loader-role": "loader",
    "drift-reader-role": "drift reader",
    "gateway-identity-role": "gateway",
    "marker-roles-Earth": "Earth",
    "marker-roles-Fire": "Fire",
    "marker-roles-Wind": "Wind",
}


@pytest.fixture
def built(build: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(ROOT)
    return build(run_program({}), config=local_config())


def test_every_role_allows_what_its_list_says_and_nothing_else(built: Any) -> None:
    found = {}
    for item in built.of_type(ROLE_DEFINITION):
        (permission,) = item.inputs["permissions"]
        assert permission["notActions"] == permission["notDataActions"] == []
        found[ROLES[item.name]] = {key: permission[key] for key in ("actions", "dataActions")}

    assert found == GOLDEN["roles"]


def test_every_identity_holds_the_roles_of_its_list_and_no_other(built: Any) -> None:
    names = {str(row["objectId"]): name for name, row in DIRECTORY.items()} | {IDENTITY: "gateway"}
    guids = {item.inputs["roleDefinitionId"]: ROLES[item.name] for item in built.of_type(ROLE_DEFINITION)}
    found: dict[str, dict[str, list[str]]] = {}
    for item in built.of_type(ROLE_ASSIGNMENT):
        guid = item.inputs["roleDefinitionId"].rsplit("/", 1)[-1]
        scopes = found.setdefault(names[item.inputs["principalId"]], {})
        scopes.setdefault(kind_of(item.inputs["scope"]), []).append(guids.get(guid, guid))

    assert {name: {kind: sorted(held) for kind, held in scopes.items()} for name, scopes in found.items()} == GOLDEN[
        "identities"
    ]


def kind_of(scope: str) -> str:
    """Instance, group, storage or insights."""
    if "/digitalTwinsInstances/" in scope:
        return "instance"
    return {"host-storage-id": "storage", "insights-id": "insights"}.get(scope, "group")
