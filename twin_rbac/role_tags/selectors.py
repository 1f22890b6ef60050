"""Selectors, which give a role to twins that the manifest does not list one by one; pure.

Rules: design section 5. What a model covers: fact sheets adt-query-language, section 5, and adt-models-and-tags,
section 4.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from twin_rbac.role_tags.dtdl import bases_of, is_same_or_newer
from twin_rbac.role_tags.errors import Conflict, SelectorConflict
from twin_rbac.role_tags.model import TagRules, join_roles, matches

SelectorKind = Literal["glob", "query", "model", "subtree"]

BY_SPECIFICITY: tuple[SelectorKind, ...] = ("glob", "query", "model", "subtree")
"""The kinds, the one that wins first; twins that are listed win over all of them."""


@dataclass(frozen=True, kw_only=True)
class Subtree:
    """The twins below one, along relationships."""

    of: str
    """The root, which is one of them whatever `stop` says."""
    via: tuple[str, ...]
    """Names of the relationships that are followed, from source to target."""
    depth: int | None = None
    """How many levels below the root; None for all."""
    stop: tuple[str, ...] = ()
    """Patterns of twins' ids, or (starting with `dtmi:`) models and what inherits from them: a twin below the root
    that meets one is not taken nor walked past."""


@dataclass(frozen=True, kw_only=True)
class Selector:
    """A role, and what says which twins get it."""

    role: str
    kind: SelectorKind
    value: str | Subtree
    """A pattern, the text of a query, a model's id, or a Subtree, as the kind says."""
    place: str
    """Where the manifest has it, as `file:line:column`."""

    @property
    def text(self) -> str:
        """The pattern, query or model."""
        if isinstance(self.value, Subtree):
            raise TypeError(f"{self.place}: a subtree is no text")
        return self.value

    @property
    def subtree(self) -> Subtree:
        """The subtree."""
        if not isinstance(self.value, Subtree):
            raise TypeError(f"{self.place}: a {self.kind} is no subtree")
        return self.value


Claim = tuple[Selector, ...]
"""The equally specific selectors that chose a twin, in the manifest's order."""


def resolve(
    rules: TagRules, explicit: Mapping[str, str], matched: Iterable[tuple[Selector, Collection[str]]]
) -> dict[str, str]:
    """Twin -> role, from what is listed and what selectors chose; ignored twins are left out.

    The more specific wins. With markers the roles of equally specific selectors add up; by value they have to agree.

    Args:
        rules: the manifest's rules.
        explicit: twin -> role, as the manifest lists them; these come first in the answer.
        matched: selectors and the twins that they chose, in the manifest's order.

    Raises:
        SelectorConflict: equally specific selectors disagree about twins; it names all such pairs.
    """
    desired = {twin_id: role for twin_id, role in explicit.items() if not rules.ignores(twin_id)}
    by_kind: defaultdict[SelectorKind, list[tuple[Selector, Collection[str]]]] = defaultdict(list)
    for selector, twin_ids in matched:
        by_kind[selector.kind].append((selector, twin_ids))
    clashes: defaultdict[tuple[Selector, Selector], list[str]] = defaultdict(list)
    for kind in BY_SPECIFICITY:
        desired |= dict(_decide(rules, _collect_claims(rules, desired, by_kind[kind]), clashes))
    if clashes:
        raise SelectorConflict([_conflict(*pair, twin_ids) for pair, twin_ids in clashes.items()])
    return desired


def find_matcher(pattern: str) -> Callable[[str], bool]:
    """What says whether a twin's id is as the pattern says; see `matches`."""
    if pattern.strip("*") == "":
        return lambda _twin_id: True
    return lambda twin_id: matches(pattern, twin_id)


def models_of(wanted: str, definitions: Mapping[str, Mapping[str, Any]]) -> frozenset[str]:
    """The models whose twins `IS_OF_MODEL(wanted)` takes: it, its higher versions, and what inherits from any of these.

    Args:
        wanted: a model's id.
        definitions: DTDL by model id; a model that is not among them is not in the answer.
    """
    heirs: defaultdict[str, list[str]] = defaultdict(list)
    for model_id, definition in definitions.items():
        for base in bases_of(definition):
            heirs[base].append(model_id)
    found: set[str] = set()
    waiting = [model_id for model_id in definitions if is_same_or_newer(model_id, wanted)]
    while waiting:
        model_id = waiting.pop()
        if model_id not in found:
            found.add(model_id)
            waiting += heirs[model_id]
    return frozenset(found)


def find_model_matcher(wanted: str, definitions: Mapping[str, Mapping[str, Any]]) -> Callable[[str], bool]:
    """What says whether twins of a model are those of the wanted one; a model that was deleted counts by its version.

    Args:
        wanted: a model's id.
        definitions: as `models_of` takes them.
    """
    found = models_of(wanted, definitions)
    return lambda model_id: model_id in found or (model_id not in definitions and is_same_or_newer(model_id, wanted))


def _collect_claims(
    rules: TagRules, decided: Mapping[str, str], matched: Iterable[tuple[Selector, Collection[str]]]
) -> dict[str, Claim]:
    claims: dict[str, Claim] = {}
    # There may be a million twins and few different claims: each claim is one object.
    longer: dict[tuple[Claim, Selector], Claim] = {}
    for selector, twin_ids in matched:
        alone = (selector,)
        for twin_id in twin_ids:
            if twin_id in decided or rules.ignores(twin_id):
                continue
            claim = claims.setdefault(twin_id, alone)
            if claim[-1] is not selector:
                claims[twin_id] = longer.setdefault((claim, selector), (*claim, selector))
    return claims


def _decide(
    rules: TagRules, claims: Mapping[str, Claim], clashes: Mapping[tuple[Selector, Selector], list[str]]
) -> Iterator[tuple[str, str]]:
    roles: dict[Claim, str] = {}
    for twin_id, claim in claims.items():
        if claim not in roles:
            roles[claim] = _role_of(rules, claim)
        yield twin_id, roles[claim]
        if rules.encoding == "value" and len(claim) > 1 and (other := _find_disagreeing(claim)):
            clashes[claim[0], other].append(twin_id)


def _role_of(rules: TagRules, claim: Claim) -> str:
    if rules.encoding == "value":
        return claim[0].role
    return join_roles({selector.role for selector in claim}) or claim[0].role


def _find_disagreeing(claim: Claim) -> Selector | None:
    return next((selector for selector in claim if selector.role != claim[0].role), None)


def _conflict(first: Selector, second: Selector, twin_ids: list[str]) -> Conflict:
    return Conflict(
        kind=first.kind,
        roles=(first.role, second.role),
        places=(first.place, second.place),
        twin_ids=tuple(sorted(twin_ids)),
    )
