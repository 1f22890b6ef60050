"""Walking a graph from a root along relationships; pure."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from twin_rbac.role_tags.graph_source import GraphSource
from twin_rbac.role_tags.selectors import Subtree, find_matcher, find_model_matcher

_MODEL = "dtmi:"


async def walk(subtree: Subtree, source: GraphSource, definitions: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The twins of a subtree, level by level, each once; empty when there is no such root.

    Args:
        subtree: the root and the ways from it.
        source: the graph.
        definitions: DTDL by model id, for stops that are models.
    """
    if not await source.read_models([subtree.of]):
        return []
    stops = _Stops(subtree.stop, source, definitions)
    taken = {subtree.of: None}
    level, depth = [subtree.of], 0
    while level and (subtree.depth is None or depth < subtree.depth):
        children = await source.list_children(level, frozenset(subtree.via))
        # Sorted, so that the answer does not depend on the order of pages.
        below = sorted({target for targets in children.values() for target in targets})
        level = await stops.pass_on(twin_id for twin_id in below if twin_id not in taken)
        taken |= dict.fromkeys(level)
        depth += 1
    return list(taken)


def stop_models(subtree: Subtree) -> Iterable[str]:
    """The models among the stops."""
    return (stop for stop in subtree.stop if stop.startswith(_MODEL))


class _Stops:
    """What is not taken nor walked past; a twin that met a stop once is not looked at again."""

    def __init__(
        self, stops: Collection[str], source: GraphSource, definitions: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self._globs = [find_matcher(stop) for stop in stops if not stop.startswith(_MODEL)]
        self._models = [find_model_matcher(stop, definitions) for stop in stops if stop.startswith(_MODEL)]
        self._source = source
        self._stopped: set[str] = set()

    async def pass_on(self, twin_ids: Iterable[str]) -> list[str]:
        """Those that meet no stop."""
        fresh = [twin_id for twin_id in twin_ids if twin_id not in self._stopped]
        stopped = {twin_id for twin_id in fresh if _any(self._globs, twin_id)}
        if self._models:
            models = await self._source.read_models(twin_id for twin_id in fresh if twin_id not in stopped)
            stopped |= {twin_id for twin_id, model_id in models.items() if _any(self._models, model_id)}
        self._stopped |= stopped
        return [twin_id for twin_id in fresh if twin_id not in stopped]


def _any(matchers: Iterable[Callable[[str], bool]], text: str) -> bool:
    return any(matcher(text) for matcher in matchers)
