"""What selectors are matched against: an instance, a graph file, or both together; pure.

The query index lags up to 10 s behind writes (fact sheet adt-data-plane, section 7), so that right after an upload it
shows fewer twins than there are. What the file says makes up for that.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from typing import Any, Protocol

from twin_rbac.role_tags.graph_file import Graph
from twin_rbac.role_tags.look import BY_ID_AT_MOST, LAG, Sleep
from twin_rbac.role_tags.waiting import Say


class GraphSource(Protocol):
    """Twins, models and relationships to match selectors against."""

    def scan(self) -> AsyncIterator[tuple[str, str]]:
        """Every twin and its model."""

    def query_ids(self, text: str) -> AsyncIterator[str]:
        """The twins that a query of whole twins finds."""

    async def read_models(self, twin_ids: Iterable[str]) -> dict[str, str]:
        """The given twins' models as they are now; what is not in the answer does not exist."""

    async def list_children(self, twin_ids: Collection[str], names: Collection[str]) -> Mapping[str, list[str]]:
        """Twin -> the targets of its relationships of those names; twins without any are left out."""

    async def list_models(self) -> Mapping[str, Mapping[str, Any]]:
        """The DTDL of all models, by id."""


class IndexLag:
    """The wait after which the query index shows every write that was made before; it is needed once at most."""

    def __init__(self, sleep: Sleep, say: Say) -> None:
        self._sleep = sleep
        self._say = say
        self._over = False

    @property
    def is_over(self) -> bool:
        """Whether it was waited for."""
        return self._over

    async def wait(self, reason: str) -> None:
        """Says why, and waits, unless that was done already."""
        if not self._over:
            self._say(f"selectors: waiting {LAG:g} s for the query index, {reason}")
            await self._sleep(LAG)
            self._over = True


class FileGraph:
    """A graph file alone, for an instance that does not exist yet."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._children = children_of(graph)

    async def scan(self) -> AsyncIterator[tuple[str, str]]:
        """Every twin of the file."""
        for twin_id in self._graph.twins:
            yield twin_id, model_in(self._graph, twin_id)

    def query_ids(self, text: str) -> AsyncIterator[str]:
        """A file cannot be asked."""
        raise NotImplementedError(f"a graph file answers no query: {text}")

    async def read_models(self, twin_ids: Iterable[str]) -> dict[str, str]:
        """The given twins that the file holds."""
        return {twin_id: model_in(self._graph, twin_id) for twin_id in twin_ids if twin_id in self._graph.twins}

    async def list_children(self, twin_ids: Collection[str], names: Collection[str]) -> Mapping[str, list[str]]:
        """What the file relates the twins to, as far as it holds it."""
        return {
            twin_id: [target for target in targets if target in self._graph.twins]
            for twin_id, targets in _named(self._children, twin_ids, names).items()
        }

    async def list_models(self) -> Mapping[str, Mapping[str, Any]]:
        """The file's models."""
        return self._graph.models


