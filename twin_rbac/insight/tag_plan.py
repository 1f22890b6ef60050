"""Which twins get, change or lose a role tag by a preview; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from twin_rbac.insight.preview import UNKNOWN, Operation, Preview, State, name_of, type_of
from twin_rbac.role_tags.digest import unpack
from twin_rbac.role_tags.errors import RoleTagsError

ROLE_TAGS = "pulumi-python:dynamic/digital-twins-rbac:RoleTags"

Twins = Mapping[str, str]
"""Twin -> role."""


@dataclass(frozen=True, kw_only=True)
class TagChange:
    """A twin whose role tag changes."""

    twin_id: str
    old: str | None
    new: str | None

    @property
    def kind(self) -> str:
        """add, change or remove."""
        return "add" if self.old is None else "remove" if self.new is None else "change"


@dataclass(frozen=True, kw_only=True)
class TagPlan:
    """What happens to the role tags of one instance."""

    name: str
    """The RoleTags resource's logical name."""
    changes: tuple[TagChange, ...]
    """Sorted by twin."""
    unknown: bool = False
    """Whether the preview could not tell which twins would be tagged."""
    goes_on: bool = True
    """Whether the resource was there before, for the same instance and tag."""
    removed: bool = False
    """Whether the resource leaves the stack: the tags stay on the twins."""


def make_tag_plans(preview: Preview) -> tuple[TagPlan, ...]:
    """A plan for each RoleTags resource that changes its twins, or for which that is unknown."""
    plans = (_plan(preview, urn) for urn in sorted(_role_tags(preview)))
    return tuple(plan for plan in plans if plan.changes or plan.unknown or plan.removed)


def compare_twins(old: Twins, new: Twins) -> tuple[TagChange, ...]:
    """The changes from one map to another, sorted by twin."""
    return tuple(
        TagChange(twin_id=twin_id, old=old.get(twin_id), new=new.get(twin_id))
        for twin_id in sorted(old.keys() | new.keys())
        if old.get(twin_id) != new.get(twin_id)
    )


def twins_of(state: State | None) -> Twins | None:
    """The map of a RoleTags resource; None where the preview does not tell it."""
    if state is None:
        return {}
    twins = state.inputs.get("twins")
    if not isinstance(twins, Mapping) or UNKNOWN in twins.values():
        return None
    return read_map(twins)


def read_map(packed: Mapping[str, Any]) -> Twins | None:
    """The map twin -> role that a resource holds, of very many twins too; None where it cannot be read."""
    if not all(isinstance(role, str) for role in packed.values()):
        return None
    try:
        return unpack(packed)
    except RoleTagsError:
        return None


def _role_tags(preview: Preview) -> set[str]:
    return {urn for urn in (*preview.before, *preview.after) if type_of(urn) == ROLE_TAGS}


def _plan(preview: Preview, urn: str) -> TagPlan:
    old, new = preview.before.get(urn), preview.after.get(urn)
    if new is None:
        return TagPlan(name=name_of(urn), changes=(), removed=True)
    goes_on = old is not None and not _is_replaced(preview, urn)
    before, after = (twins_of(state) for state in (old if goes_on else None, new))
    if before is None or after is None:
        return TagPlan(name=name_of(urn), changes=(), goes_on=goes_on, unknown=True)
    return TagPlan(name=name_of(urn), changes=compare_twins(before, after), goes_on=goes_on)


def _is_replaced(preview: Preview, urn: str) -> bool:
    # Another instance or another tag: every twin is tagged anew.
    return any(step.urn == urn and step.operation is Operation.REPLACE for step in preview.changes)
