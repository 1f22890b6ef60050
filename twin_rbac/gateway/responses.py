"""What a caller gets: answers, and for each error its status, code and text. Nothing of the instance's own texts.

Headers are an allow-list: what the instance sends along, such as the charge of a query, tells of hidden twins.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.types import Send

from twin_rbac.clients.errors import AnswerTooLarge, AzureError, InvalidRequest, ServiceUnavailable, SlowDown, Throttled
from twin_rbac.gateway import errors
from twin_rbac.query import NotCertified, QueryNotSupported, QuerySyntaxError

JSON = "application/json; charset=utf-8"
REQUEST_ID = "x-ms-request-id"
ALLOWED_HEADERS = frozenset(
    {
        "allow",
        "content-length",
        "content-type",
        "etag",
        "retry-after",
        "www-authenticate",
        "x-ms-error-code",
        REQUEST_ID,
    }
)
_RETRY_SOON = 1
_RETRY_LATER = 5


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What goes back to the caller."""

    status: int
    document: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    reason: str
    """Why, in a word; for the log alone."""


def answered(document: Any, *, reason: str, status: int = 200, etag: object = None) -> Answer:
    """The answer to a call that was served."""
    is_header = isinstance(etag, str) and etag.isascii() and etag.isprintable()
    headers = {"ETag": str(etag)} if is_header else {}
    return Answer(status=status, document=document, headers=headers, reason=reason)


def unauthorized(error: errors.InvalidToken, *, authority: str, client_id: str) -> Answer:
    """The answer to a call without a token for us, in the shape of the service's; it tells nothing of the token."""
    challenge = f'Bearer authorization_uri="{authority}/oauth2/v2.0/authorize", resource_id="{client_id}"'
    return Answer(
        status=401,
        document={"statusCode": 401, "message": "Unauthorized"},
        headers={"WWW-Authenticate": challenge},
        reason=f"token-{error.reason}",
    )


def answer_to(error: Exception) -> Answer:
    """The answer to a call that ended in the error; one that we do not know is our own failure."""
    for kind, make in _ANSWERS:
        if isinstance(error, kind):
            return make(error)
    return _FAILED


def write_body(answer: Answer) -> bytes:
    """The answer's body.

    Raises:
        ValueError: something in it is no JSON, such as a number without an end.
    """
    return json.dumps(answer.document, separators=(",", ":"), allow_nan=False).encode()


async def send_answer(answer: Answer, body: bytes, send: Send, *, request_id: str) -> None:
    """Sends the answer in one piece, which is what the Functions adapter takes."""
    headers = {**answer.headers, "Content-Type": JSON, "Content-Length": str(len(body)), REQUEST_ID: request_id}
    raw = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
    allowed = [(name, value) for name, value in raw if name.decode() in ALLOWED_HEADERS]
    await send({"type": "http.response.start", "status": answer.status, "headers": allowed})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _refused(
    status: int, code: str, message: str, *, reason: str, retry_after: float | None = None, allow: str | None = None
) -> Answer:
    headers = {"x-ms-error-code": code}
    if retry_after is not None:
        headers["Retry-After"] = str(max(1, math.ceil(retry_after)))
    if allow:
        headers["Allow"] = allow
    return Answer(status=status, document={"error": {"code": code, "message": message}}, headers=headers, reason=reason)


_FAILED = _refused(500, "InternalServerError", "The gateway failed to answer.", reason="failed")
_WITHHELD = _refused(500, "InternalServerError", "The gateway failed to answer.", reason="withheld")


def _not_served(error: errors.NotServed) -> Answer:
    allow = ", ".join(error.allow)
    return _refused(error.status, error.code, str(error), reason=error.code, allow=allow)


def _syntax_error(error: QuerySyntaxError) -> Answer:
    # The service's own code and sentence, with the place in the caller's text.
    message = (
        f"SQL query parse failed: SQL Parser Error, Line={error.line}, Position={error.column - 1}, "
        f"Message={error.message} See samples in https://aka.ms/adtv2query for the correct syntax."
    )
    return _refused(400, "SqlQueryError", message, reason="query-syntax")


def _throttled(error: Throttled) -> Answer:
    pause = error.pause if isinstance(error, SlowDown) else _RETRY_LATER
    message = "Your rate limit has been exceeded. See https://aka.ms/dtv2limits for additional information."
    return _refused(429, "QuotaReachedError", message, reason="instance-throttled", retry_after=pause)


