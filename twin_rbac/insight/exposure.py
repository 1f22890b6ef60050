"""What a preview changes about who can reach or do what: networks, sign-in, rights; pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from twin_rbac.access.assignments import guid_of
from twin_rbac.insight.changes import SIGN_IN, compare, is_unknown, short_type
from twin_rbac.insight.preview import Operation, Preview, State, Step
from twin_rbac.insight.principals import (
    BUILT_IN_ROLES,
    ROLE_ASSIGNMENT,
    ROLE_DEFINITION,
    find_markers,
    name_roles,
    role_urns,
)

_ADDRESSES = {
    "siteConfig.ipSecurityRestrictions": "allowed addresses",
    "siteConfig.scmIpSecurityRestrictions": "addresses allowed to publish",
}
_SWITCHES = {
    "publicNetworkAccess": "public access",
    "siteConfig.publicNetworkAccess": "public access",
    "siteConfig.ipSecurityRestrictionsDefaultAction": "everybody else's calls",
    "siteConfig.scmIpSecurityRestrictionsDefaultAction": "everybody else's publishing",
    "networkRuleSet.defaultAction": "networks that are not named",
    "allowSharedKeyAccess": "access by account key",
    "networkRuleSet.bypass": "exceptions for Azure services",
}
_OPEN = {"Enabled", "Allow", "True"}
"""The values of a switch that let somebody in."""
_NETWORK_TYPES = ("network:", "privatedns:")
_PERMISSIONS = ("actions", "notActions", "dataActions", "notDataActions")


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """One thing to look at."""

    resource: str
    """The resource's logical name."""
    type: str
    """Its type token, shortened."""
    what: str
    """What changes, such as `public access`."""
    old: tuple[str, ...]
    """What it was; for a list, what is taken away."""
    new: tuple[str, ...]
    """What it will be; for a list, what is added."""
    widens: bool
    """Whether somebody can reach or do more than before."""


def find_exposure(preview: Preview, principals: Mapping[str, str]) -> tuple[Exposure, ...]:
    """What changes about networks, sign-in and rights, what widens them first.

    Marker roles are left out: who sees what is told elsewhere, and they allow nothing themselves.
    """
    found = [item for step in preview.changes for item in _look_at(step, preview, principals)]
    return tuple(sorted(found, key=lambda item: (not item.widens, item.type, item.resource, item.what)))


def _look_at(step: Step, preview: Preview, principals: Mapping[str, str]) -> Iterator[Exposure]:
    if step.type == ROLE_ASSIGNMENT:
        yield from _assignment(step, preview, principals)
    elif step.type == ROLE_DEFINITION:
        yield from _definition(step)
    elif step.type == SIGN_IN:
        yield from _sign_in(step)
    elif short_type(step.type).startswith(_NETWORK_TYPES):
        yield from _network(step)
    else:
        yield from _settings(step)


def _settings(step: Step) -> Iterator[Exposure]:
    for path, old, new in compare(_inputs(step.old), _inputs(step.new)):
        for place, before, after in _watched(path, old, new):
            if place in _ADDRESSES:
                yield from _addresses(step, _ADDRESSES[place], before, after)
            elif step.old is not None:
                yield _exposure(step, _SWITCHES[place], _texts(before), _texts(after), widens=_opens(before, after))


