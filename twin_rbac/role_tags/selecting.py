"""A manifest's selectors, expanded from an instance: what the command and the dynamic resource desire of it."""

import asyncio
from collections.abc import Collection
from functools import partial

from twin_rbac.role_tags.expand import Expansion, expand
from twin_rbac.role_tags.graph_file import Graph
from twin_rbac.role_tags.look import Sleep
from twin_rbac.role_tags.manifest import Manifest
from twin_rbac.role_tags.model import TagRules
from twin_rbac.role_tags.store import open_store
from twin_rbac.role_tags.target import Target
from twin_rbac.role_tags.waiting import Say
from twin_rbac.role_tags.wanted import Wanted


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
    say = progress or (lambda _line: None)
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
