"""What check of RoleTags decides: which twins the manifest means, and whether an update may go on."""

from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from pulumi.dynamic import CheckFailure, CheckResult

from twin_rbac.clients.errors import AccessDenied, OutsideNetwork
from twin_rbac.providers import tag_lines
from twin_rbac.providers.live import find_target, is_known, say, warn_unseen
from twin_rbac.providers.tagging import former_roles, moves_tag
from twin_rbac.role_tags.digest import pack, pack_ids, unpack, unpack_ids
from twin_rbac.role_tags.errors import RoleTagsError, UnsafePlan, UntaggableTwins
from twin_rbac.role_tags.expand import Expansion
from twin_rbac.role_tags.graph_file import Graph, load_graph
from twin_rbac.role_tags.graph_source import model_in
from twin_rbac.role_tags.limits import Breach, find_breaches, find_breaches_of_maps
from twin_rbac.role_tags.manifest import Manifest, load_manifest
from twin_rbac.role_tags.model import TagRules
from twin_rbac.role_tags.plan import Plan
from twin_rbac.role_tags.reconcile import plan_tags
from twin_rbac.role_tags.selecting import expand_tags
from twin_rbac.role_tags.taggable import find_untaggable
from twin_rbac.role_tags.target import Target
from twin_rbac.role_tags.wanted import Wanted

Properties = dict[str, Any]

_MOST_FAILURES = 100
"""How many missing twins fail a check one by one; the others are counted."""


async def check(olds: Properties, news: Properties) -> CheckResult:
    """The inputs with every twin that the manifest's selectors choose, and what is wrong with them.

    Wrong are listed twins that do not exist, models that cannot hold the tag, and more changes than the manifest
    allows at once. Unlisted twins and what else deserves a second look are named.

    A caller without data rights, or outside the instance's network, gets one warning; its plan is the comparison of the
    recorded twins with the manifest, and what selectors chose stays as it was recorded.
    """
    subject = _Subject(olds, news)
    try:
        target = await find_target(news)
        expansion = await _expand(subject, target)
        plan = await _plan(subject, expansion, target)
    except (AccessDenied, OutsideNetwork) as error:
        warn_unseen(error)
        return subject.answer(*_check_unseen(subject))
    except RoleTagsError as error:
        # Selectors disagree, or name what is not there.
        return subject.answer(subject.manifest.twins, [CheckFailure("", str(error))])
    desired = expansion.twins
    if plan is None:
        return subject.answer(desired, [*_missing_from_graph(subject), *_untaggable_in_graph(subject, desired)])
    tag_lines.name_unlisted(_unlisted_in(plan, subject.recorded), news)
    tag_lines.name_ignored(subject.recorded, desired, subject.rules)
    if subject.moves:
        tag_lines.name_moved(TagRules.from_mapping(olds["rules"]), subject.rules, desired)
    tag_lines.name_upgrades(plan)
    return subject.answer(desired, list(_find_failures(subject, plan)))


class _Subject:
    """What a check is about."""

    def __init__(self, olds: Properties, news: Properties) -> None:
        self.olds = olds
        self.news = news
        self.manifest: Manifest = load_manifest(Path(news["manifest"]))
        self.rules: TagRules = self.manifest.rules
        self.moves = moves_tag(olds, news)
        # What was recorded of another tag says nothing about this one.
        self.recorded = {} if self.moves else unpack(olds.get("twins"))
        """Twin -> role as the last look found it on the declared twins."""

    @property
    def recorded_roles(self) -> dict[str, str]:
        """The recorded twins that carry roles of the manifest: a value set by hand is none of its roles."""
        known = {*self.rules.roles, *former_roles(self.olds)}
        return {twin_id: role for twin_id, role in self.recorded.items() if self.rules.split(role) <= known}

    @cached_property
    def graph(self) -> Graph | None:
        """The graph that is seeded, if any."""
        return load_graph(Path(self.news["graph"])) if self.news.get("graph") else None

    @property
    def seeded(self) -> frozenset[str]:
        """The twins of the graph that were seeded."""
        return self._seeded("seeded")

    @property
    def seeded_relationships(self) -> frozenset[str]:
        """The relationships of the graph that were."""
        return self._seeded("seededRelationships")

    def _seeded(self, name: str) -> frozenset[str]:
        # Unknown while the graph itself changes in this preview; what was seeded before is known all the same.
        return unpack_ids(self.news.get(name) if is_known(self.news.get(name)) else self.olds.get(name))

    @property
    def is_first(self) -> bool:
        """Whether nothing was applied before: a create."""
        return self.moves or not self.olds

    def answer(self, desired: Mapping[str, str], failures: list[CheckFailure]) -> CheckResult:
        """The inputs as they are kept, whose map is all that is desired."""
        kept = {name: value for name, value in self.news.items() if name != "allowUnsafe"}
        # What means the same stays the same text, whichever machine compressed it.
        seeded = {
            name: pack_ids(self._seeded(name), before=self.olds.get(name))
            for name in ("seeded", "seededRelationships")
            if isinstance(kept.get(name), str)
        }
        twins = pack(desired, self.rules, before=self.olds.get("twins"))
        return CheckResult({**kept, **seeded, "twins": twins}, failures)


