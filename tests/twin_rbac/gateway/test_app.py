import asyncio
from typing import Any

import pytest

from tests.twin_rbac.gateway.world import EARTH, FIRE, GRAPH, STRANGER, WIND, World
from twin_rbac.clients.errors import AnswerTooLarge
from twin_rbac.clients.instance import Page
from twin_rbac.gateway.limits import Concurrency
from twin_rbac.query import NotCertified, scope

ALL = "SELECT * FROM DIGITALTWINS"


def test_each_tenant_gets_its_own_twins_and_a_tenant_of_several_roles_those_of_each(world: World) -> None:
    assert world.query(EARTH, ALL).ids == ["1", "2", "A"]
    assert world.query(FIRE, ALL).ids == ["3", "B"]
    assert world.query(WIND, ALL).ids == ["1", "2", "3", "A", "B"]


def test_a_twin_of_the_callers_is_answered_as_the_instance_answers_it(world: World) -> None:
    reply = world.get(EARTH, "/digitaltwins/A")

    assert (reply.status, reply.json) == (200, GRAPH[2])
    assert reply.headers["etag"] == 'W/"1"'


def test_only_allowed_headers_are_sent_and_the_charge_of_a_query_is_not_one_of_them(world: World) -> None:
    assert set(world.query(EARTH, ALL).headers) == {"content-type", "content-length", "x-ms-request-id"}


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (ALL, []),
        ("SELECT COUNT() FROM DIGITALTWINS", [{"COUNT": 0}]),
        ("SELECT TOP(1) $dtId FROM DIGITALTWINS", []),
        ("SELECT * FROM RELATIONSHIPS", []),
    ],
)
def test_a_caller_without_a_role_gets_the_answer_on_an_empty_graph_and_the_instance_is_not_asked(
    world: World, text: str, rows: list[Any]
) -> None:
    reply = world.query(STRANGER, text)

    assert (reply.status, reply.json) == (200, {"value": rows, "continuationToken": None})
    assert world.get(STRANGER, "/digitaltwins/A").status == 404
    assert world.instance.asked == []


def test_a_caller_without_a_role_is_told_of_a_bad_query_as_anybody_is(world: World) -> None:
    reply = world.query(STRANGER, "SELECT FROM")

    assert (reply.status, reply.code) == (400, "SqlQueryError")


@pytest.mark.parametrize("hidden", ["B", "3", "X", "Y", "Z", "W", "V"])
def test_a_hidden_twin_and_a_missing_one_cannot_be_told_apart(world: World, hidden: str) -> None:
    for_hidden = world.get(EARTH, f"/digitaltwins/{hidden}")
    asked_for_hidden = [(call.method, call.headers) for call in world.instance.asked]
    world.instance.asked.clear()
    for_missing = world.get(EARTH, "/digitaltwins/missing")
    asked_for_missing = [(call.method, call.headers) for call in world.instance.asked]

    assert for_hidden.status == for_missing.status == 404
    assert for_hidden.body == for_missing.body
    assert for_hidden.code == "DigitalTwinNotFound"
    assert {**for_hidden.headers, "x-ms-request-id": ""} == {**for_missing.headers, "x-ms-request-id": ""}
    assert asked_for_hidden == asked_for_missing == [("GET", {})]


def test_a_role_in_a_group_of_the_users_token_counts(world: World) -> None:
    world.resource_manager.assign("99999999-9999-4999-8999-999999999999", "Fire", principalType="Group")
    token = world.entra.token(STRANGER, groups=["99999999-9999-4999-8999-999999999999".upper()])

    reply = world.call("POST", "/query", {"query": ALL}, token=token)

    assert reply.ids == ["3", "B"]


def test_groups_in_an_applications_token_do_not_count(world: World) -> None:
    world.resource_manager.assign("99999999-9999-4999-8999-999999999999", "Fire", principalType="Group")
    token = world.entra.app_token(STRANGER, groups=["99999999-9999-4999-8999-999999999999"])

    assert world.call("POST", "/query", {"query": ALL}, token=token).ids == []


def test_an_application_with_a_role_of_its_own_gets_its_twins(world: World) -> None:
    token = world.entra.app_token(FIRE)

    assert world.call("POST", "/query", {"query": ALL}, token=token).ids == ["3", "B"]


@pytest.mark.parametrize("claims", [{"hasgroups": True}, {"_claim_names": {"groups": "src1"}}])
def test_too_many_groups_are_refused_with_the_remedy_instead_of_answering_half(
    world: World, claims: dict[str, Any]
) -> None:
    reply = world.call("POST", "/query", {"query": ALL}, token=world.entra.token(EARTH, **claims))

    assert (reply.status, reply.code) == (403, "GroupsOverage")
    assert "groupMembershipClaims: ApplicationGroup" in reply.json["error"]["message"]
    assert world.instance.asked == []


@pytest.mark.parametrize(
    "properties",
    [
        {"condition": "@Resource[x] StringEquals 'y'"},
        {"roleDefinitionId": "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"},
    ],
)
def test_an_assignment_with_a_condition_or_of_another_role_gives_nothing(
    world: World, properties: dict[str, Any]
) -> None:
    world.resource_manager.assign(STRANGER, "Earth", **properties)

    assert world.query(STRANGER, ALL).ids == []