def _watched(path: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    if path in _ADDRESSES or path in _SWITCHES:
        yield path, old, new
        return
    # A whole object that comes or goes holds what is watched.
    for place in (*_ADDRESSES, *_SWITCHES):
        if place.startswith(f"{path}."):
            inner = place.removeprefix(f"{path}.")
            before, after = (value.get(inner) if isinstance(value, Mapping) else None for value in (old, new))
            if before != after:
                yield place, before, after


def _addresses(step: Step, what: str, old: Any, new: Any) -> Iterator[Exposure]:
    before, after = set(_rules(old)), set(_rules(new))
    added, removed = sorted(after - before), sorted(before - after)
    if step.old is not None and (added or removed):
        # A refusal that goes lets somebody in, as an address that comes does.
        widens = any(not rule.startswith("Deny") for rule in added) or any(rule.startswith("Deny") for rule in removed)
        yield _exposure(step, what, removed, added, widens=widens)


def _rules(value: Any) -> Iterator[str]:
    for rule in value if isinstance(value, list) else ():
        if isinstance(rule, Mapping):
            place = rule.get("ipAddress") or rule.get("vnetSubnetResourceId") or "any"
            place = "(known at the update)" if is_unknown(place) else str(place).rpartition("/subnets/")[2]
            yield place if rule.get("action", "Allow") == "Allow" else f"{rule['action']} {place}"


def _network(step: Step) -> Iterator[Exposure]:
    what = {
        Operation.CREATE: "comes",
        Operation.DELETE: "goes",
        Operation.REPLACE: "is replaced",
        Operation.UPDATE: "changes",
    }[step.operation]
    yield _exposure(step, what, (), (), widens=step.operation is Operation.DELETE)


def _sign_in(step: Step) -> Iterator[Exposure]:
    if step.operation is Operation.DELETE:
        yield _exposure(step, "sign-in is turned off", (), (), widens=True)
    elif step.operation is Operation.UPDATE:
        paths = [path for path, _, _ in compare(_inputs(step.old), _inputs(step.new))]
        yield _exposure(step, "sign-in settings", (), paths, widens=True)


def _assignment(step: Step, preview: Preview, principals: Mapping[str, str]) -> Iterator[Exposure]:
    old, new = (
        _grant(state, states, principals) for state, states in ((step.old, preview.before), (step.new, preview.after))
    )
    # Made again with another id, it says what it said.
    if old != new:
        # A principal or role that is made anew is not another one.
        renewed = bool(old) and is_unknown([_inputs(step.new).get("principalId")])
        yield _exposure(step, "role assignment", old, new, widens=bool(new) and not renewed)


def _grant(state: State | None, states: Mapping[str, State], principals: Mapping[str, str]) -> tuple[str, ...]:
    if state is None:
        return ()
    markers, urns = find_markers(states), role_urns(state)
    definition = state.text("roleDefinitionId")
    role = {**BUILT_IN_ROLES, **name_roles(states)}.get(guid_of(definition)) if definition else None
    if role in markers.values() or any(urn in markers for urn in urns):
        return ()
    principal = state.text("principalId")
    who = principals.get(principal.lower(), principal) if principal else "(known at the update)"
    what = role or (urns[0].rpartition("::")[2] if urns else guid_of(definition or "(known at the update)"))
    return (f"{who}: {what}",)


def _definition(step: Step) -> Iterator[Exposure]:
    if step.operation is not Operation.UPDATE:
        return
    for kind in _PERMISSIONS:
        before, after = (set(_permissions(state, kind)) for state in (step.old, step.new))
        added, removed = sorted(after - before), sorted(before - after)
        if added or removed:
            widens = bool(removed) if kind.startswith("not") else bool(added)
            yield _exposure(step, kind, removed, added, widens=widens)


def _permissions(state: State | None, kind: str) -> Iterator[str]:
    for item in _inputs(state).get("permissions") or ():
        if isinstance(item, Mapping):
            yield from (str(action) for action in item.get(kind) or ())


def _exposure(step: Step, what: str, old: Iterable[str], new: Iterable[str], *, widens: bool) -> Exposure:
    return Exposure(
        resource=step.name, type=short_type(step.type), what=what, old=tuple(old), new=tuple(new), widens=widens
    )


def _opens(old: Any, new: Any) -> bool:
    # What is left out is Azure's default, which is open for each of these.
    return (new is None or str(new) in _OPEN) and not (old is None or str(old) in _OPEN)


def _texts(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return ("(known at the update)",) if is_unknown(value) else (str(value),)


def _inputs(state: State | None) -> Mapping[str, Any]:
    return state.inputs if state else {}
