"""Matching selectors against what an instance holds, as often as it takes to believe the answer; pure."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from twin_rbac.role_tags.errors import UnknownModels, UnknownRoots
from twin_rbac.role_tags.graph_source import GraphSource, IndexLag
from twin_rbac.role_tags.look import BY_ID_AT_MOST
from twin_rbac.role_tags.model import TagRules
from twin_rbac.role_tags.selectors import Selector, models_of, resolve
from twin_rbac.role_tags.sieve import Sieve
from twin_rbac.role_tags.subtree import stop_models, walk
from twin_rbac.role_tags.waiting import Say

Definitions = Mapping[str, Mapping[str, Any]]


@dataclass(kw_only=True)
class Matcher:
    """Matches the selectors against one source, as often as it takes to believe the answer."""

    rules: TagRules
    explicit: Mapping[str, str]
    selectors: Sequence[Selector]
    source: GraphSource
    lag: IndexLag
    say: Say
    definitions: Definitions = field(default_factory=dict)
    late: Mapping[str, str] = field(default_factory=dict)
    """Twin -> model of live twins that the index did not show."""
    said: set[str] = field(default_factory=set)

    async def prepare(self) -> None:
        """Gets the models, where a selector names any."""
        named = [(selector.place, model_id) for selector in self.selectors for model_id in models_named_by(selector)]
        if named:
            self.definitions = await self.source.list_models()
        if unknown := [pair for pair in named if not models_of(pair[1], self.definitions)]:
            raise UnknownModels(unknown)

    async def expand(self) -> dict[str, str]:
        """Twin -> role, by what the source says now."""
        walked = await self._walk()
        sieve = await self._sift({twin_id for _, twin_ids in walked for twin_id in twin_ids})
        asked = await self._ask()
        for _, twin_ids in asked:
            # The index may have learnt of them since the scan.
            sieve.take_ids(twin_ids)
        matched = [(selector, sieve.chosen.get(selector, ())) for selector in self.selectors]
        return resolve(self.rules, self.explicit, [*matched, *asked, *walked])

    async def doubt(self, twins: dict[str, str], lost: Collection[str]) -> dict[str, str]:
        """Twin -> role once more, the twins that lost theirs not taken from the index's word.

        Args:
            twins: twin -> role, as expanded first.
            lost: twins that had a role at the last apply and are not among them.
        """
        if len(lost) > BY_ID_AT_MOST:
            await self.lag.wait(f"which lacks {len(lost):,} twins that had a role")
            return await self.expand()
        live = await self.source.read_models(lost)
        sieve = Sieve(self.selectors, self.definitions)
        late = {twin_id: model_id for twin_id, model_id in live.items() if sieve.take(twin_id, model_id)}
        # A late twin may be a query's too, which is more specific than its model.
        kinds = {selector.kind for selector in self.selectors}
        if (late and "query" in kinds) or (len(late) < len(live) and kinds & {"query", "subtree"}):
            await self.lag.wait(f"which gives no role to {len(live):,} live twins that had one")
        elif not late:
            return twins
        self.late = late
        return await self.expand()

    async def _sift(self, walked: set[str]) -> Sieve:
        """Sorts all twins to the globs and models.

        A walk also knows what the graph file relates. What it found and the index does not show yet would get the
        walk's role, where a more specific selector means another: such twins are read by id, and queries wait for the
        index.

        Args:
            walked: the twins that walks found; used up.
        """
        sieve = Sieve(self.selectors, self.definitions)
        asks = bool(self._chosen("query"))
        for twin_id, model_id in self.late.items():
            sieve.take(twin_id, model_id)
        if not sieve.wants_all and not (walked and asks):
            return sieve
        async for twin_id, model_id in self.source.scan():
            walked.discard(twin_id)
            sieve.take(twin_id, model_id)
        if walked and (asks or len(walked) > BY_ID_AT_MOST):
            await self.lag.wait(f"which lacks {len(walked):,} twins of subtrees")
        async for twin_id, model_id in self._read(walked):
            sieve.take(twin_id, model_id)
        return sieve

    async def _read(self, twin_ids: Collection[str]) -> AsyncIterator[tuple[str, str]]:
        """The models of some twins: of a few by id, of many from the index."""
        if len(twin_ids) > BY_ID_AT_MOST:
            async for twin_id, model_id in self.source.scan():
                if twin_id in twin_ids:
                    yield twin_id, model_id
        elif twin_ids:
            for twin_id, model_id in (await self.source.read_models(twin_ids)).items():
                yield twin_id, model_id

    async def _ask(self) -> list[tuple[Selector, list[str]]]:
        return [
            (selector, [twin_id async for twin_id in self.source.query_ids(selector.text)])
            for selector in self._chosen("query")
        ]

    async def _walk(self) -> list[tuple[Selector, list[str]]]:
        walks = self._chosen("subtree")
        found = [(selector, await walk(selector.subtree, self.source, self.definitions)) for selector in walks]
        missing = [(selector.place, selector.subtree.of) for selector, twin_ids in found if not twin_ids]
        if missing and self.rules.missing == "error":
            raise UnknownRoots(missing)
        for place, twin_id in missing:
            self._say_once(f"{place}: there is no twin {twin_id!r}, so that this subtree is empty")
        return found

    def _say_once(self, line: str) -> None:
        if line not in self.said:
            self.said.add(line)
            self.say(line)

    def _chosen(self, kind: str) -> list[Selector]:
        return [selector for selector in self.selectors if selector.kind == kind]


def models_named_by(selector: Selector) -> Iterable[str]:
    """The models that a selector names, itself or where it stops."""
    match selector.kind:
        case "model":
            return (selector.text,)
        case "subtree":
            return stop_models(selector.subtree)
        case _:
            return ()
