"""How Resource Manager says no: one envelope, a code, and what to do.

ResourceManagerError
  InvalidRequest         400: a body, path or query that the service does not take
  NotAuthenticated       401
  AuthorizationFailed    403
  LinkedAuthorizationFailed
  ResourceNotFound       404
  Conflict               409

StandingRoleUnknown      the directory's file names a role that there is not
"""

from collections.abc import Iterable

from starlette.responses import JSONResponse

from emulator.errors import EmulatorError
from emulator.faults import FailingCall

_CODES = {429: "TooManyRequests", 503: "ServerBusy"}


class ResourceManagerError(Exception):
    """A request that is refused."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status = status
        self.code = code
        self.message = message
        super().__init__(f"{code}: {message}")


class InvalidRequest(ResourceManagerError):
    """A body, path or query that the service does not take."""

    def __init__(self, message: str, code: str = "InvalidRequestContent") -> None:
        super().__init__(400, code, message)


class NotAuthenticated(ResourceManagerError):
    """Nobody knows who is calling."""

    def __init__(self, reason: str) -> None:
        super().__init__(401, "InvalidAuthenticationToken", f"The access token is invalid: {reason}.")


class AuthorizationFailed(ResourceManagerError):
    """The caller may not do that there."""

    def __init__(self, client_id: str, object_id: str, *, action: str, scope: str) -> None:
        super().__init__(
            403,
            "AuthorizationFailed",
            f"The client '{client_id}' with object id '{object_id}' does not have authorization to perform action "
            f"'{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh "
            "your credentials.",
        )


class LinkedAuthorizationFailed(ResourceManagerError):
    """The caller may write the resource, and may not use another one that it names."""

    def __init__(self, client_id: str, object_id: str, *, action: str, scope: str, linked: tuple[str, str]) -> None:
        super().__init__(
            403,
            "LinkedAuthorizationFailed",
            f"The client '{client_id}' with object id '{object_id}' has permission to perform action '{action}' on "
            f"scope '{scope}'; however, it does not have permission to perform action(s) '{linked[0]}' on the linked "
            f"scope(s) '{linked[1]}' (respectively) or the linked scope(s) are invalid.",
        )


class ResourceNotFound(ResourceManagerError):
    """There is no such resource, or no parent for it."""

    def __init__(self, message: str, code: str = "ResourceNotFound") -> None:
        super().__init__(404, code, message)


class Conflict(ResourceManagerError):
    """What is there already does not allow it."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(409, code, message)


class StandingRoleUnknown(EmulatorError):
    """The directory's file names a role that there is not."""

    def __init__(self, role: str, principal: str, known: Iterable[str]) -> None:
        super().__init__(
            f"the directory's standing assignment of {principal!r} names the role {role!r}: write one of "
            f"{', '.join(known)}"
        )


def answer_error(error: ResourceManagerError) -> JSONResponse:
    """The error as a response."""
    headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'} if error.status == 401 else {}
    return _envelope(error.status, error.code, error.message, headers)


def answer_fault(status: int, fault: FailingCall) -> JSONResponse:
    """A call that fails on demand, in this service's shape."""
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    return _envelope(status, fault.code or _CODES.get(status, "InternalServerError"), "A fault on demand.", headers)


def _envelope(status: int, code: str, message: str, headers: dict[str, str]) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": message}}, status_code=status, headers=headers)
