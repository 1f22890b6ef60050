"""Every identity of the access model, at every operation of the data plane, with its own token."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests

pytestmark = pytest.mark.engine

P = "Microsoft.DigitalTwins"
TWIN = "/digitaltwins/A"
MODEL = "/models/dtmi%3Adigitaltwinsrbac%3Aexample%3ASite%3B1"

# Operation -> method, path, body, data action (fact sheet adt-rbac, section 5).
OPERATIONS: dict[str, tuple[str, str, object, str]] = {
    "list models": ("GET", "/models", None, f"{P}/models/read"),
    "get a model": ("GET", MODEL, None, f"{P}/models/read"),
    "add models": ("POST", "/models", [], f"{P}/models/write"),
    "decommission a model": ("PATCH", MODEL, [], f"{P}/models/write"),
    "delete a model": ("DELETE", "/models/dtmi%3Anone%3B1", None, f"{P}/models/delete"),
    "query": ("POST", "/query", {"query": "SELECT * FROM DIGITALTWINS"}, f"{P}/query/action"),
    "get a twin": ("GET", TWIN, None, f"{P}/digitaltwins/read"),
    "put a twin": ("PUT", "/digitaltwins/none", {}, f"{P}/digitaltwins/write"),
    "patch a twin": ("PATCH", "/digitaltwins/none", [], f"{P}/digitaltwins/write"),
    "delete a twin": ("DELETE", "/digitaltwins/none", None, f"{P}/digitaltwins/delete"),
    "get a component": ("GET", f"{TWIN}/components/c", None, f"{P}/digitaltwins/read"),
    "patch a component": ("PATCH", "/digitaltwins/none/components/c", [], f"{P}/digitaltwins/write"),
    "list relationships": ("GET", f"{TWIN}/relationships", None, f"{P}/digitaltwins/relationships/read"),
    "list incoming": ("GET", f"{TWIN}/incomingrelationships", None, f"{P}/digitaltwins/relationships/read"),
    "get a relationship": ("GET", f"{TWIN}/relationships/r", None, f"{P}/digitaltwins/relationships/read"),
    "put a relationship": ("PUT", f"{TWIN}/relationships/r", {}, f"{P}/digitaltwins/relationships/write"),
    "patch a relationship": ("PATCH", f"{TWIN}/relationships/r", [], f"{P}/digitaltwins/relationships/write"),
    "delete a relationship": ("DELETE", f"{TWIN}/relationships/r", None, f"{P}/digitaltwins/relationships/delete"),
    "send telemetry": ("POST", "/digitaltwins/none/telemetry", {}, f"{P}/digitaltwins/write"),
    "send a component's telemetry": (
        "POST",
        "/digitaltwins/none/components/c/telemetry",
        {},
        f"{P}/digitaltwins/write",
    ),
    "list event routes": ("GET", "/eventroutes", None, f"{P}/eventroutes/read"),
    "get an event route": ("GET", "/eventroutes/r", None, f"{P}/eventroutes/read"),
    "put an event route": ("PUT", "/eventroutes/r", {}, f"{P}/eventroutes/write"),
    "delete an event route": ("DELETE", "/eventroutes/r", None, f"{P}/eventroutes/delete"),
    "list import jobs": ("GET", "/jobs/imports", None, f"{P}/jobs/imports/read"),
    "create an import job": ("PUT", "/jobs/imports/j", {}, f"{P}/jobs/imports/write"),
    "delete an import job": ("DELETE", "/jobs/imports/j", None, f"{P}/jobs/imports/delete"),
    "cancel an import job": ("POST", "/jobs/imports/j/cancel", None, f"{P}/jobs/imports/cancel/action"),
    "delete everything": ("POST", "/jobs/deletions", None, f"{P}/jobs/deletions/write"),
    "list deletion jobs": ("GET", "/jobs/deletions", None, f"{P}/jobs/deletions/read"),
}

TAGGER = {f"{P}/{action}" for action in ("digitaltwins/read", "digitaltwins/write", "query/action", "models/read")}
LOADER = {f"{P}/models/write", f"{P}/digitaltwins/relationships/read", f"{P}/digitaltwins/relationships/write"}

# Identity -> the data actions it holds; design section 2.
IDENTITIES: dict[str, set[str]] = {
    "deployer": TAGGER | LOADER,
    "tagger": TAGGER,
    "drift": {f"{P}/digitaltwins/read", f"{P}/models/read", f"{P}/query/action"},
    "gateway": {
        f"{P}/{action}"
        for action in ("query/action", "digitaltwins/read", "digitaltwins/relationships/read", "models/read")
    },
    "pull-request": set(),
    "earth": set(),
    "fire": set(),
    "wind": set(),
    "stranger": set(),
}


@pytest.fixture(scope="module")
def call(shared_azure: Any) -> Callable[[str, str], int]:
    endpoint = shared_azure.outputs()["digitalTwinsEndpoint"]
    tokens = {name: shared_azure.token(name) for name in IDENTITIES}

    def send(identity: str, operation: str) -> int:
        method, path, body, _ = OPERATIONS[operation]
        content = "application/json-patch+json" if method == "PATCH" else "application/json"
        answer = requests.request(
            method,
            f"{endpoint}{path}",
            params={"api-version": "2023-10-31"},
            data=None if body is None else json.dumps(body),
            headers={
                "Authorization": f"Bearer {tokens[identity]}",
                "Content-Type": content,
                "If-None-Match": "*",
                "Message-Id": "m",
            },
            verify=shared_azure.ca_file,
            timeout=30,
        )
        return answer.status_code

    return send


@pytest.mark.parametrize("identity", IDENTITIES)
def test_an_identity_is_refused_every_operation_that_it_may_not_do(
    identity: str, call: Callable[[str, str], int]
) -> None:
    refused = {operation for operation in OPERATIONS if call(identity, operation) == 403}

    assert refused == {name for name, row in OPERATIONS.items() if row[3] not in IDENTITIES[identity]}
