import json
from typing import Any

import pytest

from emulator.counters import INSTANCE_CALLS, TWIN_WRITES

ROOM = {"$metadata": {"$model": "dtmi:samples:Room;1"}}
TWINS = "Microsoft.DigitalTwins/digitaltwins"
RELATIONSHIPS = f"{TWINS}/relationships"
CALLS = [
    ("POST", "/query", "Microsoft.DigitalTwins/query/action"),
    ("GET", "/digitaltwins/x", f"{TWINS}/read"),
    ("PUT", "/digitaltwins/x", f"{TWINS}/write"),
    ("PATCH", "/digitaltwins/x", f"{TWINS}/write"),
    ("DELETE", "/digitaltwins/x", f"{TWINS}/delete"),
    ("GET", "/digitaltwins/x/components/c", f"{TWINS}/read"),
    ("PATCH", "/digitaltwins/x/components/c", f"{TWINS}/write"),
    ("GET", "/digitaltwins/x/relationships", f"{RELATIONSHIPS}/read"),
    ("GET", "/digitaltwins/x/incomingrelationships", f"{RELATIONSHIPS}/read"),
    ("GET", "/digitaltwins/x/relationships/r", f"{RELATIONSHIPS}/read"),
    ("PUT", "/digitaltwins/x/relationships/r", f"{RELATIONSHIPS}/write"),
    ("PATCH", "/digitaltwins/x/relationships/r", f"{RELATIONSHIPS}/write"),
    ("DELETE", "/digitaltwins/x/relationships/r", f"{RELATIONSHIPS}/delete"),
    ("GET", "/models", "Microsoft.DigitalTwins/models/read"),
    ("POST", "/models", "Microsoft.DigitalTwins/models/write"),
    ("GET", "/models/m", "Microsoft.DigitalTwins/models/read"),
    ("PATCH", "/models/m", "Microsoft.DigitalTwins/models/write"),
    ("DELETE", "/models/m", "Microsoft.DigitalTwins/models/delete"),
    ("GET", "/eventroutes", "Microsoft.DigitalTwins/eventroutes/read"),
    ("GET", "/eventroutes/e", "Microsoft.DigitalTwins/eventroutes/read"),
    ("PUT", "/eventroutes/e", "Microsoft.DigitalTwins/eventroutes/write"),
    ("DELETE", "/eventroutes/e", "Microsoft.DigitalTwins/eventroutes/delete"),
]
UNSUPPORTED = [
    ("GET", "/jobs/imports", "Microsoft.DigitalTwins/jobs/imports/read"),
    ("PUT", "/jobs/imports/j", "Microsoft.DigitalTwins/jobs/imports/write"),
    ("POST", "/jobs/imports/j/cancel", "Microsoft.DigitalTwins/jobs/imports/cancel/action"),
    ("POST", "/jobs/deletions", "Microsoft.DigitalTwins/jobs/deletions/write"),
    ("POST", "/digitaltwins/x/telemetry", f"{TWINS}/write"),
    ("POST", "/digitaltwins/x/components/c/telemetry", f"{TWINS}/write"),
]


@pytest.mark.parametrize(("method", "path", "data_action"), CALLS + UNSUPPORTED)
def test_a_call_needs_exactly_its_data_action(emulated: Any, method: str, path: str, data_action: str) -> None:
    actions = {action for _, _, action in CALLS + UNSUPPORTED}
    emulated.authorizer.allowed.update({"it": {data_action}, "others": actions - {data_action}})
    refused = emulated.request(method, path, token="others")
    assert refused.status == 403
    assert refused.error["code"] == refused.headers["x-ms-error-code"] == "Forbidden"
    assert data_action in refused.error["message"]
    assert emulated.request(method, path, {}, token="it").status != 403


@pytest.mark.parametrize(("method", "path", "data_action"), UNSUPPORTED)
def test_what_the_emulator_does_not_serve_says_so(emulated: Any, method: str, path: str, data_action: str) -> None:
    answer = emulated.request(method, path, {})
    assert answer.status == 404
    assert answer.error["message"].endswith("are not supported by the emulator.")