def _unavailable(error: ServiceUnavailable) -> Answer:
    if isinstance(error.__cause__, TimeoutError):
        message = "Azure Digital Twins did not answer in time. Try again later."
        return _refused(504, "GatewayTimeout", message, reason="instance-timeout", retry_after=_RETRY_LATER)
    message = "Azure Digital Twins cannot be reached. Try again later."
    return _refused(503, "ServiceUnavailable", message, reason="instance-unavailable", retry_after=_RETRY_LATER)


def _refused_by_instance(error: InvalidRequest) -> Answer:
    if error.code == "TimeoutError":
        return _refused(400, "TimeoutError", "The query took too long.", reason="query-timeout")
    if 400 <= error.status < 500:
        message = "Azure Digital Twins does not take this request, in the form that the gateway gives it."
        return _refused(400, "InvalidArgument", message, reason="instance-refused")
    return _REFUSED_US


_REFUSED_US = _refused(
    502, "BadGateway", "The gateway is not let in by Azure Digital Twins. Ask who runs it.", reason="instance-closed"
)
_HIDDEN_OR_MISSING = _refused(
    404,
    "DigitalTwinNotFound",
    "There is no digital twin instance that exists with the given ID. Please verify that the twin id is valid and "
    "ensure that the twin is not deleted. See section on querying the twins https://aka.ms/adtv2query.",
    reason="hidden-or-missing",
)
_GROUPS_OVERAGE = _refused(
    403,
    "GroupsOverage",
    "The token does not name your groups, since there are too many. Ask who runs the gateway to let the app "
    "registration issue only the groups that are assigned to it (groupMembershipClaims: ApplicationGroup).",
    reason="groups-overage",
)
_INVALID_CONTINUATION = _refused(
    400,
    "InvalidContinuationToken",
    "The continuation token is invalid or has expired. Start the query again.",
    reason="continuation-invalid",
)
_TOO_BUSY = _refused(
    503, "ServiceUnavailable", "The gateway is busy. Try again later.", reason="busy", retry_after=_RETRY_SOON
)
_TOO_MANY_CALLS = _refused(
    429,
    "TooManyRequests",
    "You have too many calls under way. Try again later.",
    reason="caller-busy",
    retry_after=_RETRY_SOON,
)
_NO_KEYS = _refused(
    503,
    "ServiceUnavailable",
    "Tokens cannot be checked at the moment. Try again later.",
    reason="keys-unavailable",
    retry_after=_RETRY_LATER,
)
_NO_ROLES = _refused(
    503,
    "ServiceUnavailable",
    "Role assignments cannot be read at the moment. Try again later.",
    reason="roles-unavailable",
    retry_after=_RETRY_LATER,
)


_TOO_LARGE = _refused(
    400,
    "LimitExceeded",
    "The page is too large. Ask for fewer rows at once with the header max-items-per-page, or for fewer columns.",
    reason="answer-too-large",
)


def _constant(answer: Answer) -> Callable[[Any], Answer]:
    return lambda _: answer


# The first row that fits counts: a subclass stands before its base.
_ANSWERS: tuple[tuple[type[Exception], Callable[[Any], Answer]], ...] = (
    (errors.HiddenOrMissing, _constant(_HIDDEN_OR_MISSING)),
    (errors.GroupsOverage, _constant(_GROUPS_OVERAGE)),
    (errors.InvalidContinuationToken, _constant(_INVALID_CONTINUATION)),
    (errors.TooBusy, _constant(_TOO_BUSY)),
    (errors.TooManyCalls, _constant(_TOO_MANY_CALLS)),
    (errors.KeysUnavailable, _constant(_NO_KEYS)),
    (errors.RolesUnavailable, _constant(_NO_ROLES)),
    (errors.NotServed, _not_served),
    (errors.BadCall, lambda error: _refused(400, error.code, str(error), reason="bad-call")),
    (errors.Defect, _constant(_WITHHELD)),
    (NotCertified, _constant(_WITHHELD)),
    (QuerySyntaxError, _syntax_error),
    (QueryNotSupported, lambda error: _refused(400, "QueryNotSupported", str(error), reason="query-not-supported")),
    (AnswerTooLarge, _constant(_TOO_LARGE)),
    (Throttled, _throttled),
    (ServiceUnavailable, _unavailable),
    (InvalidRequest, _refused_by_instance),
    (AzureError, _constant(_REFUSED_US)),
)
