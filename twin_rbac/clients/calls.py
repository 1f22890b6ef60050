"""A request to a service of Azure, its answer, and what the answer means."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from twin_rbac.clients.errors import (
    AzureError,
    InstanceNotFound,
    InvalidRequest,
    PatchInvalid,
    PreconditionFailed,
    ServiceUnavailable,
    SignInFailed,
)

LONGEST_PAUSE = 60.0
"""Seconds that we wait at most between two tries."""
PASSING_FAILURES = frozenset({408, 500, 502, 503, 504})
"""Statuses that may be gone at the next try."""

_is_plain = re.compile("[A-Za-z0-9_-]+").fullmatch


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long a caller waits for a service, and how often it tries; the defaults suit a deployment, not a person."""

    attempts_without_answer: int = 4
    """Tries until a connection that drops or times out is an error."""
    attempts_that_fail: int = 6
    """Tries until a passing failure is an error."""
    attempts_when_throttled: int = 20
    longest_pause: float = LONGEST_PAUSE
    """Seconds between two tries at most; a service that asks for more has refused the call."""
    answer_timeout: float = 90
    """Seconds for one answer; the service itself gives a query 60."""
    largest_answer: int | None = None
    """Bytes of one answer; None for no limit."""
    connections: int = 64
    """Calls under way at once; others wait for their turn."""
    budget: float | None = None
    """Seconds for the call as a whole, pauses included; None for no limit."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request, and what the transport has to know about it."""

    method: str
    path: str
    """Absolute, percent-encoded, with its query; or a next link of the same service."""
    what: str
    """What it does, for an error's text, such as `update of twin 'A'`."""
    action: str
    """The action that the caller needs."""
    body: Any = None
    """Bytes as they are, anything else as JSON."""
    headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = True
    """Whether doing it twice does no harm; if not, it is not repeated once it may have been carried out."""
    answer_key: str | None = None
    """A key without which a 200 is no success: the query quota's error comes with status 200."""
    cost: int = 1
    """How many of the rate's requests it counts for."""
    small: bool = False
    """One of very many with short answers, repeatable: it may take the way on which each costs least (`Wire`)."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    document: Any
    """The JSON body; None when there is none, or none that can be read."""
    after_failures: bool = False
    """Whether earlier tries failed in a way that does not tell whether they were carried out."""


def make_path(*segments: str, api_version: str) -> str:
    """The path of something on the data plane, for `Call.path`."""
    return f"/{'/'.join(map(_encode, segments))}?api-version={api_version}"


def _encode(segment: str) -> str:
    # A twin's id may hold slashes, spaces and question marks; one that is nothing but dots would lead elsewhere.
    if _is_plain(segment):
        return segment
    encoded = quote(segment, safe="")
    return encoded if encoded.strip(".") else encoded.replace(".", "%2E")


def parse_body(body: bytes) -> Any:
    """The body as JSON; None when it is empty or something else, such as a proxy's page."""
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None


def is_throttled(call: Call, answer: Answer) -> bool:
    """Whether the service asks to slow down; for queries it also does so with status 200."""
    if answer.status == 429:
        return True
    keys = answer.document if isinstance(answer.document, dict) else ()
    return answer.status == 200 and call.answer_key is not None and call.answer_key not in keys


def retry_after(answer: Answer) -> float:
    """The pause that the service asks for, in seconds; 0 when it names none."""
    text = answer.headers.get("Retry-After", "")
    return min(float(text), LONGEST_PAUSE) if text.isdecimal() else 0.0


def refusal(call: Call, answer: Answer, address: str) -> AzureError:
    """What an answer of 400 or more, 403 apart, means."""
    code, reason = _code_and_reason(answer)
    match answer.status, code:
        case 401, _:
            return SignInFailed(address, "it does not accept the token")
        case 404, "":
            # The front door's own 404 has no code: it knows no such instance, or not for this tenant.
            return InstanceNotFound(address, reason)
        case 412, _:
            return PreconditionFailed(call.what, maybe_done=answer.after_failures)
        case 400, "JsonPatchInvalid":
            return PatchInvalid(call.what, status=400, code=code, reason=reason)
        case status, _ if status in PASSING_FAILURES:
            return ServiceUnavailable(f"{call.what} at {address}", f"{status} {code} {reason}")
        case status, _:
            return InvalidRequest(call.what, status=status, code=code, reason=reason)


def _code_and_reason(answer: Answer) -> tuple[str, str]:
    # Four shapes of an error's body: the service's envelope, two of the front door's, the web framework's
    # (fact sheet adt-data-plane, section 5.1).
    document: dict[str, Any] = answer.document if isinstance(answer.document, dict) else {}
    inner = document.get("error")
    error = inner if isinstance(inner, dict) else document
    details = [str(item.get("message")) for item in error.get("details") or () if isinstance(item, dict)]
    reason = "; ".join([str(error.get("message") or error.get("title") or "no reason given"), *details])
    return str(error.get("code") or ""), reason[:500]
