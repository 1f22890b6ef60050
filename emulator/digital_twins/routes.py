"""Which request is this, what right does it need, who may make it.

Every call is counted, then refused where it comes from outside the instance's network, then authorized by its data
action (fact sheet adt-rbac, section 5), before anything else about it is looked at: what exists is nothing that a
stranger learns.
"""

import asyncio
import secrets
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from emulator.counters import INSTANCE_CALLS, TWIN_WRITES
from emulator.digital_twins.call import Call, answer_error
from emulator.digital_twins.errors import EnvelopeError, LimitExceeded, NotSupported, ServiceError
from emulator.digital_twins.instance import Instance
from emulator.digital_twins.models import MAX_MODEL_BYTES, MAX_MODELS_PER_REQUEST
from emulator.digital_twins.network import refuse_from_outside
from emulator.digital_twins.operations import event_routes, models, query, relationships, twins
from emulator.digital_twins.service import Service, open_service

MAX_BODY_BYTES = 32 * 1024
_MODELS_BODY_BYTES = MAX_MODELS_PER_REQUEST * MAX_MODEL_BYTES

QUERY = "Microsoft.DigitalTwins/query/action"
TWIN = "Microsoft.DigitalTwins/digitaltwins"
RELATIONSHIP = "Microsoft.DigitalTwins/digitaltwins/relationships"
MODEL = "Microsoft.DigitalTwins/models"
ROUTE = "Microsoft.DigitalTwins/eventroutes"
IMPORT = "Microsoft.DigitalTwins/jobs/imports"
DELETION = "Microsoft.DigitalTwins/jobs/deletions"
WRITE_TWIN = f"{TWIN}/write"


@dataclass(frozen=True)
class Operation:
    """One verb on one path."""

    data_action: str
    handle: Callable[[Service, Call], Response]
    max_body_bytes: int = MAX_BODY_BYTES


def create_app(instance: Instance) -> Starlette:
    """The data plane of one instance, with what the storage holds of it."""
    return Starlette(routes=[Mount("/", app=_DataPlane(open_service(instance)))])


def _unsupported(data_action: str, what: str) -> Operation:
    def refuse(_: Service, __: Call) -> Response:
        raise NotSupported(what)

    return Operation(data_action, refuse)


_JOBS_AND_TELEMETRY: Mapping[str, Mapping[str, Operation]] = {
    "jobs/imports": {"GET": _unsupported(f"{IMPORT}/read", "Import jobs")},
    "jobs/imports/*": {
        "GET": _unsupported(f"{IMPORT}/read", "Import jobs"),
        "PUT": _unsupported(f"{IMPORT}/write", "Import jobs"),
        "DELETE": _unsupported(f"{IMPORT}/delete", "Import jobs"),
    },
    "jobs/imports/*/cancel": {"POST": _unsupported(f"{IMPORT}/cancel/action", "Import jobs")},
    "jobs/deletions": {
        "GET": _unsupported(f"{DELETION}/read", "Delete jobs"),
        "POST": _unsupported(f"{DELETION}/write", "Delete jobs"),
    },
    "jobs/deletions/*": {"GET": _unsupported(f"{DELETION}/read", "Delete jobs")},
    "digitaltwins/*/telemetry": {"POST": _unsupported(WRITE_TWIN, "Telemetry messages")},
    "digitaltwins/*/components/*/telemetry": {"POST": _unsupported(WRITE_TWIN, "Telemetry messages")},
}

