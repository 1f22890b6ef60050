"""What has to change so that the twins carry what the manifest says; pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from twin_rbac.role_tags.model import TagRules, TwinTags

Kind = Literal["add", "change", "remove"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What is written to one twin."""

    twin_id: str
    kind: Kind
    old: str | None
    """What its role tag says; None when it has none. Several markers are joined by commas."""
    new: str | None
    """What it is to say; None to take the role tag away."""
    existing: TwinTags = field(repr=False, compare=False)
    """The twin as it was read: its etag guards the write."""
    model_id: str | None = None
    """The model that the same write moves the twin to, where its own cannot hold the tag."""


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
    unknown: Mapping[str, str] = field(default_factory=dict)
    """Twin -> value of twins that are not listed and carry what is no role; they stay as they are."""
    untaggable: Mapping[str, str] = field(default_factory=dict)
    """Twin -> model of listed twins whose model cannot hold the tag; nothing is written to them."""
    reasons: Mapping[str, str] = field(default_factory=dict)
    """Model -> why it cannot hold the tag."""
    models: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    """Models to create before anything is written, each after those that it depends on."""
    moves: Mapping[str, str] = field(default_factory=dict)
    """Model -> the one that its twins go to with their tag."""
    selected: Collection[str] = field(default=(), repr=False)
    """Desired twins that a selector chose: one that is gone when it is to be written is passed over."""
    carried: Mapping[str, int] = field(default_factory=dict, repr=False)
    """Role -> how many twins carry it now."""
    kept: Mapping[str, int] = field(default_factory=dict, repr=False)
    """Role -> how many listed twins already carry it."""
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
            "unknown": len(self.unknown),
            "untaggable": len(self.untaggable),
            "missing": len(self.missing),
        }

    @property
    def counts_by_role(self) -> dict[str, dict[str, int]]:
        """Role -> kind -> how many twins; see `roles_moved` for which role a change counts for."""
        moved = Counter(pair for change in self.changes for pair in roles_moved(change, self.rules, self.roles))
        unlisted = Counter(role for text in self.unlisted.values() for role in self.rules.split(text))
        return {
            role: {
                **{kind: moved[role, kind] for kind in ("add", "change", "remove")},
                "unchanged": self.kept.get(role, 0),
                "unlisted": unlisted[role],
            }
            for role in sorted(self.roles)
        }


class Planner:
    """Takes the existing twins one by one, keeps what matters of them, and makes the plan.

    The manifest decides for its key (design section 6): a listed twin with any other value changes; a twin that was
    declared before and is not listed any more loses whatever role of this manifest it carries; any other twin that
    carries one is unlisted, and loses it only with `unlisted: remove`. Ignored twins do not appear at all.
    """

    def __init__(
        self,
        rules: TagRules,
        desired: Mapping[str, str],
        *,
        declared: Collection[str] = (),
        former_roles: Iterable[str] = (),
        selected: Collection[str] = (),
    ) -> None:
        """Prepares an empty plan.

        Args:
            rules: the manifest's rules.
            desired: twin -> role, as the manifest lists them; marker roles joined.
            declared: the twins that the manifest listed when it was last applied. Given as the map twin -> role, its
                roles count as this manifest's too: a role that left the manifest is taken off with its twins.
            former_roles: the roles that the manifest had when it was last applied; they count as its own too.
            selected: the desired twins that a selector chose: one that is gone is not missing.
        """
        self._selected = selected
        self._rules = rules
        self._desired = desired
        self._declared = declared
        declared_roles = set(declared.values()) if isinstance(declared, Mapping) else ()
        singles = (role for text in declared_roles for role in rules.split(text))
        self.roles = frozenset((*rules.roles, *singles, *former_roles))
        self.waiting = {twin_id for twin_id in desired if not rules.ignores(twin_id)}
        """The desired twins that were not looked at yet."""
        self._changes: list[Change] = []
        self._unlisted: dict[str, str] = {}
        self._unknown: dict[str, str] = {}
        self._carried: Counter[str] = Counter()
        self._kept: Counter[str] = Counter()
        self._unchanged = 0

    def look_at(self, twin: TwinTags) -> None:
        """Takes an existing twin: one that carries the key, or is desired or declared; each once."""
        if self._rules.ignores(twin.twin_id):
            return
        old = self._rules.role_of(twin, self.roles)
        carried = self._rules.split(old) & self.roles
        self._carried.update(carried)
        if twin.twin_id in self.waiting:
            self.waiting.discard(twin.twin_id)
            self._decide_listed(twin, self._desired[twin.twin_id])
        elif self._rules.unlisted == "remove" or twin.twin_id in self._declared:
            self._decide_other(twin, old, carried)
        else:
            self._note_other(twin, old, carried)

    def finish(self) -> Plan:
        """The plan; what was desired and not looked at is missing."""
        return Plan(
            changes=tuple(sorted(self._changes, key=lambda change: change.twin_id)),
            unlisted=dict(sorted(self._unlisted.items())),
            unknown=dict(sorted(self._unknown.items())),
            missing=tuple(sorted(twin_id for twin_id in self.waiting if twin_id not in self._selected)),
            unchanged=self._unchanged,
            selected=self._selected,
            carried=dict(self._carried),
            kept=dict(self._kept),
            rules=self._rules,
            roles=self.roles,
        )

    def _decide_listed(self, twin: TwinTags, desired: str) -> None:
        change = decide(twin, desired, self._rules, self.roles)
        if change:
            self._changes.append(change)
        else:
            self._unchanged += 1
            self._kept.update(self._rules.split(desired))

    def _decide_other(self, twin: TwinTags, old: str | None, carried: Collection[str]) -> None:
        change = decide(twin, None, self._rules, self.roles)
        if change:
            self._changes.append(change)
        else:
            self._note_other(twin, old, carried)

    def _note_other(self, twin: TwinTags, old: str | None, carried: Collection[str]) -> None:
        if old is not None:
            (self._unlisted if carried else self._unknown)[twin.twin_id] = old


def make_plan(
    rules: TagRules,
    desired: Mapping[str, str],
    *,
    declared: Collection[str],
    existing: Mapping[str, TwinTags],
    former_roles: Collection[str] = (),
) -> Plan:
    """The plan from all existing twins at once; see `Planner`."""
    planner = Planner(rules, desired, declared=declared, former_roles=former_roles)
    for twin in existing.values():
        planner.look_at(twin)
    return planner.finish()


def decide(twin: TwinTags, new: str | None, rules: TagRules, roles: Collection[str]) -> Change | None:
    """What has to be written to one twin so that its role tag says `new`; None when nothing has to be.

    Taking the role tag away (`new` is None) concerns only the given roles: another value is not the manifest's.
    """
    old = rules.role_of(twin, roles)
    if old == new or (new is None and not rules.split(old) & set(roles)):
        return None
    kind: Kind = "remove" if new is None else "add" if old is None else "change"
    return Change(twin_id=twin.twin_id, kind=kind, old=old, new=new, existing=twin)


def roles_moved(change: Change, rules: TagRules, roles: Collection[str]) -> Iterator[tuple[str, Kind]]:
    """What a change means for each role, as `moves_between` says."""
    return moves_between(rules.split(change.old) & set(roles), rules.split(change.new))


def moves_between(old: frozenset[str], new: frozenset[str]) -> Iterator[tuple[str, Kind]]:
    """What it means for each role that a twin goes from some roles to others.

    A twin that leaves one role for another counts for the one that it leaves.
    """
    lost, gained = old - new, new - old
    kind: Kind = "change" if lost and gained else "remove" if lost else "add"
    for role in sorted(lost or gained):
        yield role, kind
