"""Role tags from end to end: what the command, the dynamic resource and a program of yours call.

The query index lags up to 10 s behind writes, so it is a hint: what matters and what the index says differently from
what is known is read again by id. Every function waits out a 403 where Resource Manager says that the caller holds
the action, and raises AzureError when a call fails for good.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from functools import partial

from twin_rbac.role_tags.apply import Applied, OnWrite, apply_plan
from twin_rbac.role_tags.errors import MissingTwins, UntaggableTwins
from twin_rbac.role_tags.expand import Expansion, expand
from twin_rbac.role_tags.graph_file import Graph
from twin_rbac.role_tags.journal import Journal
from twin_rbac.role_tags.look import LAG, Sleep, Trust, look
from twin_rbac.role_tags.manifest import Manifest
from twin_rbac.role_tags.model import Seeded, TagRules, TwinTags
from twin_rbac.role_tags.plan import Plan, Planner, hold_back, models_given_roles, move_models
from twin_rbac.role_tags.seed import seed
from twin_rbac.role_tags.store import TagStore, Target, open_instance
from twin_rbac.role_tags.taggable import find_untaggable
from twin_rbac.role_tags.upgrade import plan_upgrade
from twin_rbac.role_tags.verify import Findings, Verifier
from twin_rbac.role_tags.waiting import Say

__all__ = ["Target", "apply_tags", "expand_tags", "plan_tags", "read_existing", "seed_graph", "verify_tags"]

Check = Callable[[Plan], None]
"""Looks at a plan before its first write, and raises when it may not be carried out."""
OpenJournal = Callable[[Plan], Journal | None]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the twins are to carry, and what they were to carry before."""

    rules: TagRules
    desired: Mapping[str, str]
    """Twin -> role, selectors expanded."""
    declared: Collection[str] = ()
    """What was desired when it was last applied; see `Planner`."""
    former_roles: Collection[str] = ()
    selected: Collection[str] = ()
    """The twins of `desired` that a selector chose."""

    def planner(self) -> Planner:
        """A planner that has not looked at any twin yet."""
        return Planner(
            self.rules, self.desired, declared=self.declared, former_roles=self.former_roles, selected=self.selected
        )


async def expand_tags(
    target: Target | None,
    manifest: Manifest,
    *,
    declared: Collection[str] = (),
    graph: Graph | None = None,
    seeded: Collection[str] = (),
    seeded_relationships: Collection[str] = (),
    settle: bool = False,
    progress: Say | None = None,
    sleep: Sleep = asyncio.sleep,
) -> Expansion:
    """What the manifest desires, its selectors expanded; see `expand`.

    Args:
        target: the instance; None while there is none.
        manifest: the manifest.
        declared: the twins of the last apply.
        graph: the file that is seeded into the instance.
        seeded: the ids of its twins that were seeded already.
        seeded_relationships: the keys of its relationships that were.
        settle: wait first until the index shows every twin that was made before now.
        progress: is told what is waited for.
        sleep: waits.

    Raises:
        RoleTagsError: selectors disagree, or name what is not there.
    """
    say = progress or _say_nothing
    expand_from = partial(
        expand,
        manifest.rules,
        manifest.twins,
        manifest.selectors,
        declared=declared,
        graph=graph,
        seeded=seeded,
        seeded_relationships=seeded_relationships,
        settle=settle,
        say=say,
        sleep=sleep,
    )
    if target is None or not manifest.selectors:
        return await expand_from(source=None)
    async with open_store(target, manifest.rules, progress) as store:
        return await expand_from(source=store)


async def want_tags(
    target: Target,
    manifest: Manifest,
    rules: TagRules,
    *,
    declared: Collection[str] = (),
    progress: Say | None = None,
) -> Wanted:
    """What the manifest desires of an instance that somebody may have written to just now.

    Args:
        target: the instance.
        manifest: the manifest.
        rules: its rules, or what stands in for them in this run.
        declared: what was desired when it was last applied; see `Planner`.
        progress: is told what is waited for.

    Raises:
        RoleTagsError: as `expand_tags`.
    """
    expansion = await expand_tags(target, manifest, declared=declared, settle=True, progress=progress)
    return Wanted(rules=rules, desired=expansion.twins, declared=declared, selected=expansion.selected)


async def read_existing(
    target: Target,
    rules: TagRules,
    twin_ids: Iterable[str],
    *,
    expected: Mapping[str, str | None] | None = None,
    progress: Say | None = None,
) -> dict[str, TwinTags]:
    """The given twins, and all that carry the key; what is not in the answer does not exist.

    Args:
        target: the instance.
        rules: the manifest's rules; ignored twins are left out.
        twin_ids: the twins to read beside those that carry the key.
        expected: twin -> role as last known. Where the index agrees, it is believed; every other twin is read by id.
        progress: is told what is waited for.
    """
    known = expected or {}
    existing: dict[str, TwinTags] = {}

    def take(twin: TwinTags) -> None:
        existing[twin.twin_id] = twin

    async with open_store(target, rules, progress) as store:
        await look(
            store, rules, twin_ids, take, trusts=lambda twin_id, role: twin_id in known and known[twin_id] == role
        )
    return existing


async def plan_tags(
    target: Target, wanted: Wanted, *, upgrade_models: bool = False, progress: Say | None = None
) -> Plan:
    """What would have to change. Nothing in it is news of the index alone.

    Args:
        target: the instance.
        wanted: what the twins are to carry.
        upgrade_models: make models that can hold the tag where twins' own cannot, and move the twins to them.
        progress: is told what is waited for.
    """
    async with open_store(target, wanted.rules, progress) as store:
        return await _plan(store, wanted, _Agreement(wanted).holds, upgrade_models=upgrade_models, progress=progress)