def test_a_row_that_the_caller_may_not_see_is_a_defect_and_nothing_of_the_page_is_answered(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.instance.pages = [Page([GRAPH[2], GRAPH[4]], None)]

    reply = world.query(EARTH, ALL)

    assert (reply.status, reply.code) == (500, "InternalServerError")
    assert b"role" not in reply.body
    assert '"error": "Defect"' in caplog.text
    assert '"B"' not in caplog.text


def test_a_query_that_the_certifier_stops_is_not_sent(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(text: str, **_rule: Any) -> None:
        raise NotCertified("the role predicate does not restrict the alias T")

    monkeypatch.setattr(scope, "certify", refuse)
    reply = world.query(EARTH, ALL)

    assert (reply.status, reply.code) == (500, "InternalServerError")
    assert world.instance.asked == []


def test_what_is_not_foreseen_is_a_500_that_tells_nothing(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.instance.failures = [KeyError("secret-twin")]

    reply = world.query(EARTH, ALL)

    assert reply.status == 500
    assert "secret-twin" not in reply.body.decode() + caplog.text


def test_more_calls_than_the_gateway_takes_are_put_off(world: World) -> None:
    busy = World(GRAPH, concurrency=Concurrency(overall=2, per_caller=2))
    statuses = asyncio.run(_at_once(busy, [EARTH, FIRE, WIND]))
    asyncio.run(busy.close())

    assert sorted(statuses) == [(200, None), (200, None), (503, "1")]


def test_one_caller_cannot_take_all_the_places(world: World) -> None:
    busy = World(GRAPH, concurrency=Concurrency(overall=10, per_caller=1))
    statuses = asyncio.run(_at_once(busy, [EARTH, EARTH, FIRE]))
    asyncio.run(busy.close())

    assert sorted(statuses) == [(200, None), (200, None), (429, "1")]


async def _at_once(world: World, callers: list[str]) -> list[tuple[int, str | None]]:
    tokens = [world.entra.token(caller) for caller in callers]
    calls = [world.call_async("POST", "/query", {"query": ALL}, token=token) for token in tokens]
    return [(reply.status, reply.headers.get("retry-after")) for reply in await asyncio.gather(*calls)]


def test_the_health_of_the_gateway_is_told_to_anybody_and_nothing_else_is(world: World) -> None:
    reply = world.call("GET", "/healthz", api_version=None)

    assert (reply.status, reply.json) == (200, {"status": "ok", "package": "sha256:0"})
    assert world.call("POST", "/healthz").status == 405
    assert world.call("GET", "/healthz/").status == 401
    assert world.call("GET", "/readyz").status == 401
    assert world.call("GET", "/").status == 401


def test_readiness_says_what_can_be_reached(world: World) -> None:
    ready = world.get(STRANGER, "/readyz", api_version=None)
    world.resource_manager.is_down = True
    world.clock.advance(100)
    not_ready = world.get(STRANGER, "/readyz", api_version=None)

    assert (ready.status, ready.json) == (
        200,
        {"status": "ok", "checks": {"keys": "ok", "roles": "ok", "instance": "ok"}},
    )
    assert (not_ready.status, not_ready.json) == (
        503,
        {"status": "unavailable", "checks": {"keys": "ok", "roles": "unavailable", "instance": "ok"}},
    )


def test_readiness_is_looked_at_every_few_seconds_however_many_ask(world: World) -> None:
    async def ask(number: int) -> None:
        token = world.entra.token(STRANGER)
        calls = [world.call_async("GET", "/readyz", token=token, api_version=None) for _ in range(number)]
        assert {reply.status for reply in await asyncio.gather(*calls)} == {200}

    asyncio.run(ask(10))
    asyncio.run(ask(10))
    assert len(world.instance.asked) == 1

    world.clock.advance(5)
    asyncio.run(ask(1))
    assert len(world.instance.asked) == 2


def test_an_answer_that_is_no_json_is_a_500_in_the_usual_shape(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.instance.pages = [Page([{"$dtId": "A", "tags": {"role": "Earth"}, "x": float("inf")}], None)]

    reply = world.query(EARTH, ALL)

    assert (reply.status, reply.code) == (500, "InternalServerError")
    assert '"error": "ValueError"' in caplog.text


@pytest.mark.parametrize("rows", [[None], [5], ["A"], [["A"]]])
def test_what_is_no_row_is_not_handed_on(world: World, rows: Any) -> None:
    world.instance.pages = [Page(rows, None)]

    assert world.query(EARTH, "SELECT T.a FROM DIGITALTWINS T").status == 500


def test_a_page_that_is_too_large_is_refused_with_what_to_do(world: World) -> None:
    world.instance.failures = [AnswerTooLarge("query", 16)]

    reply = world.query(EARTH, ALL)

    assert (reply.status, reply.code) == (400, "LimitExceeded")
    assert "max-items-per-page" in reply.json["error"]["message"]


def test_readiness_without_keys_says_so_and_asks_nothing_else(world: World) -> None:
    world.entra.is_down = True
    reply = world.get(STRANGER, "/readyz", api_version=None)

    assert (reply.status, reply.json["checks"]) == (
        503,
        {"keys": "unavailable", "roles": "unknown", "instance": "unknown"},
    )
    assert (world.resource_manager.asked, world.instance.asked) == (0, [])


def test_entra_that_is_down_at_the_first_call_is_said_to_come_back(world: World) -> None:
    world.entra.is_down = True
    first = world.query(EARTH, ALL)
    world.entra.is_down = False
    world.clock.advance(3)

    assert (first.status, first.code, first.headers["retry-after"]) == (503, "ServiceUnavailable", "5")
    assert world.query(EARTH, ALL).ids == ["1", "2", "A"]


def test_the_start_and_the_end_of_the_application_are_answered(world: World) -> None:
    events = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[str] = []

    async def receive() -> Any:
        return events.pop(0)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    asyncio.run(world.gateway({"type": "lifespan"}, receive, send))

    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
