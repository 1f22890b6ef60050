"""What the data plane answers when it refuses a call.

    ServiceError                    status, JSON document, headers
      Unauthorized                  401, the front door's body
      SubDomainNotFound             404, the front door's body
      Throttled                     429, the gateway's body
      MalformedPatch                400, application/problem+json
      EnvelopeError                 {"error":{"code","message","details"}}
        Forbidden, TwinNotFound, …  one class for each cause that several operations share

The shapes and the texts are those observed on the wire where there are any (fact sheets adt-observed-behaviour, and
adt-data-plane section 5); the others follow their pattern.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

JSON = "application/json; charset=utf-8"
UPDATE_HELP = "Please provide a valid patch document. See section on update apis in the documentation"


class ServiceError(Exception):
    """A refused call, as the answer that the client gets."""

    def __init__(
        self,
        status: int,
        document: Mapping[str, Any],
        *,
        content_type: str = JSON,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.document = document
        self.headers = {"Content-Type": content_type, **(headers or {})}


class Unauthorized(ServiceError):
    """No token, or one that is not valid for this service."""

    def __init__(self) -> None:
        super().__init__(401, {"statusCode": 401, "message": "Unauthorized"}, content_type="application/json")


class SubDomainNotFound(ServiceError):
    """A token of another tenant (the status is documented, the body follows the front door's 401)."""

    def __init__(self) -> None:
        super().__init__(404, {"statusCode": 404, "message": "Sub-Domain not found"}, content_type="application/json")


class Throttled(ServiceError):
    """Too many requests; `retry_after` in seconds."""

    def __init__(self, retry_after: int) -> None:
        message = (
            "Maximum request rate limit reached. For Azure Digital Twins rate limiting details please see "
            "http://aka.ms/dtv2limits."
        )
        super().__init__(
            429,
            {"error": {"statusCode": 429, "message": message}},
            content_type="application/json",
            headers={"Retry-After": str(retry_after)},
        )


class MalformedPatch(ServiceError):
    """A patch document that is no list of objects: the service's web framework refuses it before the service does."""

    def __init__(self, errors: Mapping[str, Sequence[str]], *, trace_id: str) -> None:
        document = {
            "errors": {**errors, "jsonPatchDocument": ["The jsonPatchDocument field is required."]},
            "type": "https://tools.ietf.org/html/rfc7231#section-6.5.1",
            "title": "One or more validation errors occurred.",
            "status": 400,
            "detail": None,
            "instance": None,
            "extensions": {"traceId": trace_id},
        }
        super().__init__(400, document, content_type="application/problem+json; charset=utf-8")


class EnvelopeError(ServiceError):
    """The service's own shape of an error."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        details: Iterable[str] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        error: dict[str, Any] = {"code": code, "message": message}
        listed = [{"code": code, "message": detail} for detail in details]
        if listed:
            error["details"] = listed
        super().__init__(status, {"error": error}, headers={"x-ms-error-code": code, **(headers or {})})
        self.code = code


class Forbidden(EnvelopeError):
    """The caller holds no role with the data action (the body is unverified, the envelope is the service's)."""

    def __init__(self, data_action: str) -> None:
        super().__init__(
            403,
            "Forbidden",
            f"The caller is not authorized to perform {data_action} on this instance. "
            "See section on roles and permissions https://aka.ms/adtv2security.",
        )


class FromOutside(EnvelopeError):
    """A call from outside the networks of an instance whose public access is off (the body is unverified)."""

    def __init__(self) -> None:
        super().__init__(
            403,
            "Forbidden",
            "Public network access on this instance is disabled. Connect through a private endpoint.",
        )


class QuotaReached(EnvelopeError):
    """The quota of queries; the service also sends it with status 200 and without Retry-After."""

    def __init__(self, *, status: int = 429) -> None:
        super().__init__(
            status,
            "QuotaReachedError",
            "Your rate limit has been exceeded. See https://aka.ms/dtv2limits for additional information.",
            headers={"Retry-After": "1"} if status == 429 else None,
        )


class TwinNotFound(EnvelopeError):
    """No twin of that id."""

    def __init__(self, twin_id: str) -> None:
        super().__init__(
            404,
            "DigitalTwinNotFound",
            f"There is no digital twin instance that exists with the ID {twin_id}. Please verify that the twin id is "
            "valid and ensure that the twin is not deleted. See section on querying the twins "
            "https://aka.ms/adtv2query.",
        )


class ModelNotFound(EnvelopeError):
    """No model of that id."""

    def __init__(self, model_id: str) -> None:
        super().__init__(
            404,
            "ModelNotFound",
            f"There is no Model(s) available that matches the provided id(s) {model_id}. "
            "Check that the Model ID provided is valid by doing a Model_List API call.",
        )


class ModelsInvalid(EnvelopeError):
    """Models that break the rules of DTDL or of the service; every problem is named."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(
            400,
            "DTDLParserError",
            "None of the models in this request could be created due to a problem with one or more models: "
            f"{' | '.join(problems)}. See model documentation(https://aka.ms/ADTv2Models) for supported format.",
        )


class ValidationFailed(EnvelopeError):
    """A twin or a relationship that does not fit its model; one detail for each violation."""

    def __init__(self, violations: Iterable[str], *, of: str = "twin") -> None:
        super().__init__(400, "ValidationFailed", f"Invalid {of} specified", details=violations)


class PatchInvalid(EnvelopeError):
    """A patch that cannot be applied; nothing of it was."""

    def __init__(self, reason: str) -> None:
        super().__init__(400, "JsonPatchInvalid", f"{reason}. {UPDATE_HELP} https://aka.ms/adtv2twins.")


class InvalidArgument(EnvelopeError):
    """A request that cannot be read."""

    def __init__(self, message: str) -> None:
        super().__init__(400, "InvalidArgument", message)


class LimitExceeded(EnvelopeError):
    """More than the service takes (fact sheet adt-data-plane, section 6; the code of the 32 KB limit is unverified)."""

    def __init__(self, message: str) -> None:
        super().__init__(400, "LimitExceeded", message)


class EtagMismatch(EnvelopeError):
    """If-Match names another version than the stored one."""

    def __init__(self, etag: str) -> None:
        super().__init__(
            412,
            "PreconditionFailed",
            f"The provided etag {etag} doesn't match the current etag for the resource. Please obtain and provide the "
            "latest etag by getting the resource. See section on get apis in the documentation "
            "https://aka.ms/adtv2twins.",
        )


class AlreadyExists(EnvelopeError):
    """If-None-Match: * on what exists; `kind` is twin or relationship."""

    def __init__(self, kind: str, identifier: str) -> None:
        super().__init__(
            412,
            "PreconditionFailed",
            f"If-None-Match: * header was specified but a {kind} with the id {identifier} was found. "
            f"Please specify a different {kind} id.",
        )


class NotSupported(EnvelopeError):
    """A call that the service knows and the emulator does not serve."""

    def __init__(self, what: str) -> None:
        super().__init__(404, "NotSupportedByEmulator", f"{what} are not supported by the emulator.")


def error_of_fault(*, status: int, code: str | None, retry_after: int | None) -> ServiceError:
    """The answer of a call that was told to fail: what the service usually says with that status.

    Args:
        status: the HTTP status; 200 is the query quota's odd one.
        code: another code than the usual one, or None.
        retry_after: seconds for Retry-After, or None for the status' usual ones.
    """
    error = _usual_error(status) if code is None else _named_error(status, code)
    if retry_after is not None:
        error.headers["Retry-After"] = str(retry_after)
    return error


def _named_error(status: int, code: str) -> ServiceError:
    if code == "QuotaReachedError":
        return QuotaReached(status=status)
    return EnvelopeError(status, code, "The emulator was told to fail this call.")


def _usual_error(status: int) -> ServiceError:
    match status:
        case 200:
            return QuotaReached(status=200)
        case 401:
            return Unauthorized()
        case 429:
            return Throttled(retry_after=10)
    codes = {403: "Forbidden", 412: "PreconditionFailed", 503: "ServiceUnavailable"}
    return EnvelopeError(status, codes.get(status, "InternalServerError"), "The emulator was told to fail this call.")
