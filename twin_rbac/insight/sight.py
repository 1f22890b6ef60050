"""Who gains or loses sight of which twins by a preview; pure.

A tenant sees a twin when it holds the marker role of the twin's role tag. Both sides of that are in the preview: the
marker role assignments and the RoleTags resources, each before and after.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from twin_rbac.insight.changes import INSTANCE
from twin_rbac.insight.preview import UNKNOWN, Preview, State, name_of, type_of
from twin_rbac.insight.principals import ROLE_ASSIGNMENT, find_markers, marker_of
from twin_rbac.insight.scopes import instance_source, place_scope
from twin_rbac.insight.tag_plan import ROLE_TAGS, read_map, twins_of

Holder = tuple[str, str]
"""Instance and principal."""


@dataclass(frozen=True, kw_only=True)
class SightChange:
    """What changes for one tenant at one instance."""

    instance: str
    principal_id: str
    roles_gained: tuple[str, ...]
    roles_lost: tuple[str, ...]
    gains: tuple[str, ...]
    """Twins that it sees from now on, sorted."""
    loses: tuple[str, ...]
    """Twins that it sees no more, sorted."""
    sees: int | None
    """How many twins it sees then; None where the preview does not tell, and then nothing is gained or lost either."""


@dataclass(frozen=True, kw_only=True)
class View:
    """Who holds which roles, and which twin carries which, at one time."""

    roles: Mapping[Holder, frozenset[str]]
    twins: Mapping[str, Mapping[str, str]]
    """Instance -> twin -> role."""
    untold: frozenset[str] = frozenset()
    """The instances of which the preview does not tell which twins carry which role."""
    unknown: tuple[str, ...] = ()
    """What the preview does not tell, as parts of a sentence."""

    def seen_by(self, holder: Holder) -> set[str]:
        """The twins that a tenant sees; a twin with several markers is seen by whoever holds one of them."""
        held = self.roles.get(holder, frozenset())
        return {twin_id for twin_id, role in self.twins.get(holder[0], {}).items() if held & set(role.split(","))}


def view_before(preview: Preview) -> View:
    """What holds now, as the state knows it."""
    carried = {urn: (state, _carried(state, _unlisted(state))) for urn, state in _of_type(preview.before, ROLE_TAGS)}
    return _view(preview.before, carried)


def view_after(preview: Preview) -> View:
    """What holds after the update."""
    resources = {**dict(_of_type(preview.before, ROLE_TAGS)), **dict(_of_type(preview.after, ROLE_TAGS))}
    carried = {urn: (state, _carried_after(preview, urn)) for urn, state in resources.items()}
    return _view(preview.after, carried)


def compare_views(before: View, after: View) -> tuple[SightChange, ...]:
    """The tenants whose roles or sight change."""
    holders = sorted(before.roles.keys() | after.roles.keys())
    changes = (_compare(holder, before, after) for holder in holders)
    return tuple(item for item in changes if item.roles_gained or item.roles_lost or item.gains or item.loses)


def _compare(holder: Holder, before: View, after: View) -> SightChange:
    old_roles, new_roles = (view.roles.get(holder, frozenset()) for view in (before, after))
    told = holder[0] not in before.untold | after.untold
    old, new = (view.seen_by(holder) if told else set() for view in (before, after))
    return SightChange(
        instance=holder[0],
        principal_id=holder[1],
        roles_gained=tuple(sorted(new_roles - old_roles)),
        roles_lost=tuple(sorted(old_roles - new_roles)),
        gains=tuple(sorted(new - old)),
        loses=tuple(sorted(old - new)),
        sees=len(new) if told else None,
    )


_Carried = Mapping[str, str] | None
"""Twin -> role; None where the preview does not tell."""


def _carried_after(preview: Preview, urn: str) -> _Carried:
    old, new = preview.before.get(urn), preview.after.get(urn)
    if new is None:
        # The resource leaves the stack and writes nothing: what the twins carry, they keep.
        return _carried(old, _unlisted(old))
    rules = new.inputs.get("rules")
    removes = isinstance(rules, Mapping) and rules.get("unlisted") == "remove"
    return _carried(new, {} if removes else _unlisted(old))


def _view(states: Mapping[str, State], carried: Mapping[str, tuple[State, _Carried]]) -> View:
    unknown = [f"which twins {name_of(urn)} tags" for urn, (_, twins) in carried.items() if twins is None]
    untold = {_instance_of(state, "instanceId") for state, twins in carried.values() if twins is None}
    found: dict[str, Mapping[str, str]] = {}
    for state, twins in carried.values():
        instance = _instance_of(state, "instanceId")
        found[instance] = {**found.get(instance, {}), **(twins or {})}
    roles = _roles(states, _ids(states, carried), unknown)
    return View(roles=roles, twins=found, untold=frozenset(untold), unknown=tuple(unknown))


def _ids(states: Mapping[str, State], carried: Mapping[str, tuple[State, _Carried]]) -> dict[str, str]:
    """Instance -> its id, empty where that is not known."""
    found = {name_of(urn): state.resource_id or "" for urn, state in _of_type(states, INSTANCE)}
    for state, _ in carried.values():
        name = _instance_of(state, "instanceId")
        found[name] = found.get(name) or state.text("instanceId") or ""
    return found


def _roles(states: Mapping[str, State], ids: Mapping[str, str], unknown: list[str]) -> dict[Holder, frozenset[str]]:
    found: dict[Holder, set[str]] = {}
    markers = find_markers(states)
    for urn, state in _of_type(states, ROLE_ASSIGNMENT):
        role = marker_of(state, states, markers)
        if role is None:
            continue
        principal = state.text("principalId")
        instances, is_sure = place_scope(state, ids)
        if principal is None:
            unknown.append(f"who gets the role {role} by {name_of(urn)}")
        elif not is_sure:
            unknown.append(f"at which instances the role {role} acts by {name_of(urn)}")
        for instance in instances if principal else ():
            found.setdefault((instance, str(principal).lower()), set()).add(role)
    return {holder: frozenset(roles) for holder, roles in found.items()}


def _instance_of(state: State, name: str) -> str:
    # The URN stays the same while the id is not known yet, or becomes another.
    source = instance_source(state, name)
    return source if source is not None else (state.text(name) or "").lower().rstrip("/").rpartition("/")[2]


def _carried(state: State | None, unlisted: Mapping[str, str]) -> _Carried:
    twins = twins_of(state)
    return None if twins is None else {**unlisted, **twins}


def _unlisted(state: State | None) -> Mapping[str, str]:
    unlisted = state.outputs.get("unlisted") if state else None
    if not isinstance(unlisted, Mapping) or UNKNOWN in unlisted.values():
        return {}
    return read_map(unlisted) or {}


def _of_type(states: Mapping[str, State], token: str) -> list[tuple[str, State]]:
    return [(urn, states[urn]) for urn in sorted(states) if type_of(urn) == token]
