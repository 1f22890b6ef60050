"""How Resource Manager says no: one envelope, a code, and what to do."""

from starlette.responses import JSONResponse

from emulator.faults import FailingCall


class ResourceManagerError(Exception):
    """A request that is refused."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status = status
        self.code = code
        self.message = message
        super().__init__(f"{code}: {message}")


class InvalidTemplate(ResourceManagerError):
    """A body or path that no resource of its type can have."""

    def __init__(self, message: str, code: str = "InvalidRequestContent") -> None:
        super().__init__(400, code, message)


class ResourceNotFound(ResourceManagerError):
    """There is no such resource."""

    def __init__(self, resource_id: str, code: str = "ResourceNotFound") -> None:
        super().__init__(404, code, f"The resource '{resource_id}' was not found.")


class AuthorizationFailed(ResourceManagerError):
    """The caller may not do that there."""

    def __init__(self, object_id: str, action: str, scope: str) -> None:
        super().__init__(
            403,
            "AuthorizationFailed",
            f"The client '{object_id}' with object id '{object_id}' does not have authorization to perform action "
            f"'{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh "
            "your credentials.",
        )


def answer_error(error: ResourceManagerError) -> JSONResponse:
    """The error as a response."""
    return JSONResponse({"error": {"code": error.code, "message": error.message}}, status_code=error.status)


def answer_fault(status: int, fault: FailingCall) -> JSONResponse:
    """A call that fails on demand, in this service's shape."""
    code = fault.code or {429: "TooManyRequests", 503: "ServiceUnavailable"}.get(status, "InternalServerError")
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    return JSONResponse({"error": {"code": code, "message": "A fault on demand."}}, status_code=status, headers=headers)
