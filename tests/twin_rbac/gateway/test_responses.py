from functools import partial
from typing import Any

import pytest

from tests.twin_rbac.gateway.world import EARTH, World
from twin_rbac.clients.errors import (
    AccessDenied,
    AzureError,
    InstanceNotFound,
    InvalidRequest,
    ServiceUnavailable,
    SignInFailed,
    SlowDown,
    Throttled,
)
from twin_rbac.gateway.responses import answer_to

SECRET = "SELECT * FROM DIGITALTWINS T WHERE T.tags.role IN ['Earth'] token=wxyz adt.example"


def timed_out() -> ServiceUnavailable:
    error = ServiceUnavailable(SECRET, SECRET)
    error.__cause__ = TimeoutError(SECRET)
    return error


@pytest.mark.parametrize(
    ("error", "status", "code", "retry_after"),
    [
        (SlowDown(SECRET, attempts=2, pause=11.2), 429, "QuotaReachedError", "12"),
        (SlowDown(SECRET, attempts=2, pause=0.1), 429, "QuotaReachedError", "1"),
        (Throttled(SECRET, SECRET), 429, "QuotaReachedError", "5"),
        (ServiceUnavailable(SECRET, SECRET), 503, "ServiceUnavailable", "5"),
        (timed_out(), 504, "GatewayTimeout", "5"),
        (InvalidRequest(SECRET, status=400, code="SqlQueryError", reason=SECRET), 400, "InvalidArgument", None),
        (InvalidRequest(SECRET, status=400, code="TimeoutError", reason=SECRET), 400, "TimeoutError", None),
        (InvalidRequest(SECRET, status=414, code="", reason=SECRET), 400, "InvalidArgument", None),
        (InvalidRequest(SECRET, status=302, code="", reason=SECRET), 502, "BadGateway", None),
        (InvalidRequest(SECRET, status=501, code="", reason=SECRET), 502, "BadGateway", None),
        (AccessDenied(SECRET, SECRET), 502, "BadGateway", None),
        (SignInFailed(SECRET, SECRET), 502, "BadGateway", None),
        (InstanceNotFound(SECRET, SECRET), 502, "BadGateway", None),
        (AzureError(SECRET), 502, "BadGateway", None),
        (KeyError(SECRET), 500, "InternalServerError", None),
        (RecursionError(SECRET), 500, "InternalServerError", None),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_what_the_instance_says_is_turned_into_our_own_words(
    *, world: World, caplog: Any, error: Exception, status: int, code: str, retry_after: str | None
) -> None:
    for ask in (
        partial(world.query, EARTH, "SELECT * FROM DIGITALTWINS"),
        partial(world.get, EARTH, "/digitaltwins/A"),
    ):
        world.instance.failures = [error]
        reply = ask()
        assert (reply.status, reply.code, reply.headers.get("retry-after")) == (status, code, retry_after)
        assert reply.headers["x-ms-error-code"] == code
        assert set(reply.headers) <= {
            "content-type",
            "content-length",
            "retry-after",
            "x-ms-error-code",
            "x-ms-request-id",
        }
        for word in ("tags", "Earth", "wxyz", "adt.example"):
            assert word not in reply.body.decode() + caplog.text


def test_a_syntax_error_has_the_services_code_and_the_place_in_the_callers_own_text(world: World) -> None:
    reply = world.query(EARTH, "SELECT *\nFROM DIGITALTWINS\nWHERE a = = 1")

    assert (reply.status, reply.code) == (400, "SqlQueryError")
    assert reply.json["error"]["message"] == (
        "SQL query parse failed: SQL Parser Error, Line=3, Position=10, "
        "Message=missing a string, a number, true or false at '=' "
        "See samples in https://aka.ms/adtv2query for the correct syntax."
    )


def test_a_query_that_cannot_be_restricted_exactly_is_refused_with_the_reason(world: World) -> None:
    reply = world.query(EARTH, "SELECT * FROM RELATIONSHIPS")

    assert (reply.status, reply.code) == (400, "QueryNotSupported")
    assert "a relationship carries no role tag" in reply.json["error"]["message"]
    assert world.instance.asked == []


def test_every_answer_has_a_request_id_of_its_own(world: World) -> None:
    ids = {world.get(EARTH, path).headers["x-ms-request-id"] for path in ("/digitaltwins/A", "/digitaltwins/B", "/x")}

    assert len(ids) == 3


def test_an_etag_that_is_no_header_is_left_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for etag in ("a\r\nSet-Cookie: x", "\u0400", None, 1):
        document = {"$dtId": "A", "$etag": etag, "tags": {"role": "Earth"}}
        monkeypatch.setattr(world.instance, "get_twin", partial(_answer, document))
        assert "etag" not in world.get(EARTH, "/digitaltwins/A").headers


async def _answer(document: Any, _twin_id: str, **_options: Any) -> Any:
    return document


def test_an_error_that_is_not_in_the_table_is_our_own_failure() -> None:
    assert answer_to(ValueError("x")).status == 500
