"""POST /query."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from emulator.digital_twins.call import Call, answer
from emulator.digital_twins.errors import EnvelopeError, ServiceError
from emulator.digital_twins.evaluate import run_query
from emulator.digital_twins.paging import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, Continuation, Row, page_size, parse_token
from emulator.digital_twins.service import Service
from twin_rbac.query import QueryNotSupported, QuerySyntaxError, parse

_BASE_CHARGE = 2.99
_CHARGE_OF_A_ROW = 0.02


def query_twins(service: Service, call: Call) -> Response:
    """A page of a query. With a continuation token the request's own query is ignored."""
    size = page_size(call.headers.get("max-items-per-page"), default=DEFAULT_PAGE_SIZE, maximum=MAX_PAGE_SIZE)
    position = _position(call.json_object())
    rows, rest = service.results.page(position, size, lambda: _evaluate(service, position.query))
    charge = _BASE_CHARGE + _CHARGE_OF_A_ROW * len(rows)
    return answer(
        {"value": call.shown(list(rows)), "continuationToken": rest.token() if rest else None},
        headers={"query-charge": f"{charge:.2f}"},
    )


def _position(body: Mapping[str, Any]) -> Continuation:
    token, query = body.get("continuationToken"), body.get("query")
    if isinstance(token, str):
        return parse_token(token)
    if token is not None or not isinstance(query, str):
        raise EnvelopeError(400, "BadRequest", "The request must hold a query or a continuation token.")
    return Continuation(query=query)


def _evaluate(service: Service, text: str) -> Sequence[Row]:
    try:
        query = parse(text)
        return run_query(query, service.graph.indexed_twins(), service.graph.indexed_relationships(), service.models)
    except QuerySyntaxError as error:
        raise _syntax_error(error) from error
    except QueryNotSupported as error:
        raise EnvelopeError(400, "QueryNotSupported", f"Not supported by the emulator: {error}") from error


def _syntax_error(error: QuerySyntaxError) -> ServiceError:
    return EnvelopeError(
        400,
        "SqlQueryError",
        f"SQL query parse failed: SQL Parser Error, Line={error.line}, Position={error.column - 1}, "
        f"Message={error.message} See samples in https://aka.ms/adtv2query for the correct syntax.",
    )
