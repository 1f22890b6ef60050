"""Selectors against a graph in memory whose index lacks twins until somebody waits."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.twin_rbac.role_tags.graphs import THING, make_graph, model, selector
from twin_rbac.role_tags.expand import expand
from twin_rbac.role_tags.graph_file import Graph
from twin_rbac.role_tags.graph_source import FileGraph
from twin_rbac.role_tags.model import TagRules
from twin_rbac.role_tags.selectors import Selector, Subtree

ROOM = "dtmi:test:Room;1"
MODELS = (model(THING), model(ROOM, extends=[THING]))
# With markers no two selectors disagree, and every one that lacks a twin shows.
RULES = TagRules(roles=("Earth", "Fire", "Wind"), encoding="marker", missing="skip")
EVERY_KIND = (
    selector("Earth", "glob", "a*"),
    selector("Wind", "glob", "b1", line=2),
    selector("Fire", "query", "b"),
    selector("Earth", "model", ROOM),
    selector("Wind", "subtree", Subtree(of="a1", via=("contains",))),
)


@dataclass
class LaggingInstance:
    """A query's text is what an id must hold; a wait shows everything."""

    graph: Graph
    hidden: set[str]
    waits: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.hidden = set()

    async def scan(self) -> AsyncIterator[tuple[str, str]]:
        async for twin_id, model_id in FileGraph(self.graph).scan():
            if twin_id not in self.hidden:
                yield twin_id, model_id

    async def query_ids(self, text: str) -> AsyncIterator[str]:
        for twin_id in self.graph.twins:
            if text in twin_id and twin_id not in self.hidden:
                yield twin_id

    async def read_models(self, twin_ids: Iterable[str]) -> dict[str, str]:
        return await FileGraph(self.graph).read_models(twin_ids)

    async def list_children(self, twin_ids: Collection[str], names: Collection[str]) -> Mapping[str, list[str]]:
        return await FileGraph(self.graph).list_children(twin_ids, names)

    async def list_models(self) -> Mapping[str, Mapping[str, Any]]:
        return self.graph.models


def expanded(live: Graph, hidden: Iterable[str], selectors: Collection[Selector], **options: Any) -> Mapping[str, str]:
    instance = LaggingInstance(live, set(hidden))
    answer = asyncio.run(expand(RULES, {}, tuple(selectors), instance, sleep=instance.sleep, **options))
    assert len(instance.waits) <= 1
    return answer.twins


IDS = [f"{letter}{number}" for letter in "abc" for number in range(4)]
GRAPHS = st.builds(
    lambda twins, edges: make_graph(
        twins, [(source, "contains", target) for source, target in edges if {source, target} <= twins.keys()], MODELS
    ),
    st.dictionaries(st.sampled_from(IDS), st.sampled_from([THING, ROOM])),
    st.sets(st.tuples(st.sampled_from(IDS), st.sampled_from(IDS))),
)
SOME_IDS = st.sets(st.sampled_from(IDS))
SELECTORS = st.sets(st.sampled_from(EVERY_KIND), min_size=1)


@settings(deadline=None, max_examples=100)
@given(graph=GRAPHS, hidden=SOME_IDS, selectors=SELECTORS)
def test_twins_that_had_a_role_keep_it_whatever_the_index_lacks(
    graph: Graph, hidden: set[str], selectors: set[Selector]
) -> None:
    truth = expanded(graph, (), selectors)

    assert expanded(graph, hidden, selectors, declared=IDS) == truth


@settings(deadline=None, max_examples=100)
@given(graph=GRAPHS, hidden=SOME_IDS, selectors=SELECTORS)
def test_twins_that_were_uploaded_get_their_role_whatever_the_index_lacks(
    graph: Graph, hidden: set[str], selectors: set[Selector]
) -> None:
    truth = expanded(graph, (), selectors)

    assert expanded(graph, hidden, selectors, graph=graph, seeded=graph.twins.keys()) == truth


@settings(deadline=None, max_examples=100)
@given(graph=GRAPHS, hidden=SOME_IDS, selectors=SELECTORS)
def test_no_twin_gets_another_role_for_what_the_index_lacks(
    graph: Graph, hidden: set[str], selectors: set[Selector]
) -> None:
    truth = expanded(graph, (), selectors)

    assert expanded(graph, hidden, selectors).items() <= truth.items()


@settings(deadline=None, max_examples=100)
@given(graph=GRAPHS, uploaded=SOME_IDS, selectors=SELECTORS)
def test_before_the_upload_the_file_says_what_it_will_be_but_for_queries(
    graph: Graph, uploaded: set[str], selectors: set[Selector]
) -> None:
    selectors = {each for each in selectors if each.kind != "query"}
    there = {twin_id: twin for twin_id, twin in graph.twins.items() if twin_id in uploaded}
    between = {
        key: item
        for key, item in graph.relationships.items()
        if {item.source_id, item.body["$targetId"]} <= there.keys()
    }
    live = Graph(models=graph.models, twins=there, relationships=between)

    truth = expanded(graph, (), selectors)
    assert expanded(live, (), selectors, graph=graph, seeded=there.keys(), seeded_relationships=between.keys()) == truth


def test_a_file_answers_no_query() -> None:
    with pytest.raises(NotImplementedError, match="a graph file answers no query: SELECT"):
        FileGraph(make_graph("A")).query_ids("SELECT * FROM DIGITALTWINS")
