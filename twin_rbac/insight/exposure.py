"""What a preview changes about who can reach or do what: networks, sign-in, rights; pure."""

from collections.abc import Iterator, Mapping

from twin_rbac.insight.changes import SIGN_IN, compare, short_type
from twin_rbac.insight.exposed import Exposure, expose, inputs_of, texts
from twin_rbac.insight.grants import compare_assignment, compare_definition
from twin_rbac.insight.preview import Operation, Preview, State, Step
from twin_rbac.insight.principals import ROLE_ASSIGNMENT, ROLE_DEFINITION
from twin_rbac.insight.switches import compare_settings

_NETWORK_TYPES = ("network:", "privatedns:")
_LOCK = "authorization:ManagementLockByScope"

_ENDPOINT = "digitaltwins:DigitalTwinsEndpoint"
_CLIENT = "azuread:ApplicationPreAuthorized"
_APP_ROLE = "azuread:AppRoleAssignment"
_ARRIVALS = {
    _ENDPOINT: "events go to an endpoint",
    _CLIENT: "client that need not ask for consent",
    _APP_ROLE: "sign-in of a principal",
}
"""Types of which each resource lets somebody in by being there."""


def find_exposure(preview: Preview, principals: Mapping[str, str]) -> tuple[Exposure, ...]:
    """What changes about networks, sign-in and rights, what widens them first.

    Marker roles are left out: who sees what is told elsewhere, and they allow nothing themselves.
    """
    found = [item for step in preview.changes for item in _look_at(step, preview, principals)]
    return tuple(sorted(found, key=lambda item: (not item.widens, item.type, item.resource, item.what)))


def _look_at(step: Step, preview: Preview, principals: Mapping[str, str]) -> Iterator[Exposure]:
    kind = short_type(step.type)
    if step.type == ROLE_ASSIGNMENT:
        yield from compare_assignment(step, preview, principals)
    elif step.type == ROLE_DEFINITION:
        yield from compare_definition(step)
    elif step.type == SIGN_IN:
        yield from _sign_in(step)
    elif kind == _LOCK:
        yield from _lock(step)
    elif kind in _ARRIVALS:
        yield from _arrival(step, _ARRIVALS[kind], principals)
    elif kind.startswith(_NETWORK_TYPES):
        yield from _network(step)
    else:
        yield from compare_settings(step)


def _network(step: Step) -> Iterator[Exposure]:
    what = {
        Operation.CREATE: "comes",
        Operation.DELETE: "goes",
        Operation.REPLACE: "is replaced",
        Operation.UPDATE: "changes",
    }[step.operation]
    yield expose(step, what, (), (), widens=step.operation is Operation.DELETE)


def _sign_in(step: Step) -> Iterator[Exposure]:
    if step.operation is Operation.DELETE:
        yield expose(step, "sign-in is turned off", (), (), widens=True)
    elif step.operation is Operation.UPDATE:
        paths = [path for path, _, _ in compare(inputs_of(step.old), inputs_of(step.new))]
        yield expose(step, "sign-in settings", (), paths, widens=True)


def _lock(step: Step) -> Iterator[Exposure]:
    if step.operation is Operation.DELETE:
        level = texts(inputs_of(step.old).get("level"))
        yield expose(step, "lock goes: its resource can be deleted", level, (), widens=True)


def _arrival(step: Step, what: str, principals: Mapping[str, str]) -> Iterator[Exposure]:
    old, new = (_admitted(step.old, principals), _admitted(step.new, principals))
    if old != new or step.operation in {Operation.CREATE, Operation.DELETE}:
        yield expose(step, what, old, new, widens=step.new is not None)


def _admitted(state: State | None, principals: Mapping[str, str]) -> tuple[str, ...]:
    inputs = inputs_of(state)
    value = inputs.get("principalObjectId") or inputs.get("authorizedClientId") or inputs.get("endpointName")
    found = tuple(principals.get(item.lower(), item) for item in texts(value))
    properties = inputs.get("properties")
    uri = properties.get("endpointUri") if isinstance(properties, Mapping) else None
    # An address with a key in it has more parts than the name of a host.
    return (*found, *(item for item in texts(uri) if item.startswith("sb://") and not set(item) & set(";?@")))
