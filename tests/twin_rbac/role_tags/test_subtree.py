import asyncio
from typing import Any

import pytest

from tests.twin_rbac.role_tags.graphs import THING, make_graph, model
from twin_rbac.role_tags.graph_file import Graph
from twin_rbac.role_tags.graph_source import FileGraph
from twin_rbac.role_tags.selectors import Subtree
from twin_rbac.role_tags.subtree import walk

#      A
#    /   \
#   B     C     (A feeds X)
#  / \     \
# D   E     E   (E contains A: a cycle)
EDGES = [
    ("A", "contains", "B"),
    ("A", "contains", "C"),
    ("A", "feeds", "X"),
    ("B", "contains", "D"),
    ("B", "contains", "E"),
    ("C", "contains", "E"),
    ("E", "contains", "A"),
]
GRAPH = make_graph("ABCDEX", EDGES)


def taken(graph: Graph, subtree: Subtree) -> list[str]:
    return asyncio.run(walk(subtree, FileGraph(graph), graph.models))


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        # By hand from the drawing above.
        ({}, ["A", "B", "C", "D", "E"]),
        ({"of": "B"}, ["B", "D", "E", "A", "C"]),
        ({"of": "D"}, ["D"]),
        ({"depth": 0}, ["A"]),
        ({"depth": 1}, ["A", "B", "C"]),
        ({"depth": 2}, ["A", "B", "C", "D", "E"]),
        ({"via": ("contains", "feeds"), "depth": 1}, ["A", "B", "C", "X"]),
        ({"via": ("feeds",)}, ["A", "X"]),
        ({"via": ("owns",)}, ["A"]),
        ({"stop": ("B",)}, ["A", "C", "E"]),
        ({"stop": ("B", "?")}, ["A"]),
        ({"of": "B", "stop": ("B", "D")}, ["B", "E", "A", "C"]),
        ({"of": "gone"}, []),
    ],
)
def test_a_subtree_is_its_root_and_what_lies_below_it(how: dict[str, Any], expected: list[str]) -> None:
    assert taken(GRAPH, Subtree(**{"of": "A", "via": ("contains",), **how})) == expected


def test_a_stop_that_is_a_model_also_means_what_inherits_from_it_and_its_higher_versions() -> None:
    models = [model(THING), *(model(each, extends=[THING]) for each in ("dtmi:test:Door;1", "dtmi:test:Door;3"))]
    models.append(model("dtmi:test:Gate;1", extends=["dtmi:test:Door;3"]))
    twins = {"A": THING, "old": "dtmi:test:Door;1", "door": "dtmi:test:Door;3", "gate": "dtmi:test:Gate;1", "B": THING}
    edges = [("A", "contains", each) for each in ("old", "door", "gate")] + [("gate", "contains", "B")]
    graph = make_graph(twins, edges, models)

    assert taken(graph, Subtree(of="A", via=("contains",), stop=("dtmi:test:Door;2",))) == ["A", "old"]


def test_a_long_chain_is_walked_to_its_end() -> None:
    edges = [(str(number), "contains", str(number + 1)) for number in range(1500)]

    assert len(taken(make_graph(map(str, range(1501)), edges), Subtree(of="0", via=("contains",)))) == 1501
