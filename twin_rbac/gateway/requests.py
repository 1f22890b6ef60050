"""A request → the plain values that the handlers take."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from twin_rbac.gateway.errors import BadCall
from twin_rbac.gateway.limits import MAX_BODY_BYTES, MAX_PAGE_SIZE, MAX_PARAMETERS_BYTES

API_VERSIONS = ("2020-10-31", "2022-05-31", "2023-06-30", "2023-10-31")
"""The service's stable data-plane versions (fact sheet adt-data-plane, section 1)."""


@dataclass(frozen=True, kw_only=True)
class QueryCall:
    """What POST /query asks for: a query, the next page of one, or both."""

    text: str | None
    token: object | None
    page_size: int | None
    api_version: str


def read_api_version(request: Request) -> str:
    """The version that the call asks for.

    Raises:
        BadCall: it names none, several, or one that the service does not have.
    """
    if len(request.scope["query_string"]) > MAX_PARAMETERS_BYTES:
        raise BadCall("InvalidArgument", f"The parameters have more than {MAX_PARAMETERS_BYTES} characters.")
    versions = request.query_params.getlist("api-version")
    if not any(versions):
        raise BadCall("ApiVersionUnspecified", "An API version is required, but was not specified. Add api-version.")
    if len(versions) > 1 or versions[0] not in API_VERSIONS:
        known = ", ".join(API_VERSIONS)
        raise BadCall("UnsupportedApiVersion", f"The API version is not supported. Supported are: {known}.")
    return versions[0]


async def read_query(request: Request) -> QueryCall:
    """The call of POST /query.

    Raises:
        BadCall: the body or a header cannot be read.
    """
    api_version = read_api_version(request)
    page_size = _page_size(request.headers.getlist("max-items-per-page"))
    body = await _json_object(request)
    text, token = body.get("query"), body.get("continuationToken")
    if not isinstance(text, str | None):
        raise BadCall("BadRequest", "The query must be a text.")
    if text is None and token is None:
        raise BadCall("BadRequest", "The request must hold a query or a continuation token.")
    return QueryCall(text=text, token=token, page_size=page_size, api_version=api_version)


def _page_size(values: list[str]) -> int | None:
    if not values:
        return None
    text = values[0]
    if len(values) > 1 or not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text) > 0):
        raise BadCall("InvalidArgument", "max-items-per-page must be one positive number.")
    return min(int(text), MAX_PAGE_SIZE)


async def _json_object(request: Request) -> Mapping[str, Any]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise BadCall("LimitExceeded", f"The request body has more than {MAX_BODY_BYTES} bytes.")
    try:
        document = json.loads(body.decode())
    except (ValueError, RecursionError) as error:
        raise BadCall("InvalidArgument", "Payload is invalid.") from error
    if not isinstance(document, dict):
        raise BadCall("InvalidArgument", "Payload is invalid.")
    return document