_OPERATIONS: Mapping[str, Mapping[str, Operation]] = {
    "query": {"POST": Operation(QUERY, query.query_twins)},
    "digitaltwins/*": {
        "GET": Operation(f"{TWIN}/read", twins.get_twin),
        "PUT": Operation(WRITE_TWIN, twins.put_twin),
        "PATCH": Operation(WRITE_TWIN, twins.patch),
        "DELETE": Operation(f"{TWIN}/delete", twins.delete_twin),
    },
    "digitaltwins/*/components/*": {
        "GET": Operation(f"{TWIN}/read", twins.get_component),
        "PATCH": Operation(WRITE_TWIN, twins.patch_component),
    },
    "digitaltwins/*/relationships": {"GET": Operation(f"{RELATIONSHIP}/read", relationships.list_relationships)},
    "digitaltwins/*/incomingrelationships": {
        "GET": Operation(f"{RELATIONSHIP}/read", relationships.list_incoming_relationships)
    },
    "digitaltwins/*/relationships/*": {
        "GET": Operation(f"{RELATIONSHIP}/read", relationships.get_relationship),
        "PUT": Operation(f"{RELATIONSHIP}/write", relationships.put_relationship),
        "PATCH": Operation(f"{RELATIONSHIP}/write", relationships.patch_relationship),
        "DELETE": Operation(f"{RELATIONSHIP}/delete", relationships.delete_relationship),
    },
    "models": {
        "GET": Operation(f"{MODEL}/read", models.list_models),
        "POST": Operation(f"{MODEL}/write", models.create_models, _MODELS_BODY_BYTES),
    },
    "models/*": {
        "GET": Operation(f"{MODEL}/read", models.get_model),
        "PATCH": Operation(f"{MODEL}/write", models.patch_model),
        "DELETE": Operation(f"{MODEL}/delete", models.delete_model),
    },
    "eventroutes": {"GET": Operation(f"{ROUTE}/read", event_routes.list_event_routes)},
    "eventroutes/*": {
        "GET": Operation(f"{ROUTE}/read", event_routes.get_event_route),
        "PUT": Operation(f"{ROUTE}/write", event_routes.put_event_route),
        "DELETE": Operation(f"{ROUTE}/delete", event_routes.delete_event_route),
    },
    **_JOBS_AND_TELEMETRY,
}
_PATTERNS = [(pattern.split("/"), verbs) for pattern, verbs in _OPERATIONS.items()]


class _DataPlane:
    """The ASGI application below the one that Starlette gives us, which would decode the path before it matches."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._instance = service.instance

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._instance.counters.add(INSTANCE_CALLS)
        try:
            response = await self._serve(Request(scope, receive))
        except ServiceError as error:
            response = answer_error(error)
        response.headers.update(_correlation_headers())
        await response(scope, receive, send)

    async def _serve(self, request: Request) -> Response:
        refuse_from_outside(self._instance)
        operation, ids = _find_operation(request.method, request.scope["raw_path"])
        headers = request.headers
        self._instance.authorizer.authorize(headers.get("authorization"), operation.data_action)
        parameters = request.query_params
        self._check_api_version(parameters)
        body = await _read_body(request, operation.max_body_bytes)
        write_latency = self._instance.faults.write_latency
        if operation.data_action == WRITE_TWIN and write_latency > 0:
            await asyncio.sleep(write_latency)
        call = Call(ids=ids, parameters=parameters, headers=headers, body=body, scheme=request.scope["scheme"])
        with self._instance.storage.transaction():
            response = operation.handle(self._service, call)
            if operation.data_action == WRITE_TWIN:
                self._instance.counters.add(TWIN_WRITES)
        return response

    def _check_api_version(self, parameters: QueryParams) -> None:
        version = parameters.get("api-version")
        if not version:
            raise EnvelopeError(
                400, "ApiVersionUnspecified", "An API version is required, but was not specified. Add api-version."
            )
        if version not in self._instance.api_versions:
            known = ", ".join(sorted(self._instance.api_versions))
            raise EnvelopeError(
                400, "UnsupportedApiVersion", f"The API version '{version}' is not supported. Supported are: {known}."
            )


def _find_operation(verb: str, raw_path: bytes) -> tuple[Operation, tuple[str, ...]]:
    """The operation and the ids in the path.

    Raises:
        EnvelopeError: no operation has this path, or none with this verb; neither says anything about the graph.
    """
    segments = raw_path.decode("ascii", "replace").removeprefix("/").split("/")
    for pattern, verbs in _PATTERNS:
        if _matches(pattern, segments):
            if verb not in verbs:
                message = f"The resource does not support the method {verb}."
                raise EnvelopeError(405, "MethodNotAllowed", message, headers={"Allow": ", ".join(verbs)})
            ids = [unquote(segment) for segment, part in zip(segments, pattern, strict=True) if part == "*"]
            return verbs[verb], tuple(ids)
    raise EnvelopeError(404, "NotFound", "The service has no resource of this path.")


def _matches(pattern: Sequence[str], segments: Sequence[str]) -> bool:
    return len(pattern) == len(segments) and all(
        segment == part or (part == "*" and segment != "") for segment, part in zip(segments, pattern, strict=True)
    )


async def _read_body(request: Request, limit: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise LimitExceeded(f"The request body has more than {limit} bytes. See https://aka.ms/dtv2limits.")
    return bytes(body)


def _correlation_headers() -> Mapping[str, str]:
    return {
        "mise-correlation-id": str(uuid.uuid4()),
        "traceresponse": f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01",
        "Strict-Transport-Security": "max-age=2592000",
    }
