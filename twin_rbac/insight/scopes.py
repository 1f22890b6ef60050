"""At which instances an assignment acts, by its scope; pure."""

from collections.abc import Mapping

from twin_rbac.access.assignments import is_at_or_above
from twin_rbac.insight.changes import INSTANCE
from twin_rbac.insight.preview import State, name_of, type_of

_INSTANCES = "digitaltwinsinstances"


def place_scope(state: State, ids: Mapping[str, str]) -> tuple[frozenset[str], bool]:
    """The instances at or below an assignment's scope, and whether these are surely all.

    Args:
        state: the assignment.
        ids: instance -> its id, empty where that is not known.
    """
    scope, source = state.text("scope"), instance_source(state, "scope")
    if scope is None:
        return frozenset({source} if source is not None else ()), source is not None
    at = frozenset(name for name, instance_id in ids.items() if is_at_or_above(scope, instance_id))
    parts = scope.strip("/").lower().split("/")
    if parts[-2:-1] == [_INSTANCES]:
        # An instance's own scope; while its id is not known, the resource that it comes from tells which.
        unknown = source is not None and not ids.get(source)
        return at or frozenset({str(source) if unknown else parts[-1]}), True
    reaches_all = at == ids.keys()
    return at, bool(at) and (reaches_all or all(ids.values()))


def instance_source(state: State, name: str) -> str | None:
    """The instance that an input comes from; None where it comes from none."""
    return next((name_of(urn) for urn in state.dependencies.get(name, ()) if type_of(urn) == INSTANCE), None)
