"""How Graph says no: one envelope, a code, and a sentence.

GraphError
  BadRequest           400: what the service does not take
  NotAuthenticated     401
  RequestDenied        403
  NotFound             404
  Conflict             409
"""

import uuid
from datetime import UTC, datetime

from starlette.responses import JSONResponse

from emulator.faults import FailingCall

_CODES = {429: "TooManyRequests", 503: "serviceNotAvailable"}


class GraphError(Exception):
    """A request that is refused."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status = status
        self.code = code
        self.message = message
        super().__init__(f"{code}: {message}")


class BadRequest(GraphError):
    """What the service does not take."""

    def __init__(self, message: str, code: str = "Request_BadRequest") -> None:
        super().__init__(400, code, message)


class NotAuthenticated(GraphError):
    """Nobody knows who is calling."""

    def __init__(self, reason: str) -> None:
        super().__init__(401, "InvalidAuthenticationToken", f"Access token validation failure: {reason}.")


class RequestDenied(GraphError):
    """The caller lacks the permission."""

    def __init__(self) -> None:
        super().__init__(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


class NotFound(GraphError):
    """There is no such object."""

    def __init__(self, object_id: str) -> None:
        super().__init__(
            404,
            "Request_ResourceNotFound",
            f"Resource '{object_id}' does not exist or one of its queried reference-property objects are not present.",
        )


class Conflict(GraphError):
    """What is there already does not allow it."""

    def __init__(self, message: str) -> None:
        super().__init__(409, "Request_MultipleObjectsWithSameKeyValue", message)


def answer_error(error: GraphError) -> JSONResponse:
    """The error as a response."""
    return _envelope(error.status, error.code, error.message, {})


def answer_fault(status: int, fault: FailingCall) -> JSONResponse:
    """A call that fails on demand, in this service's shape."""
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    return _envelope(status, fault.code or _CODES.get(status, "InternalServerError"), "A fault on demand.", headers)


def _envelope(status: int, code: str, message: str, headers: dict[str, str]) -> JSONResponse:
    request_id = str(uuid.uuid4())
    inner = {
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": request_id,
        "client-request-id": request_id,
    }
    document = {"error": {"code": code, "message": message, "innerError": inner}}
    return JSONResponse(document, status_code=status, headers=headers)
