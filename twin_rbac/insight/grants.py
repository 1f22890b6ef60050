"""What a preview changes about rights: role assignments and role definitions; pure."""

from collections.abc import Iterator, Mapping

from twin_rbac.access.assignments import guid_of
from twin_rbac.insight.exposed import NOT_YET, Exposure, expose, inputs_of
from twin_rbac.insight.preview import Operation, Preview, State, Step, name_of
from twin_rbac.insight.principals import BUILT_IN_ROLES, find_markers, marker_of, name_roles, role_urns

_PERMISSIONS = ("actions", "notActions", "dataActions", "notDataActions")


def compare_assignment(step: Step, preview: Preview, principals: Mapping[str, str]) -> Iterator[Exposure]:
    """What a role assignment gives or takes; marker roles are left out."""
    old, new = (None if _is_marker(state, states) else state for state, states in _sides(step, preview))
    if old is None and new is None:
        return
    who, role, scope = (
        bool(old and new and _is_same(old, new, name)) for name in ("principalId", "roleDefinitionId", "scope")
    )
    # Made again with another id, it says what it said.
    if who and role and scope:
        return
    # A principal that is made anew is not another one; and at a place within the old one, it can do less.
    renewed = role and scope and old is not None and new is not None and _is_renewed(old, new)
    narrowed = who and role and old is not None and new is not None and _is_within(old, new)
    shown = [_describe(state, states, principals) for state, states in ((old, preview.before), (new, preview.after))]
    # Of two long scopes, the ends may be the same.
    if shown[0] == shown[1]:
        shown = [
            _describe(state, states, principals, whole=True)
            for state, states in ((old, preview.before), (new, preview.after))
        ]
    yield expose(step, "role assignment", *shown, widens=new is not None and not renewed and not narrowed)


def compare_definition(step: Step) -> Iterator[Exposure]:
    """What a role allows more or less; of a new role, what it allows by wildcard."""
    if step.operation is Operation.DELETE:
        return
    for kind in _PERMISSIONS:
        before, after = (set(_permissions(state, kind)) for state in (step.old, step.new))
        added, removed = sorted(after - before), sorted(before - after)
        if step.old is None:
            added = [] if kind.startswith("not") else [action for action in added if "*" in action]
        if added or removed:
            widens = bool(removed) if kind.startswith("not") else bool(added)
            yield expose(step, kind, removed, added, widens=widens)


def _sides(step: Step, preview: Preview) -> tuple[tuple[State | None, Mapping[str, State]], ...]:
    return (step.old, preview.before), (step.new, preview.after)


def _is_marker(state: State | None, states: Mapping[str, State]) -> bool:
    return state is not None and marker_of(state, states, find_markers(states)) is not None


def _is_same(old: State, new: State, name: str) -> bool:
    before, after = (_fold(state.text(name)) for state in (old, new))
    if before is not None and after is not None:
        return guid_of(before) == guid_of(after) if name == "roleDefinitionId" else before == after
    # A value that is not known yet says what it said when it comes from the same resources.
    sources = [sorted(state.dependencies.get(name, ())) for state in (old, new)]
    return name != "principalId" and name in new.inputs and bool(sources[0]) and sources[0] == sources[1]


def _is_renewed(old: State, new: State) -> bool:
    sources = [sorted(state.dependencies.get("principalId", ())) for state in (old, new)]
    return new.text("principalId") is None and sources[0] == sources[1]


def _fold(text: str | None) -> str | None:
    return None if text is None else text.rstrip("/").lower()


def _is_within(old: State, new: State) -> bool:
    outer, inner = (_fold(state.text("scope")) for state in (old, new))
    return outer is not None and inner is not None and inner.startswith(f"{outer}/")


def _describe(
    state: State | None, states: Mapping[str, State], principals: Mapping[str, str], *, whole: bool = False
) -> tuple[str, ...]:
    if state is None:
        return ()
    principal = state.text("principalId")
    who = principals.get(principal.lower(), principal) if principal else NOT_YET
    return (f"{who}: {_role(state, states)} at {_place(state, whole=whole)}",)


def _role(state: State, states: Mapping[str, State]) -> str:
    definition, urns = state.text("roleDefinitionId"), role_urns(state)
    if definition:
        guid = guid_of(definition.rstrip("/"))
        return {**BUILT_IN_ROLES, **name_roles(states)}.get(guid, guid)
    return name_of(urns[0]) if urns else NOT_YET


def _place(state: State, *, whole: bool) -> str:
    scope = state.text("scope")
    if scope is None:
        urns = state.dependencies.get("scope", ())
        return name_of(urns[0]) if urns else NOT_YET
    parts = scope.strip("/").split("/")
    # Of a long id, the end says which resource it is.
    return scope if whole or len(parts) <= 2 else f"…/{'/'.join(parts[-2:])}"


def _permissions(state: State | None, kind: str) -> Iterator[str]:
    for item in inputs_of(state).get("permissions") or ():
        if isinstance(item, Mapping):
            yield from (str(action) for action in item.get(kind) or ())
