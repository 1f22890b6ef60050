"""How blob storage says no: a code in a header and in XML (Microsoft Learn, "Blob Storage error codes").

BlobError
  NotAuthenticated       401: no token, or not a good one
  SchemeNotSupported     403: a bearer token without the header x-ms-version of 2017-11-09 or later
  KeysNotPermitted       403: a key or a shared access signature
  PermissionMismatch     403: no role assignment allows it
  AccountNotFound        404
  ContainerNotFound      404
  BlobNotFound           404
  BlobExists             409: If-None-Match: * on a blob that is there
  ConditionNotMet        412, on a read 304
  RangeNotSatisfiable    416
  InvalidHeader          400
  NotServed              501: the service has it, and the emulator has not
"""

import uuid
from xml.sax.saxutils import escape

from starlette.responses import Response

from emulator.faults import FailingCall

API_VERSION = "2025-11-05"
"""What answers say in x-ms-version where the caller named none."""
_FAULT_CODES = {403: "AuthorizationPermissionMismatch", 409: "Conflict", 412: "ConditionNotMet", 503: "ServerBusy"}


class BlobError(Exception):
    """A call that is refused."""

    status = 400
    code = "InvalidInput"

    def __init__(self, message: str, **headers: str) -> None:
        super().__init__(message)
        self.message = message
        self.headers = headers


class NotAuthenticated(BlobError):
    """There is no token, or not a good one."""

    status = 401

    def __init__(self, reason: str, *, authority: str, has_token: bool) -> None:
        self.code = "InvalidAuthenticationInfo" if has_token else "NoAuthenticationInformation"
        challenge = f"Bearer authorization_uri={authority}/oauth2/authorize resource_id=https://storage.azure.com"
        super().__init__(f"Server failed to authenticate the request: {reason}.", **{"WWW-Authenticate": challenge})


class SchemeNotSupported(BlobError):
    """A bearer token, and no x-ms-version that knows them."""

    status = 403
    code = "AuthenticationFailed"

    def __init__(self) -> None:
        super().__init__(
            "Server failed to authenticate the request: authentication scheme Bearer is not supported in this "
            "version. Send the header x-ms-version with 2017-11-09 or later."
        )


class KeysNotPermitted(BlobError):
    """A key or a shared access signature."""

    status = 403
    code = "KeyBasedAuthenticationNotPermitted"

    def __init__(self) -> None:
        super().__init__("Key based authentication is not permitted on this storage account.")


class PermissionMismatch(BlobError):
    """No role assignment allows it."""

    status = 403
    code = "AuthorizationPermissionMismatch"

    def __init__(self) -> None:
        super().__init__("This request is not authorized to perform this operation using this permission.")


class AccountNotFound(BlobError):
    """There is no such storage account: with the real service its host name does not resolve."""

    status = 404
    code = "ResourceNotFound"

    def __init__(self, account: str) -> None:
        super().__init__(f"There is no storage account {account!r}.")


class ContainerNotFound(BlobError):
    """There is no such container."""

    status = 404
    code = "ContainerNotFound"

    def __init__(self) -> None:
        super().__init__("The specified container does not exist.")


class BlobNotFound(BlobError):
    """There is no such blob."""

    status = 404
    code = "BlobNotFound"

    def __init__(self) -> None:
        super().__init__("The specified blob does not exist.")


class BlobExists(BlobError):
    """If-None-Match: * on a blob that is there."""

    status = 409
    code = "BlobAlreadyExists"

    def __init__(self) -> None:
        super().__init__("The specified blob already exists.")


class ConditionNotMet(BlobError):
    """The blob is not as a header of the call says."""

    status = 412
    code = "ConditionNotMet"

    def __init__(self, *, on_read: bool = False) -> None:
        super().__init__("The condition specified using HTTP conditional header(s) is not met.")
        if on_read:
            self.status = 304


class RangeNotSatisfiable(BlobError):
    """The range starts after the end."""

    status = 416
    code = "InvalidRange"

    def __init__(self, size: int) -> None:
        super().__init__(
            "The range specified is invalid for the current size of the resource.",
            **{"Content-Range": f"bytes */{size}"},
        )


class InvalidHeader(BlobError):
    """A header is missing, or says what cannot be."""

    def __init__(self, name: str, problem: str, code: str = "InvalidHeaderValue") -> None:
        self.code = code
        super().__init__(f"The header {name} {problem}.")


class NotServed(BlobError):
    """The service has it, and the emulator has not."""

    status = 501
    code = "NotImplemented"

    def __init__(self, what: str) -> None:
        super().__init__(f"The local Azure does not serve {what}: blobs are put, read and deleted whole.")


def answer_error(error: BlobError) -> Response:
    """The error as a response."""
    return _envelope(error.status, error.code, error.message, error.headers)


def answer_fault(status: int, fault: FailingCall) -> Response:
    """A call that fails on demand, in this service's shape."""
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    return _envelope(status, fault.code or _FAULT_CODES.get(status, "InternalError"), "A fault on demand.", headers)


def _envelope(status: int, code: str, message: str, headers: dict[str, str]) -> Response:
    body = (
        '<?xml version="1.0" encoding="utf-8"?>'
        f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
    )
    head = {"x-ms-error-code": code, "x-ms-request-id": str(uuid.uuid4()), "x-ms-version": API_VERSION, **headers}
    # The protocol has no room for a body in a 304.
    return Response(None if status == 304 else body, status, head, media_type="application/xml")