async def _expand(subject: _Subject, target: Target | None) -> Expansion:
    expansion = await expand_tags(
        target,
        subject.manifest,
        declared=subject.recorded,
        graph=subject.graph,
        seeded=subject.seeded,
        seeded_relationships=subject.seeded_relationships,
        progress=say,
    )
    tag_lines.name_unresolved(expansion.unresolved)
    return expansion


async def _plan(subject: _Subject, expansion: Expansion, target: Target | None) -> Plan | None:
    if target is None:
        return None
    wanted = Wanted(
        rules=subject.rules,
        desired=expansion.twins,
        # What was recorded is what the last refresh found on the declared twins: removals, not unlisted twins.
        declared=subject.recorded_roles,
        former_roles=former_roles(subject.olds),
        selected=expansion.selected,
    )
    return await plan_tags(target, wanted, upgrade_models=bool(subject.news.get("upgradeModels")), progress=say)


def _check_unseen(subject: _Subject) -> tuple[dict[str, str], list[CheckFailure]]:
    """What is desired as far as it is known without a look at the twins, and the limits that it is past."""
    desired = dict(subject.manifest.twins)
    if subject.manifest.selectors:
        kept = {
            twin_id: role
            for twin_id, role in subject.recorded.items()
            if twin_id not in desired and not subject.rules.ignores(twin_id)
        }
        desired |= kept
        say("the manifest's selectors were not looked at: the twins that they chose stay as they were recorded")
    if subject.is_first:
        return desired, []
    breaches = find_breaches_of_maps(subject.rules, subject.recorded, desired)
    return desired, list(_refuse_unsafe(breaches, subject))


def _unlisted_in(plan: Plan, recorded: Collection[str]) -> dict[str, str]:
    # With `unlisted: remove` the plan takes their tag off; they are to be seen as what they are.
    removed = {
        change.twin_id: change.old or ""
        for change in plan.changes
        if change.new is None and change.twin_id not in recorded
    }
    return {**plan.unlisted, **removed}


def _missing_from_graph(subject: _Subject) -> list[CheckFailure]:
    # The instance does not exist yet, so a twin can only come from the graph; without one nothing can be said.
    if subject.graph is None:
        return []
    listed = subject.manifest.twins
    return _refuse_missing([twin_id for twin_id in listed if twin_id not in subject.graph.twins], subject)


def _untaggable_in_graph(subject: _Subject, desired: Collection[str]) -> Iterator[CheckFailure]:
    """The models of the graph that will not hold the tag, found before there is an instance to ask."""
    if subject.graph is None or subject.news.get("upgradeModels"):
        return
    reasons = find_untaggable(subject.rules, subject.graph.models)
    models = {twin_id: model_in(subject.graph, twin_id) for twin_id in desired if twin_id in subject.graph.twins}
    held = {twin_id: model_id for twin_id, model_id in models.items() if model_id in reasons}
    if held:
        yield _refuse_untaggable(held, {model_id: reasons[model_id] for model_id in held.values()})


def _refuse_untaggable(twins: Mapping[str, str], reasons: Mapping[str, str]) -> CheckFailure:
    way_out = (
        "to make a next version of each that can, and move the twins to it, set the config "
        "digital-twins-rbac:upgradeModels: true; or take the twins out"
    )
    return CheckFailure("", str(UntaggableTwins(twins, reasons, way_out=way_out)))


def _find_failures(subject: _Subject, plan: Plan) -> Iterator[CheckFailure]:
    pending = set(subject.graph.twins) - subject.seeded if subject.graph and plan.missing else ()
    yield from _refuse_missing([twin_id for twin_id in plan.missing if twin_id not in pending], subject)
    if plan.untaggable:
        yield _refuse_untaggable(plan.untaggable, plan.reasons)
    if not subject.is_first:
        yield from _refuse_unsafe(find_breaches(plan), subject)


def _refuse_missing(missing: list[str], subject: _Subject) -> list[CheckFailure]:
    if subject.rules.missing == "skip":
        tag_lines.name_skipped(missing, subject.manifest.twins)
        return []
    places = subject.manifest.places
    reasons = [
        f"{places[twin]}: there is no twin {twin!r} in the instance; create it, take it out, or set missing: skip"
        for twin in missing[:_MOST_FAILURES]
    ]
    if len(missing) > _MOST_FAILURES:
        reasons.append(f"and {len(missing) - _MOST_FAILURES:,} more twins of the manifest are not in the instance")
    return [CheckFailure("", reason) for reason in reasons]


def _refuse_unsafe(breaches: Collection[Breach], subject: _Subject) -> Iterator[CheckFailure]:
    if not breaches:
        return
    allowed, digest = subject.news.get("allowUnsafe"), subject.manifest.digest
    if allowed == digest:
        for breach in breaches:
            say(f"past a limit, as allowUnsafe lets it: this manifest {breach}")
        return
    way_out = (
        f"if this is meant, let this one manifest past them: set the config digital-twins-rbac:allowUnsafe: {digest}"
    )
    if allowed:
        way_out += f"\n(allowUnsafe now names another manifest, {allowed})"
    yield CheckFailure("", str(UnsafePlan(tuple(breaches), way_out=way_out)))