@pytest.mark.parametrize("token", [None, "wrong"])
def test_a_call_without_a_good_token_is_refused_by_the_front_door(emulated: Any, token: str | None) -> None:
    answer = emulated.request("GET", "/digitaltwins/x", token=token)
    assert (answer.status, answer.body) == (401, b'{"statusCode":401,"message":"Unauthorized"}')
    assert answer.headers["content-type"] == "application/json"
    assert "x-ms-error-code" not in answer.headers


def test_a_token_of_another_tenant_finds_no_instance(emulated: Any) -> None:
    answer = emulated.request("GET", "/digitaltwins/x", token="foreign")
    assert answer.status == 404
    assert b"Sub-Domain not found" in answer.body


def test_a_refusal_says_nothing_about_what_exists(house: Any, room: str) -> None:
    house.authorizer.allowed["stranger"] = set()
    answers = {
        house.request("GET", f"/digitaltwins/{twin_id}", token="stranger", version=version).body
        for twin_id in (room, "nobody")
        for version in ("2023-10-31", None, "1999-01-01")
    }
    assert len(answers) == 1


@pytest.mark.parametrize("version", ["2020-10-31", "2022-05-31", "2023-06-30", "2023-10-31"])
def test_the_stable_versions_are_served(emulated: Any, version: str) -> None:
    assert emulated.request("GET", "/models", version=version).status == 200


@pytest.mark.parametrize("version", [None, "2021-06-30-preview", "2031-01-01"])
def test_a_missing_or_other_version_is_a_bad_request(emulated: Any, version: str | None) -> None:
    assert emulated.request("GET", "/models", version=version).status == 400


@pytest.mark.parametrize("path", ["/", "/models/", "/digitaltwins", "/digitaltwins/", "/_control/faults", "//query"])
def test_an_unknown_path_is_404(emulated: Any, path: str) -> None:
    assert emulated.request("GET", path).status == 404


def test_an_unknown_verb_is_405_and_names_the_others(emulated: Any) -> None:
    answer = emulated.request("POST", "/digitaltwins/x")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, PUT, PATCH, DELETE")


def test_every_answer_can_be_traced(emulated: Any) -> None:
    answer = emulated.request("GET", "/models", token=None)
    assert answer.headers["strict-transport-security"] == "max-age=2592000"
    assert {"mise-correlation-id", "traceresponse"} <= set(answer.headers)


def test_acknowledged_writes_of_twins_and_components_are_counted(house: Any) -> None:
    body = {"$metadata": {"$model": "dtmi:samples:Heated;1"}, "Thermostat": {"$metadata": {}}}
    house.request("PUT", "/digitaltwins/1", body)
    house.request("PATCH", "/digitaltwins/1", [])
    house.request("PATCH", "/digitaltwins/1/components/Thermostat", [])
    assert house.count(TWIN_WRITES) == 3
    house.request("PATCH", "/digitaltwins/1", [{}])
    house.request("PATCH", "/digitaltwins/1", [], headers={"If-Match": "other"})
    house.request("GET", "/digitaltwins/1")
    house.request("POST", "/digitaltwins/1/telemetry", {})
    assert house.count(TWIN_WRITES) == 3


def test_every_call_is_counted_refused_ones_too(emulated: Any) -> None:
    for token, path in (("all", "/models"), (None, "/models"), ("foreign", "/models"), ("all", "/nowhere")):
        emulated.request("GET", path, token=token)
    assert emulated.count(INSTANCE_CALLS) == 4


def test_write_latency_delays_writes_of_twins_alone(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("emulator.digital_twins.routes.asyncio.sleep", sleep)
    house.faults.write_latency = 30
    house.request("PUT", "/digitaltwins/1", ROOM)
    house.request("GET", "/digitaltwins/1")
    house.request("POST", "/query", {"query": "SELECT * FROM DIGITALTWINS"})
    assert waited == [30]


def test_nothing_but_ascii_needs_escapes(house: Any) -> None:
    answer = house.request("PUT", "/digitaltwins/1", {**ROOM, "Unit": "it's/é"})
    assert '"Unit":"it\'s/é"'.encode() in answer.body
    assert json.loads(answer.body)["Unit"] == "it's/é"
