"""What has to change so that the twins carry what the manifest says; pure."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from twin_rbac.role_tags.model import TagRules, TwinTags

Kind = Literal["add", "change", "remove"]


@dataclass(frozen=True, kw_only=True)
class Change:
    """What is written to one twin."""

    twin_id: str
    kind: Kind
    old: str | None
    """What its role tag says; None when it has none."""
    new: str | None
    """What it is to say; None to take the role tag away."""
    existing: TwinTags = field(repr=False, compare=False)
    """The twin as it was read: its etag guards the write."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The changes, and what was seen beside them."""

    changes: tuple[Change, ...]
    """Sorted by twin."""
    unlisted: Mapping[str, str]
    """Twin -> role of twins that carry a role, are not in the manifest, and stay as they are."""
    missing: tuple[str, ...]
    """Listed twins that do not exist, sorted."""
    unchanged: int
    """How many listed twins already carry their role."""
    rules: TagRules = field(repr=False)
    roles: frozenset[str] = field(repr=False)
    """The roles that count as the manifest's: its own, and those that it last declared."""

    @property
    def counts(self) -> dict[str, int]:
        """How many twins of each kind."""
        kinds = Counter(change.kind for change in self.changes)
        return {
            "add": kinds["add"],
            "change": kinds["change"],
            "remove": kinds["remove"],
            "unchanged": self.unchanged,
            "unlisted": len(self.unlisted),
            "missing": len(self.missing),
        }


def make_plan(
    rules: TagRules,
    desired: Mapping[str, str],
    *,
    declared: Collection[str],
    existing: Mapping[str, TwinTags],
    former_roles: Collection[str] = (),
) -> Plan:
    """The plan that makes the existing twins carry what is desired.

    The manifest decides for its key (design section 6): a listed twin with any other value changes; a twin that was
    declared before and is not listed any more loses whatever role of this manifest it carries; any other twin that
    carries one is unlisted, and loses it only with `unlisted: remove`. Ignored twins do not appear at all.

    Args:
        rules: the manifest's rules.
        desired: twin -> role, as the manifest lists them.
        declared: the twins that the manifest listed when it was last applied. Given as the map twin -> role, its
            roles count as this manifest's too: a role that left the manifest is taken off with its twins.
        existing: the twins that carry the key, and those of `desired` and `declared` that exist.
        former_roles: the roles that the manifest had when it was last applied; they count as its own too.
    """
    declared_roles = declared.values() if isinstance(declared, Mapping) else ()
    roles = frozenset((*rules.roles, *declared_roles, *former_roles))
    listed = {twin_id: role for twin_id, role in desired.items() if not rules.ignores(twin_id)}
    others = [twin for twin_id, twin in existing.items() if twin_id not in desired and not rules.ignores(twin_id)]
    revoked = [twin for twin in others if rules.unlisted == "remove" or twin.twin_id in declared]
    decisions = [
        decide(existing[twin_id], role, rules, roles) for twin_id, role in listed.items() if twin_id in existing
    ]
    removals = [decide(twin, None, rules, roles) for twin in revoked]
    changes = [change for change in (*decisions, *removals) if change]
    seen = {change.twin_id for change in changes}
    carried = {twin.twin_id: role for twin in others if (role := rules.role_of(twin)) in roles and role is not None}
    return Plan(
        changes=tuple(sorted(changes, key=lambda change: change.twin_id)),
        unlisted={twin_id: carried[twin_id] for twin_id in sorted(carried) if twin_id not in seen},
        missing=tuple(sorted(twin_id for twin_id in listed if twin_id not in existing)),
        unchanged=sum(change is None for change in decisions),
        rules=rules,
        roles=roles,
    )


def decide(twin: TwinTags, new: str | None, rules: TagRules, roles: Collection[str]) -> Change | None:
    """What has to be written to one twin so that its role tag says `new`; None when nothing has to be.

    Taking the role tag away (`new` is None) concerns only the given roles: another value is not the manifest's.
    """
    old = rules.role_of(twin)
    if old == new or (new is None and old not in roles):
        return None
    kind: Kind = "remove" if new is None else "add" if old is None else "change"
    return Change(twin_id=twin.twin_id, kind=kind, old=old, new=new, existing=twin)
