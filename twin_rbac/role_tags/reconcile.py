"""Role tags from end to end: what the command, the dynamic resource and a program of yours call.

The query index lags up to 10 s behind writes, so it is a hint: what matters and what the index says differently from
what is known is read again by id. Every function waits out a 403 where Resource Manager says that the caller holds
the action, and raises AzureError when a call fails for good.
"""

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from twin_rbac.role_tags.apply import Applied, OnWrite, apply_plan
from twin_rbac.role_tags.errors import MissingTwins
from twin_rbac.role_tags.graph_file import Graph
from twin_rbac.role_tags.model import Seeded, TagRules, TwinTags
from twin_rbac.role_tags.plan import Plan, make_plan
from twin_rbac.role_tags.seed import seed
from twin_rbac.role_tags.store import TagStore, Target, open_instance
from twin_rbac.role_tags.verify import Findings, find_differences
from twin_rbac.role_tags.waiting import Say

__all__ = ["Target", "apply_tags", "plan_tags", "read_existing", "seed_graph", "verify_tags"]

_Trust = Callable[[str, str | None], bool]
"""Whether the index may be believed that a twin carries a role, or none."""


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
    async with _open_store(target, rules, progress) as store:
        return await _read(store, rules, twin_ids, lambda twin_id, role: twin_id in known and known[twin_id] == role)


async def plan_tags(
    target: Target,
    rules: TagRules,
    desired: Mapping[str, str],
    declared: Collection[str],
    *,
    progress: Say | None = None,
) -> Plan:
    """What would have to change; arguments as `make_plan`. Nothing in it is news of the index alone."""
    agreed = _Agreement(desired, declared)
    async with _open_store(target, rules, progress) as store:
        existing = await _read(store, rules, (*desired, *declared), agreed.holds)
    return make_plan(rules, desired, declared=declared, existing=existing)


async def apply_tags(
    target: Target,
    rules: TagRules,
    desired: Mapping[str, str],
    declared: Collection[str],
    *,
    former_roles: Collection[str] = (),
    progress: Say | None = None,
    on_write: OnWrite | None = None,
) -> Applied:
    """Makes the twins carry what is desired; arguments as `make_plan`.

    A twin that will be written needs no second look before: its etag guards the write.

    Raises:
        MissingTwins: a listed twin does not exist and the rules say that this is an error; nothing was written.
        ApplyIncomplete: some twins could not be written; all others were.
    """
    agreed = _Agreement(desired, declared)
    async with _open_store(target, rules, progress) as store:
        existing = await _read(store, rules, (*desired, *declared), agreed.holds_or_is_written)
        plan = make_plan(rules, desired, declared=declared, existing=existing, former_roles=former_roles)
        if plan.missing and rules.missing == "error":
            raise MissingTwins(plan.missing)
        return await apply_plan(plan, store, on_write=on_write)


async def verify_tags(
    target: Target,
    rules: TagRules,
    desired: Mapping[str, str],
    declared: Collection[str] = (),
    *,
    progress: Say | None = None,
) -> Findings:
    """Every twin that is not as the manifest says, each read by id."""
    existing = await read_existing(target, rules, (*desired, *declared), progress=progress)
    return find_differences(rules, desired, existing)


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

    desired: Mapping[str, str]
    declared: Collection[str]

    def holds(self, twin_id: str, role: str | None) -> bool:
        declared = self.declared.get(twin_id) if isinstance(self.declared, Mapping) else None
        return role is not None and role == self.desired.get(twin_id) == declared

    def holds_or_is_written(self, twin_id: str, role: str | None) -> bool:
        wanted = self.desired.get(twin_id)
        return self.holds(twin_id, role) or (wanted is not None and wanted != role)


@asynccontextmanager
async def _open_store(target: Target, rules: TagRules, progress: Say | None) -> AsyncIterator[TagStore]:
    async with open_instance(target, say=progress or _say_nothing) as client:
        yield TagStore(client, rules)


async def _read(store: TagStore, rules: TagRules, twin_ids: Iterable[str], trusts: _Trust) -> dict[str, TwinTags]:
    wanted = [twin_id for twin_id in dict.fromkeys(twin_ids) if not rules.ignores(twin_id)]
    index = {key: twin for key, twin in (await store.read_index(wanted)).items() if not rules.ignores(key)}
    trusted = {key: twin for key, twin in index.items() if trusts(key, rules.role_of(twin))}
    doubtful = [key for key in dict.fromkeys((*wanted, *index)) if key not in trusted]
    return trusted | await store.read_twins(doubtful)


def _say_nothing(_line: str) -> None:
    pass