async def apply_tags(
    target: Target,
    wanted: Wanted,
    *,
    upgrade_models: bool = False,
    check: Check | None = None,
    open_journal: OpenJournal | None = None,
    progress: Say | None = None,
    on_write: OnWrite | None = None,
) -> Applied:
    """Makes the twins carry what is desired.

    A twin that will be written needs no second look before: its etag guards the write.

    Args:
        target: the instance.
        wanted: what the twins are to carry.
        upgrade_models: as `plan_tags`.
        check: is shown the plan before the first write, and raises when it may not be carried out.
        open_journal: is shown the plan before the first write, and gives the journal that keeps what is written.
        progress: is told what is waited for.
        on_write: is told how far it is.

    Raises:
        MissingTwins: a listed twin does not exist and the rules say that this is an error; nothing was written.
        UntaggableTwins: models of listed twins cannot hold the tag; nothing was written.
        ApplyIncomplete: some twins could not be written; all others were.
    """
    trusts = _Agreement(wanted).holds_or_is_written
    async with open_store(target, wanted.rules, progress) as store:
        plan = await _plan(store, wanted, trusts, upgrade_models=upgrade_models, progress=progress)
        require_possible(plan)
        if check:
            check(plan)
        return await carry_out(store, plan, open_journal(plan) if open_journal else None, on_write)


async def carry_out(store: TagStore, plan: Plan, journal: Journal | None, on_write: OnWrite | None) -> Applied:
    """Writes a plan, the models that it needs first; closes the journal.

    Raises:
        ApplyIncomplete: some twins could not be written; all others were.
    """
    with journal or nullcontext():
        await store.create_models(plan.models)
        return await apply_plan(plan, store, journal=journal, on_write=on_write)


def require_present(plan: Plan) -> None:
    """Refuses a plan of twins that do not exist, unless its rules let them be missing.

    Raises:
        MissingTwins: as `apply_tags`.
    """
    if plan.missing and plan.rules.missing == "error":
        raise MissingTwins(plan.missing)


def require_possible(plan: Plan) -> None:
    """Refuses a plan that cannot be carried out whole.

    Raises:
        MissingTwins, UntaggableTwins: as `apply_tags`.
    """
    require_present(plan)
    if plan.untaggable:
        raise UntaggableTwins(plan.untaggable, plan.reasons)


async def verify_tags(
    target: Target,
    wanted: Wanted,
    *,
    complete: bool = False,
    progress: Say | None = None,
    sleep: Sleep = asyncio.sleep,
) -> Findings:
    """Every twin that is not as the manifest says; nothing in it is news of the index alone.

    Args:
        target: the instance.
        wanted: what the twins are to carry.
        complete: find the twins, too, that no rule and no `ignore` covers.
        progress: is told what is waited for.
        sleep: waits.
    """
    rules, say = wanted.rules, progress or _say_nothing
    verifier = Verifier(rules, wanted.desired, selected=wanted.selected)
    async with open_store(target, rules, progress) as store:
        await look(store, rules, (*wanted.desired, *wanted.declared), verifier.look_at, progress=progress)
        if complete:
            say(f"waiting {LAG:g} s for the query index, which then has every twin made before now")
            await sleep(LAG)
            async for twin_id, _ in store.scan():
                verifier.note_existing(twin_id)
        if verifier.models:
            verifier.take_reasons(find_untaggable(rules, await store.list_models()))
    return verifier.finish()


async def seed_graph(target: Target, graph: Graph, seeded: Seeded, *, progress: Say | None = None) -> Seeded:
    """Uploads what is new to the seed and not there; see `seed`.

    Raises:
        RoleTagsError: the file's models depend on each other in a circle.
    """
    async with open_instance(target, say=progress or _say_nothing) as client:
        return await seed(graph, seeded, client)


@dataclass(frozen=True)
class _Agreement:
    """Where manifest and last apply agree, so that the index, agreeing too, is believed."""

    wanted: Wanted

    def holds(self, twin_id: str, role: str | None) -> bool:
        declared = self.wanted.declared
        before = declared.get(twin_id) if isinstance(declared, Mapping) else None
        return role is not None and role == self.wanted.desired.get(twin_id) == before

    def holds_or_is_written(self, twin_id: str, role: str | None) -> bool:
        desired = self.wanted.desired.get(twin_id)
        return self.holds(twin_id, role) or (desired is not None and desired != role)


@asynccontextmanager
async def open_store(target: Target, rules: TagRules, progress: Say | None) -> AsyncIterator[TagStore]:
    """An instance's role tags, for as long as the context lasts."""
    async with open_instance(target, say=progress or _say_nothing) as client:
        yield TagStore(client, rules)


async def _plan(store: TagStore, wanted: Wanted, trusts: Trust, *, upgrade_models: bool, progress: Say | None) -> Plan:
    planner = wanted.planner()
    twin_ids = (*wanted.desired, *wanted.declared)
    await look(store, wanted.rules, twin_ids, planner.look_at, roles=planner.roles, trusts=trusts, progress=progress)
    plan = planner.finish()
    given = models_given_roles(plan)
    if not given:
        return plan
    models = await store.list_models()
    reasons = {key: reason for key, reason in find_untaggable(wanted.rules, models).items() if key in given}
    if not upgrade_models or not reasons:
        return hold_back(plan, reasons)
    upgrade = plan_upgrade(wanted.rules, models, reasons, decommissioned=await store.list_decommissioned())
    return move_models(hold_back(plan, upgrade.refused), upgrade.moves, upgrade.models)


def _say_nothing(_line: str) -> None:
    pass
