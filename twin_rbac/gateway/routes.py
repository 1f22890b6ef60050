"""Which call is this: its path, taken apart, and what the gateway does with its verb."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote

from starlette.types import Scope

from twin_rbac.gateway.errors import NotServed


class Kind(StrEnum):
    """What a call asks for; the log's word for its path."""

    HEALTH = "healthz"
    READINESS = "readyz"
    QUERY = "query"
    TWIN = "twin"
    COMPONENT = "component"
    RELATIONSHIPS = "relationships"
    RELATIONSHIP = "relationship"
    INCOMING_RELATIONSHIPS = "incomingrelationships"
    TELEMETRY = "telemetry"
    MODELS = "models"
    MODEL = "model"
    EVENT_ROUTES = "eventroutes"
    JOBS = "jobs"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Route:
    """A path of the service."""

    kind: Kind
    ids: tuple[str, ...] = ()
    """The ids in the path, decoded once."""


_SERVED: Mapping[Kind, str] = {Kind.HEALTH: "GET", Kind.READINESS: "GET", Kind.QUERY: "POST", Kind.TWIN: "GET"}
# The verbs of the service that read what the gateway does not serve, and those that write, which it never will.
_READS: Mapping[Kind, Sequence[str]] = {
    Kind.COMPONENT: ("GET",),
    Kind.RELATIONSHIPS: ("GET",),
    Kind.RELATIONSHIP: ("GET",),
    Kind.INCOMING_RELATIONSHIPS: ("GET",),
    Kind.MODELS: ("GET",),
    Kind.MODEL: ("GET",),
    Kind.EVENT_ROUTES: ("GET",),
    Kind.JOBS: ("GET",),
}
_WRITES: Mapping[Kind, Sequence[str]] = {
    Kind.TWIN: ("PUT", "PATCH", "DELETE"),
    Kind.COMPONENT: ("PATCH",),
    Kind.RELATIONSHIP: ("PUT", "PATCH", "DELETE"),
    Kind.TELEMETRY: ("POST",),
    Kind.MODELS: ("POST",),
    Kind.MODEL: ("PATCH", "DELETE"),
    Kind.EVENT_ROUTES: ("PUT", "DELETE"),
    Kind.JOBS: ("PUT", "POST", "DELETE"),
}


def find_route(scope: Scope) -> Route:
    """What the path of a request names. Under a twin everything that is no sub-resource is its id."""
    match _segments(scope):
        case ["healthz"]:
            return Route(Kind.HEALTH)
        case ["readyz"]:
            return Route(Kind.READINESS)
        case ["query"]:
            return Route(Kind.QUERY)
        case ["digitaltwins", *rest] if "/".join(rest):
            return _find_below_twin(rest)
        case ["models"]:
            return Route(Kind.MODELS)
        case ["models", _]:
            return Route(Kind.MODEL)
        case ["eventroutes"] | ["eventroutes", _]:
            return Route(Kind.EVENT_ROUTES)
        case ["jobs", "imports" | "deletions", *_]:
            return Route(Kind.JOBS)
    return Route(Kind.UNKNOWN)


def check_verb(kind: Kind, verb: str) -> None:
    """Lets the verbs pass that are served.

    Raises:
        NotServed: the path, or the verb on it, is not.
    """
    served = _SERVED.get(kind)
    if verb == served:
        return
    if verb in _WRITES.get(kind, ()):
        raise NotServed(403, "Forbidden", "The gateway answers reads; twins are written at the instance itself.")
    if verb in _READS.get(kind, ()):
        raise NotServed(404, "NotSupported", "The gateway does not serve this read.")
    if kind is Kind.UNKNOWN:
        raise NotServed(404, "NotFound", "The service has no resource of this path.")
    allow = (served,) if served else _READS.get(kind, ())
    raise NotServed(405, "MethodNotAllowed", f"The resource does not support the method {verb[:20]}.", allow=allow)


def _find_below_twin(rest: Sequence[str]) -> Route:
    match rest:
        case [*ids, "components", _, "telemetry"] if any(ids):
            return Route(Kind.TELEMETRY)
        case [*ids, "components", _] if any(ids):
            return Route(Kind.COMPONENT)
        case [*ids, "relationships", _] if any(ids):
            return Route(Kind.RELATIONSHIP)
        case [*ids, "relationships"] if any(ids):
            return Route(Kind.RELATIONSHIPS)
        case [*ids, "incomingrelationships"] if any(ids):
            return Route(Kind.INCOMING_RELATIONSHIPS)
        case [*ids, "telemetry"] if any(ids):
            return Route(Kind.TELEMETRY)
    return Route(Kind.TWIN, ("/".join(rest),))


def _segments(scope: Scope) -> Sequence[str]:
    """The path's segments, decoded once.

    The Functions adapter gives a path that is decoded already, its raw path too, so that `a%2Fb` has become `a/b`
    there (fact sheet pulumi-azure, section 2.7); other servers give the raw path as it was sent.
    """
    path: str = scope["path"]
    raw: bytes = scope.get("raw_path") or path.encode()
    if raw == path.encode():
        return path.removeprefix("/").split("/")
    return [unquote(segment) for segment in raw.decode("latin-1").removeprefix("/").split("/")]
