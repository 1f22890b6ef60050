from typing import Any

import pytest

from tests.twin_rbac.gateway.world import EARTH, GRAPH, World

ALL = "SELECT * FROM DIGITALTWINS"
VERSIONS = ["2020-10-31", "2022-05-31", "2023-06-30", "2023-10-31"]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_services_stable_versions_are_accepted(world: World, version: str) -> None:
    assert world.query(EARTH, ALL, api_version=version).ids == ["1", "2", "A"]
    assert world.get(EARTH, "/digitaltwins/A", api_version=version).status == 200


@pytest.mark.parametrize(
    ("version", "code"),
    [
        (None, "ApiVersionUnspecified"),
        ("", "ApiVersionUnspecified"),
        ("2024-01-01", "UnsupportedApiVersion"),
        ("2021-06-30-preview", "UnsupportedApiVersion"),
        ("2023-10-31 ", "UnsupportedApiVersion"),
        ("2023-10-31&api-version=2023-10-31", "UnsupportedApiVersion"),
        ("2023-10-31&api-version=2020-10-31", "UnsupportedApiVersion"),
        ("2023-10-31&x=" + "y" * 3000, "InvalidArgument"),
    ],
)
def test_another_version_is_refused_without_a_call(world: World, version: str | None, code: str) -> None:
    for reply in (
        world.query(EARTH, ALL, api_version=version),
        world.get(EARTH, "/digitaltwins/A", api_version=version),
        world.get(EARTH, "/digitaltwins/B", api_version=version),
    ):
        assert (reply.status, reply.code) == (400, code)
    assert world.instance.asked == []


def test_an_older_version_shows_a_twin_as_that_version_does() -> None:
    document = {**GRAPH[2], "$metadata": {"$model": "m", "$lastUpdateTime": "2025-01-01T00:00:00.0000000Z"}}
    world = World([document])

    newer = world.get(EARTH, "/digitaltwins/A", api_version="2022-05-31").json
    older = world.get(EARTH, "/digitaltwins/A", api_version="2020-10-31").json

    assert (newer["$metadata"], older["$metadata"]) == (document["$metadata"], {"$model": "m"})
    assert world.query(EARTH, ALL, api_version="2020-10-31").json["value"][0] == older
    world.instance.close()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "InvalidArgument"),
        (b"{", "InvalidArgument"),
        (b"[]", "InvalidArgument"),
        (b"null", "InvalidArgument"),
        (b'"SELECT * FROM DIGITALTWINS"', "InvalidArgument"),
        (b'{"query": "SELECT * FROM DIGITALTWINS"} x', "InvalidArgument"),
        (b"\xff\xfe{\x00}\x00", "InvalidArgument"),
        (b"[" * 100_000, "InvalidArgument"),
        (b"{}", "BadRequest"),
        (b'{"Query": "SELECT * FROM DIGITALTWINS"}', "BadRequest"),
        (b'{"query": null, "continuationToken": null}', "BadRequest"),
        (b'{"query": 1}', "BadRequest"),
        (b'{"query": ["SELECT * FROM DIGITALTWINS"]}', "BadRequest"),
        (b'{"query": {}, "continuationToken": "x"}', "BadRequest"),
        (b'{"query": "' + b"x" * (128 * 1024) + b'"}', "LimitExceeded"),
        (b'{"query": "' + b"x" * 8001 + b'"}', "SqlQueryError"),
        (b'{"query": ""}', "SqlQueryError"),
        (b'{"query": "SELECT * FROM DIGITALTWINS WHERE a = \'\\ud800\'"}', "QueryNotSupported"),
    ],
    ids=range(18),
)
def test_a_body_that_cannot_be_read_is_refused_without_a_call(world: World, body: bytes, code: str) -> None:
    reply = world.call("POST", "/query", body, token=world.entra.token(EARTH))

    assert (reply.status, reply.code) == (400, code)
    assert world.instance.asked == []


@pytest.mark.parametrize(("size", "asked"), [("1", "1"), ("2", "2"), ("1000", "1000"), ("999999999", "1000")])
def test_the_page_size_is_passed_on_up_to_the_services_limit(world: World, size: str, asked: str) -> None:
    assert world.query(EARTH, ALL, headers={"max-items-per-page": size}).status == 200
    assert world.instance.asked[0].headers == {"max-items-per-page": asked}


def test_without_a_page_size_the_instance_decides(world: World) -> None:
    world.query(EARTH, ALL)

    assert world.instance.asked[0].headers == {}


@pytest.mark.parametrize("size", ["0", "-1", "", "1.5", "1e3", "x", "1,2", " ", "\u0661", "9999999999"], ids=ascii)
def test_a_page_size_that_is_no_positive_number_is_refused_without_a_call(world: World, size: str) -> None:
    reply = world.query(EARTH, ALL, headers={"max-items-per-page": size})

    assert (reply.status, reply.code) == (400, "InvalidArgument")
    assert world.instance.asked == []


def test_nothing_of_the_callers_request_but_the_scoped_query_reaches_the_instance(world: World) -> None:
    body: dict[str, Any] = {"query": ALL, "other": "x", "parameters": ["y"]}
    world.call("POST", "/query", body, token=world.entra.token(EARTH), headers={"x-other": "z"})

    (call,) = world.instance.asked
    assert call.body == {
        "query": "SELECT * FROM DIGITALTWINS T WHERE IS_DEFINED(T.tags.role) AND T.tags.role IN ['Earth']"
    }
    assert call.headers == {}