class SeededGraph:
    """An instance, together with the file that is seeded into it.

    A twin of the file that was never seeded counts as present, since it will be uploaded; one that was counts when it
    is live, though the index may not show it yet. So do the file's relationships between twins that are present.
    """

    def __init__(
        self,
        live: GraphSource,
        graph: Graph,
        *,
        seeded: Iterable[str] = (),
        seeded_relationships: Iterable[str] = (),
        lag: IndexLag,
    ) -> None:
        """Prepares the two; nothing is read yet.

        Args:
            live: the instance.
            graph: the file.
            seeded: the ids of the file's twins that were seeded already.
            seeded_relationships: the keys of its relationships that were: of those, only the live ones count.
            lag: waits for the index.
        """
        self._live = live
        self._graph = graph
        self._lag = lag
        self.pending: set[str] = graph.twins.keys() - frozenset(seeded)
        """The file's twins that were not seeded yet."""
        known = frozenset(seeded_relationships)
        self._new = children_of(graph, {key for key in graph.relationships if key not in known})
        self._seeded = children_of(graph, {key for key in graph.relationships if key in known})
        self._lagging: bool | None = None
        """Whether the last scan lacked twins that are live; None before the first."""

    async def scan(self) -> AsyncIterator[tuple[str, str]]:
        """Every live twin that the index shows, then those that it does not and that count as present."""
        self._lagging = False
        unseen = set(self._graph.twins)
        async for twin_id, model_id in self._live.scan():
            unseen.discard(twin_id)
            yield twin_id, model_id
        late = unseen - self.pending
        if len(late) > BY_ID_AT_MOST:
            await self._lag.wait(f"which lacks {len(late):,} twins that were uploaded")
            async for twin_id, model_id in self._live.scan():
                if twin_id in late:
                    yield twin_id, model_id
        elif late:
            found = await self._live.read_models(late)
            self._lagging = bool(found)
            for twin_id, model_id in found.items():
                yield twin_id, model_id
        for twin_id in self._graph.twins:
            if twin_id in unseen and twin_id in self.pending:
                yield twin_id, model_in(self._graph, twin_id)

    async def query_ids(self, text: str) -> AsyncIterator[str]:
        """The live twins that the query finds, once the index has what was uploaded; a file cannot be asked."""
        if self._lagging is None:
            async for _ in self.scan():
                pass
        if self._lagging:
            await self._lag.wait("which lacks twins that were uploaded")
            self._lagging = False
        async for twin_id in self._live.query_ids(text):
            yield twin_id

    async def read_models(self, twin_ids: Iterable[str]) -> dict[str, str]:
        """The given twins: as they are live, else as the file will make them."""
        wanted = list(twin_ids)
        found = await self._live.read_models(wanted)
        pending = (twin_id for twin_id in wanted if twin_id not in found and twin_id in self.pending)
        return found | {twin_id: model_in(self._graph, twin_id) for twin_id in pending}

    async def list_children(self, twin_ids: Collection[str], names: Collection[str]) -> Mapping[str, list[str]]:
        """What the twins are related to: live, or by the file, where the target is present."""
        live = await self._live.list_children(twin_ids, names)
        if not self._lag.is_over and await self._lacks_seeded(live, twin_ids, names):
            await self._lag.wait("which lacks relationships that were uploaded")
            live = await self._live.list_children(twin_ids, names)
        more = _named(self._new, twin_ids, names)
        doubtful = {target for targets in more.values() for target in targets} - self.pending
        present = self.pending | (await self._live.read_models(doubtful)).keys() if doubtful else self.pending
        return {
            twin_id: list(
                dict.fromkeys([*live.get(twin_id, ()), *(each for each in more.get(twin_id, ()) if each in present)])
            )
            for twin_id in {*live, *more}
        }

    async def _lacks_seeded(
        self, live: Mapping[str, list[str]], twin_ids: Collection[str], names: Collection[str]
    ) -> bool:
        """Whether the index does not show a relationship that was uploaded, though both its ends are there."""
        pairs = {
            (source, target)
            for source, targets in _named(self._seeded, twin_ids, names).items()
            for target in targets
            if target not in live.get(source, ())
        }
        there = await self._live.read_models({end for pair in pairs for end in pair}) if pairs else {}
        return any(source in there and target in there for source, target in pairs)

    async def list_models(self) -> Mapping[str, Mapping[str, Any]]:
        """The live models, and those of the file beside them."""
        return {**self._graph.models, **await self._live.list_models()}


def model_in(graph: Graph, twin_id: str) -> str:
    """The model that the file gives a twin."""
    return str(graph.twins[twin_id]["$metadata"]["$model"])


def children_of(graph: Graph, keys: Collection[str] | None = None) -> Mapping[str, list[tuple[str, str]]]:
    """Source -> name and target of the file's relationships, or of those of some keys."""
    children: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for key, item in graph.relationships.items():
        if keys is None or key in keys:
            children[item.source_id].append((item.body["$relationshipName"], item.body["$targetId"]))
    return children


def _named(
    children: Mapping[str, list[tuple[str, str]]], twin_ids: Iterable[str], names: Collection[str]
) -> dict[str, list[str]]:
    found = {twin_id: [target for name, target in children.get(twin_id, ()) if name in names] for twin_id in twin_ids}
    return {twin_id: targets for twin_id, targets in found.items() if targets}
