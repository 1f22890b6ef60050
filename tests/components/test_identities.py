"""Exactly what each identity is given, against lists that were written by hand."""

from collections.abc import Callable
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.components.scenario import GROUP, IDENTITY, ROLE_ASSIGNMENT, ROLE_DEFINITION, ROOT, local_config, run_program

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


RESOURCES = "/subscriptions/s/resourceGroups/events/providers"
# Resource id -> what the lists call it.
NAMED = {
    f"{RESOURCES}/Microsoft.EventHub/namespaces/n/eventhubs/routes": "endpoint's event hub",
    f"{RESOURCES}/Microsoft.Storage/storageAccounts/letters/blobServices/default/containers/dead": "dead letter",
    f"{RESOURCES}/Microsoft.EventHub/namespaces/n/eventhubs/history": "history's event hub",
    f"{RESOURCES}/Microsoft.Kusto/clusters/c/databases/d": "history's database",
    "host-storage-id": "storage",
    "insights-id": "insights",
    GROUP: "group",
}
HUB, DEAD_LETTER, HISTORY_HUB, DATABASE, *_ = NAMED
WITH_ROUTES: dict[str, object] = {
    "protect": False,
    "endpoints": {"events": {"eventHub": HUB, "deadLetter": DEAD_LETTER}},
    "routes": {"all": {"endpoint": "events"}},
    "history": {
        "database": DATABASE,
        "endpointUri": "https://c.westeurope.kusto.windows.net",
        "eventHub": HISTORY_HUB,
    },
}


@pytest.fixture
def built(build: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(ROOT)
    return build(run_program({}), config=local_config())


@pytest.fixture
def built_with_routes(build: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(ROOT)
    return build(run_program({}), config=local_config() | {"digital-twins-rbac:instance": WITH_ROUTES})


def test_every_role_allows_what_its_list_says_and_nothing_else(built: Any) -> None:
    assert list_roles(built) == GOLDEN["roles"]


def test_event_routes_give_their_own_actions_to_who_needs_them_and_nothing_else(built_with_routes: Any) -> None:
    assert list_roles(built_with_routes) == GOLDEN["roles"] | GOLDEN["with routes"]["roles"]


def test_every_identity_holds_the_roles_of_its_list_and_no_other(built: Any) -> None:
    assert list_identities(built) == GOLDEN["identities"]


def test_the_instance_holds_roles_where_it_sends_events_and_nowhere_else(built_with_routes: Any) -> None:
    assert list_identities(built_with_routes) == GOLDEN["identities"] | GOLDEN["with routes"]["identities"]


def list_roles(built: Any) -> dict[str, dict[str, list[str]]]:
    found = {}
    for item in built.of_type(ROLE_DEFINITION):
        (permission,) = item.inputs["permissions"]
        assert permission["notActions"] == permission["notDataActions"] == []
        found[ROLES[item.name]] = {key: permission[key] for key in ("actions", "dataActions")}
    return found


def list_identities(built: Any) -> dict[str, dict[str, list[str]]]:
    names = {str(row["objectId"]): name for name, row in DIRECTORY.items()}
    names |= {IDENTITY: "gateway", "instance-principal": "instance"}
    guids = {item.inputs["roleDefinitionId"]: ROLES[item.name] for item in built.of_type(ROLE_DEFINITION)}
    found: dict[str, dict[str, list[str]]] = {}
    for item in built.of_type(ROLE_ASSIGNMENT):
        guid = item.inputs["roleDefinitionId"].rsplit("/", 1)[-1]
        scopes = found.setdefault(names[item.inputs["principalId"]], {})
        scopes.setdefault(kind_of(item.inputs["scope"]), []).append(guids.get(guid, guid))
    return {name: {kind: sorted(held) for kind, held in scopes.items()} for name, scopes in found.items()}


def kind_of(scope: str) -> str:
    """What the lists call a scope; one that they do not know fails the test."""
    return "instance" if "/digitalTwinsInstances/" in scope else NAMED[scope]
