"""From a manifest's selectors to twins, by what an instance and its graph file hold; pure.

The query index lags up to 10 s behind writes, and nothing loses its role for that: see `graph_source` for twins of the
file, and `Matcher.doubt` for those that had a role at the last apply.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from twin_rbac.role_tags.graph_file import Graph
from twin_rbac.role_tags.graph_source import FileGraph, GraphSource, IndexLag, SeededGraph
from twin_rbac.role_tags.look import Sleep
from twin_rbac.role_tags.matching import Matcher, models_named_by
from twin_rbac.role_tags.model import TagRules
from twin_rbac.role_tags.selectors import Selector, models_of, resolve
from twin_rbac.role_tags.waiting import Say


@dataclass(frozen=True, kw_only=True)
class Expansion:
    """What a manifest desires, its selectors expanded."""

    twins: Mapping[str, str]
    """Twin -> role: the listed twins, then the selected ones; ignored ones are left out."""
    unresolved: tuple[Selector, ...] = ()
    """Selectors that could not be expanded, since there is no instance yet."""
    explicit: Collection[str] = field(default=(), repr=False)
    """The twins that the manifest lists."""

    @property
    def selected(self) -> Collection[str]:
        """The twins that a selector chose; one that turns out to be gone is not missing."""
        return _Without(self.twins, self.explicit)


async def expand(
    rules: TagRules,
    explicit: Mapping[str, str],
    selectors: Sequence[Selector],
    source: GraphSource | None,
    *,
    declared: Collection[str] = (),
    graph: Graph | None = None,
    seeded: Iterable[str] = (),
    seeded_relationships: Iterable[str] = (),
    settle: bool = False,
    sleep: Sleep = asyncio.sleep,
    say: Say = lambda _line: None,
) -> Expansion:
    """What the manifest desires; without selectors nothing is asked.

    Args:
        rules: the manifest's rules.
        explicit: twin -> role, as the manifest lists them.
        selectors: its selectors, in its order.
        source: the instance; None while there is none, and then what the file does not settle stays unresolved.
        declared: the twins of the last apply: none of them is lost on the index's word alone.
        graph: the file that is seeded into the instance.
        seeded: the ids of its twins that were seeded already; the others count as present.
        seeded_relationships: the keys of its relationships that were; of those only the live ones count.
        settle: wait first until the index has everything that was made before now.
        sleep: waits.
        say: is told what is waited for, and what is passed over.

    Raises:
        SelectorConflict: equally specific selectors disagree about twins.
        UnknownModels: a selector names a model that is not there.
        UnknownRoots: a subtree starts at a twin that does not exist, and the rules say that this is an error.
        AzureError: a call failed for good.
    """
    if not selectors:
        return Expansion(twins=resolve(rules, explicit, ()), explicit=explicit)
    if source is None:
        return await _expand_from_file(rules, explicit, selectors, graph, say)
    lag = IndexLag(sleep, say)
    if settle:
        await lag.wait("which then has everything that was made before now")
    if graph:
        source = SeededGraph(source, graph, seeded=seeded, seeded_relationships=seeded_relationships, lag=lag)
        if source.pending and any(selector.kind == "query" for selector in selectors):
            say(f"selectors: no query finds the {len(source.pending):,} twins of the graph that are not uploaded yet")
    matcher = Matcher(rules=rules, explicit=explicit, selectors=selectors, source=source, lag=lag, say=say)
    await matcher.prepare()
    twins = await matcher.expand()
    doubtful = {twin_id for twin_id in declared if twin_id not in twins and not rules.ignores(twin_id)}
    return Expansion(twins=await matcher.doubt(twins, doubtful) if doubtful else twins, explicit=explicit)


async def _expand_from_file(
    rules: TagRules, explicit: Mapping[str, str], selectors: Sequence[Selector], graph: Graph | None, say: Say
) -> Expansion:
    known, unresolved = _part(selectors, lambda selector: graph is not None and _is_settled_by(graph, selector))
    if not graph or not known:
        return Expansion(twins=resolve(rules, explicit, ()), unresolved=unresolved, explicit=explicit)
    lag = IndexLag(asyncio.sleep, say)
    matcher = Matcher(rules=rules, explicit=explicit, selectors=known, source=FileGraph(graph), lag=lag, say=say)
    await matcher.prepare()
    return Expansion(twins=await matcher.expand(), unresolved=unresolved, explicit=explicit)


def _part(
    selectors: Iterable[Selector], holds: Callable[[Selector], bool]
) -> tuple[tuple[Selector, ...], tuple[Selector, ...]]:
    """The selectors of which something holds, and the others."""
    parts: tuple[list[Selector], list[Selector]] = ([], [])
    for selector in selectors:
        parts[not holds(selector)].append(selector)
    return tuple(parts[0]), tuple(parts[1])


def _is_settled_by(graph: Graph, selector: Selector) -> bool:
    """Whether the file alone says what the selector chooses: another hand may add what the file does not know."""
    match selector.kind:
        case "query":
            return False
        case "subtree":
            known = selector.subtree.of in graph.twins
        case _:
            known = True
    return known and all(models_of(model_id, graph.models) for model_id in models_named_by(selector))


class _Without(Collection[str]):
    """Some ids without others; nothing is copied, since there may be a million."""

    def __init__(self, ids: Collection[str], others: Collection[str]) -> None:
        self._ids = ids
        self._others = others

    def __contains__(self, item: object) -> bool:
        return item in self._ids and item not in self._others

    def __iter__(self) -> Iterator[str]:
        return (item for item in self._ids if item not in self._others)

    def __len__(self) -> int:
        return sum(1 for _ in self)
