"""Role tags from end to end: what the command, the dynamic resource and a program of yours call.

The query index lags up to 10 s behind writes, so it is a hint: what matters and what the index says differently from
what is known is read again by id. Every function waits out a 403 where Resource Manager says that the caller holds
the action, and raises AzureError when a call fails for good.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext

from twin_rbac.role_tags.apply import Applied, OnWrite, apply_plan
from twin_rbac.role_tags.errors import MissingTwins, UntaggableTwins
from twin_rbac.role_tags.fitting import hold_back, models_given_roles, move_models
from twin_rbac.role_tags.graph_file import Graph
from twin_rbac.role_tags.journal import Journal
from twin_rbac.role_tags.look import LAG, Sleep, Trust, look
from twin_rbac.role_tags.model import Seeded, TagRules, TwinTags
from twin_rbac.role_tags.plan import Plan
from twin_rbac.role_tags.seed import seed
from twin_rbac.role_tags.store import TagStore, open_store
from twin_rbac.role_tags.taggable import find_untaggable
from twin_rbac.role_tags.target import Target, open_instance
from twin_rbac.role_tags.upgrade import plan_upgrade
from twin_rbac.role_tags.verify import Findings, Verifier
from twin_rbac.role_tags.waiting import Say
from twin_rbac.role_tags.wanted import Agreement, Wanted

Check = Callable[[Plan], None]
"""Looks at a plan before its first write, and raises when it may not be carried out."""
OpenJournal = Callable[[Plan], Journal | None]


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
        return await _plan(store, wanted, Agreement(wanted).holds, upgrade_models=upgrade_models, progress=progress)


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
    trusts = Agreement(wanted).holds_or_is_written
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
    settled: bool = False,
    progress: Say | None = None,
    sleep: Sleep = asyncio.sleep,
) -> Findings:
    """Every twin that is not as the manifest says; nothing in it is news of the index alone.

    Args:
        target: the instance.
        wanted: what the twins are to carry.
        complete: find the twins, too, that no rule and no `ignore` covers.
        settled: whether the index was waited for just now.
        progress: is told what is waited for.
        sleep: waits.
    """
    rules, say = wanted.rules, progress or _say_nothing
    verifier = Verifier(rules, wanted.desired, selected=wanted.selected)
    async with open_store(target, rules, progress) as store:
        await look(store, rules, (*wanted.desired, *wanted.declared), verifier.look_at, progress=progress)
        if complete:
            if not settled:
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
