"""When a plan changes more than its manifest allows at once; pure."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from twin_rbac.role_tags.errors import UnsafePlan
from twin_rbac.role_tags.model import TagRules
from twin_rbac.role_tags.plan import Kind, Plan, moves_between, roles_moved

LEAST_TWINS = 10
"""Limits apply to a role from so many twins on: of five twins, one is 20 % already (design section 5)."""


@dataclass(frozen=True, kw_only=True)
class Breach:
    """One limit that a plan is past."""

    role: str
    kind: Kind
    twins: int
    """How many twins the plan concerns."""
    carried: int
    """How many carry the role now."""
    limit: int
    """Percent."""

    def __str__(self) -> str:
        """As a person reads it."""
        verb = {"add": "gives {} to", "change": "takes {} for another role from", "remove": "takes {} from"}[self.kind]
        share = self.twins * 100 / self.carried
        twins = "1 twin" if self.twins == 1 else f"{self.twins:,} twins"
        return (
            f"{verb.format(self.role)} {twins}, {share:.0f} % of the {self.carried:,} that carry it now "
            f"(limits.{self.kind} is {self.limit} %)"
        )


def find_breaches(plan: Plan) -> tuple[Breach, ...]:
    """The limits that the plan is past, by role; empty when it is safe."""
    moved = Counter(pair for change in plan.changes for pair in roles_moved(change, plan.rules, plan.roles))
    return tuple(_breaches(plan.rules, moved, plan.carried))


def require_safe(plan: Plan, *, way_out: str) -> None:
    """Refuses a plan that is past its manifest's limits.

    Args:
        plan: the plan.
        way_out: what the refusal tells the person to do.

    Raises:
        UnsafePlan: it is; each limit is named.
    """
    if breaches := find_breaches(plan):
        raise UnsafePlan(breaches, way_out=way_out)


def find_breaches_of_maps(rules: TagRules, before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Breach, ...]:
    """The same without a look at the twins: from the map twin -> role that was last applied to the one desired."""
    carried = Counter(role for text in before.values() for role in rules.split(text))
    moved: Counter[tuple[str, Kind]] = Counter()
    for twin_id in {*before, *after}:
        moved.update(moves_between(rules.split(before.get(twin_id)), rules.split(after.get(twin_id))))
    return tuple(_breaches(rules, moved, carried))


def _breaches(rules: TagRules, moved: Mapping[tuple[str, Kind], int], carried: Mapping[str, int]) -> Iterator[Breach]:
    for (role, kind), twins in sorted(moved.items()):
        limit, base = getattr(rules.limits, kind), carried.get(role, 0)
        if base >= LEAST_TWINS and twins * 100 > limit * base:
            yield Breach(role=role, kind=kind, twins=twins, carried=base, limit=limit)
