"""Expansion against the emulator, whose query index lags where a test says so."""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from urllib.parse import quote

import pytest

from emulator.counters import INSTANCE_CALLS
from emulator.faults import FailingCall
from tests.twin_rbac.role_tags.graphs import THING, make_graph, model, selector, upload
from twin_rbac.role_tags import graph_source, matching
from twin_rbac.role_tags.errors import SelectorConflict, UnknownModels, UnknownRoots
from twin_rbac.role_tags.expand import Expansion, expand
from twin_rbac.role_tags.graph_file import Graph
from twin_rbac.role_tags.model import TagRules
from twin_rbac.role_tags.selectors import Selector, Subtree
from twin_rbac.role_tags.store import TagStore
from twin_rbac.role_tags.target import open_instance

RULES = TagRules(roles=("Earth", "Fire", "Wind"))
LAG = 10
EVERYTHING = selector("Earth", "glob", "*")
ODD = ["a/b", "it's", "a b?", "..", 'q"', "é\\", "%2F", "a&relationshipName=x"]


@dataclass
class Expanding:
    """Expands selectors against the emulator; a wait advances the emulator's clock."""

    emulated: Any
    slept: list[float] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def seed(self, graph: Graph) -> Graph:
        return upload(self.emulated.target(), graph)

    def delete(self, twin_id: str) -> None:
        self.emulated.call("DELETE", f"/digitaltwins/{quote(twin_id, safe='')}", **{"If-Match": "*"})

    def __call__(
        self,
        *selectors: Selector,
        explicit: Any = None,
        rules: TagRules = RULES,
        **options: Any,
    ) -> Expansion:
        async def run() -> Expansion:
            async with open_instance(self.emulated.target(), say=print) as client:
                store = TagStore(client, rules)
                return await expand(
                    rules, explicit or {}, selectors, store, sleep=self.sleep, say=self.said.append, **options
                )

        return asyncio.run(run())

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.emulated.clock.advance(seconds)


@pytest.fixture
def expanded(emulated: Any) -> Expanding:
    return Expanding(emulated)


def roles(ids: Iterable[str], role: str = "Earth") -> dict[str, str]:
    return dict.fromkeys(ids, role)


def calls(emulated: Any) -> int:
    return int(emulated.instance.counters.value(INSTANCE_CALLS))


def from_file(*selectors: Selector, graph: Graph | None) -> Expansion:
    return asyncio.run(expand(RULES, {}, selectors, None, graph=graph))


def test_without_selectors_nothing_is_asked(expanded: Expanding) -> None:
    rules = TagRules(roles=("Earth",), ignore=("b*",))
    answer = asyncio.run(expand(rules, {"A": "Earth", "b1": "Earth"}, (), None))

    assert answer.twins == {"A": "Earth"}
    assert list(answer.selected) == []


def test_each_kind_finds_its_twins(expanded: Expanding) -> None:
    models = [model(THING), model("dtmi:test:Room;1", extends=[THING])]
    twins = {"site": THING, "room-1": "dtmi:test:Room;1", "room-2": "dtmi:test:Room;1", "hall": "dtmi:test:Room;1"}
    expanded.seed(make_graph({**twins, "far": THING}, [("site", "contains", "far")], models))

    answer = expanded(
        selector("Earth", "glob", "room-*"),
        selector("Fire", "model", "dtmi:test:Room;1"),
        selector("Wind", "subtree", Subtree(of="site", via=("contains",))),
        selector("Fire", "query", "SELECT * FROM DIGITALTWINS WHERE $dtId = 'far'"),
        explicit={"room-2": "Wind"},
    )

    assert answer.twins == {"room-2": "Wind", "room-1": "Earth", "hall": "Fire", "site": "Wind", "far": "Fire"}
    assert set(answer.selected) == {"room-1", "hall", "site", "far"}
    assert "room-2" not in answer.selected
    assert "room-1" in answer.selected
    assert len(answer.selected) == 4


@pytest.mark.parametrize(
    "text", ["SELECT * FROM DIGITALTWINS", "SELECT T FROM DIGITALTWINS T", "select x from digitaltwins x"]
)
def test_a_querys_rows_are_twins_or_hold_them_under_their_alias(expanded: Expanding, text: str) -> None:
    expanded.seed(make_graph("AB"))

    assert expanded(selector("Earth", "query", text)).twins == roles("AB")


def test_models_mean_inheritance_and_versions_as_the_service_means_them(expanded: Expanding) -> None:
    room = "dtmi:test:Room;"
    models = [model(THING), *(model(f"{room}{version}", extends=[THING]) for version in (1, 2, 10))]
    models.append(model("dtmi:test:Cell;1", extends=[f"{room}10"]))
    twins = {f"room{version}": f"{room}{version}" for version in (1, 2, 10)} | {"cell": "dtmi:test:Cell;1", "A": THING}
    expanded.seed(make_graph(twins, (), models))

    query = f"SELECT * FROM DIGITALTWINS T WHERE IS_OF_MODEL(T, '{room}2')"
    assert expanded(selector("Earth", "model", f"{room}2")).twins == roles(["room2", "room10", "cell"])
    assert expanded(selector("Earth", "query", query)).twins == roles(["room2", "room10", "cell"])


def test_ids_with_any_character_are_walked_and_matched(expanded: Expanding) -> None:
    expanded.seed(make_graph(ODD, [(source, "contains", target) for source, target in pairwise(ODD)]))

    assert expanded(EVERYTHING).twins == roles(ODD)
    assert list(expanded(selector("Earth", "subtree", Subtree(of=ODD[0], via=("contains",)))).twins) == ODD


def test_of_several_relationships_only_the_named_ones_are_followed(expanded: Expanding) -> None:
    expanded.seed(make_graph("ABCD", [("A", "contains", "B"), ("A", "feeds", "C"), ("B", "feeds", "D")]))

    assert expanded(selector("Earth", "subtree", Subtree(of="A", via=("contains",)))).twins == roles("AB")
    assert expanded(selector("Earth", "subtree", Subtree(of="A", via=("contains", "feeds")))).twins == roles("ABCD")


def test_a_stop_may_be_a_model_of_live_twins(expanded: Expanding) -> None:
    models = [model(THING), model("dtmi:test:Door;2", extends=[THING])]
    expanded.seed(
        make_graph(
            {"A": THING, "B": THING, "door": "dtmi:test:Door;2"},
            [("A", "contains", "door"), ("A", "contains", "B")],
            models,
        )
    )

    stop = Subtree(of="A", via=("contains",), stop=("dtmi:test:Door;1",))
    assert expanded(selector("Earth", "subtree", stop)).twins == roles("AB")


def test_a_model_that_is_not_there_is_an_error_and_not_no_twin(expanded: Expanding) -> None:
    expanded.seed(make_graph("A"))
    stop = Subtree(of="A", via=("contains",), stop=("dtmi:test:Dor;1",))

    with pytest.raises(UnknownModels) as caught:
        expanded(selector("Earth", "model", "dtmi:test:Thng;1"), selector("Earth", "subtree", stop, line=9))
    assert str(caught.value) == (
        "m.yaml:1:3: the instance has no model 'dtmi:test:Thng;1', nor a higher version of it; "
        "correct the id, or upload the model\n"
        "m.yaml:9:3: the instance has no model 'dtmi:test:Dor;1', nor a higher version of it; "
        "correct the id, or upload the model"
    )


def test_a_root_that_is_not_there_is_an_error_or_with_skip_a_line(expanded: Expanding) -> None:
    expanded.seed(make_graph("A"))
    walks = [
        selector("Earth", "subtree", Subtree(of=of, via=("contains",)), line=line) for line, of in ((2, "A"), (3, "Z"))
    ]

    with pytest.raises(
        UnknownRoots, match=r"^m\.yaml:3:3: there is no twin 'Z' for this subtree to start at; create it"
    ):
        expanded(*walks)
    assert expanded(*walks, rules=TagRules(roles=("Earth",), missing="skip")).twins == roles("A")
    assert expanded.said == ["m.yaml:3:3: there is no twin 'Z', so that this subtree is empty"]


def test_selectors_that_disagree_are_refused(expanded: Expanding) -> None:
    expanded.seed(make_graph(["room-1", "room-2"]))

    with pytest.raises(SelectorConflict, match=r"m\.yaml:7:3: this glob gives Fire to twin 'room-2'"):
        expanded(selector("Earth", "glob", "room-*"), selector("Fire", "glob", "*-2", line=7))


def test_no_twin_of_the_file_is_lost_to_the_lag_right_after_its_upload(expanded: Expanding, emulated: Any) -> None:
    emulated.faults.query_lag = LAG
    graph = expanded.seed(make_graph("ABC", [("A", "contains", "B")]))
    by_query = "SELECT * FROM DIGITALTWINS"
    assert emulated.call("POST", "/query", {"query": by_query})["value"] == []

    options: dict[str, Any] = {"graph": graph, "seeded": graph.twins.keys()}
    assert expanded(EVERYTHING, **options).twins == roles("ABC")
    assert expanded(selector("Earth", "model", THING), **options).twins == roles("ABC")
    assert expanded(selector("Earth", "subtree", Subtree(of="A", via=("contains",))), **options).twins == roles("AB")
    assert expanded.slept == []
    # A query cannot be helped by reading twins: it has to wait for the index.
    assert expanded(selector("Earth", "query", by_query), **options).twins == roles("ABC")
    assert expanded.slept == [LAG]
    assert expanded.said == ["selectors: waiting 10 s for the query index, which lacks twins that were uploaded"]


def test_many_twins_that_the_index_does_not_show_are_waited_for_and_not_read_one_by_one(
    expanded: Expanding, emulated: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph_source, "BY_ID_AT_MOST", 2)
    emulated.faults.query_lag = LAG
    graph = expanded.seed(make_graph("ABC"))
    before = calls(emulated)

    assert expanded(EVERYTHING, graph=graph, seeded=graph.twins.keys()).twins == roles("ABC")
    assert expanded.said == ["selectors: waiting 10 s for the query index, which lacks 3 twins that were uploaded"]
    assert calls(emulated) - before == 2


def test_twins_of_the_file_that_were_never_uploaded_count_as_present(expanded: Expanding) -> None:
    expanded.seed(make_graph("A"))
    door = "dtmi:test:Door;1"
    edges = [("A", "contains", "new"), ("new", "contains", "door"), ("door", "contains", "nowhere")]
    graph = make_graph({"A": THING, "new": THING, "door": door}, edges, [model(THING), model(door, extends=[THING])])

    assert expanded(EVERYTHING, graph=graph, seeded=["A"]).twins == roles(["A", "new", "door"])
    assert expanded(selector("Earth", "model", door), graph=graph, seeded=["A"]).twins == roles(["door"])
    below = selector("Earth", "subtree", Subtree(of="A", via=("contains",)))
    assert expanded(below, graph=graph, seeded=["A"]).twins == roles(["A", "new", "door"])
    assert expanded(selector("Fire", "subtree", Subtree(of="new", via=("contains",))), graph=graph).twins == roles(
        ["new", "door"], "Fire"
    )


def test_a_query_cannot_find_what_is_not_uploaded_and_that_is_said(expanded: Expanding) -> None:
    graph = make_graph("AB")
    expanded.seed(make_graph("A"))

    assert expanded(selector("Earth", "query", "SELECT * FROM DIGITALTWINS"), graph=graph, seeded=["A"]).twins == roles(
        "A"
    )
    assert expanded.said == ["selectors: no query finds the 1 twins of the graph that are not uploaded yet"]


def test_a_twin_of_the_file_that_was_uploaded_and_deleted_is_not_there(expanded: Expanding) -> None:
    graph = expanded.seed(make_graph("ABC", [("A", "contains", "C")]))
    expanded.delete("B")

    assert expanded(EVERYTHING, graph=graph, seeded=graph.twins.keys()).twins == roles("AC")


def test_a_twin_has_its_live_model_and_not_the_files(expanded: Expanding, emulated: Any) -> None:
    door = "dtmi:test:Door;1"
    graph = make_graph("A", (), [model(THING), model(door)])
    expanded.seed(make_graph({"A": door}, (), graph.models.values()))

    assert expanded(selector("Earth", "model", door), graph=graph).twins == roles("A")
    assert expanded(selector("Earth", "model", THING), graph=graph).twins == {}


def test_a_relationship_that_was_uploaded_and_deleted_counts_no_more_where_that_is_known(
    expanded: Expanding, emulated: Any
) -> None:
    graph = expanded.seed(make_graph("AB", [("A", "contains", "B")]))
    emulated.call("DELETE", "/digitaltwins/A/relationships/contains%20B", **{"If-Match": "*"})
    below = selector("Earth", "subtree", Subtree(of="A", via=("contains",)))
    options: dict[str, Any] = {"graph": graph, "seeded": graph.twins.keys()}

    assert expanded(below, **options, seeded_relationships=graph.relationships.keys()).twins == roles("A")
    assert expanded(below, **options).twins == roles("AB")


def test_a_declared_twin_that_the_index_does_not_show_is_read_by_id(expanded: Expanding, emulated: Any) -> None:
    expanded.seed(make_graph("A"))
    emulated.faults.query_lag = LAG
    expanded.seed(make_graph("B"))

    assert expanded(EVERYTHING, declared=["A", "B", "gone"]).twins == roles("AB")
    assert expanded(EVERYTHING, declared=["A", "gone"]).twins == roles("A")
    assert expanded.slept == []


def test_a_live_declared_twin_that_no_query_finds_is_waited_for_once(expanded: Expanding, emulated: Any) -> None:
    emulated.faults.query_lag = LAG
    expanded.seed(make_graph("AB"))
    everything = selector("Earth", "query", "SELECT * FROM DIGITALTWINS")

    assert expanded(everything, declared={"A": "Earth", "B": "Earth", "gone": "Earth"}).twins == roles("AB")
    assert expanded.slept == [LAG]
    assert expanded.said == [
        "selectors: waiting 10 s for the query index, which gives no role to 2 live twins that had one"
    ]


def test_after_the_wait_the_index_is_believed(expanded: Expanding) -> None:
    expanded.seed(make_graph("AB"))
    only_a = selector("Earth", "query", "SELECT * FROM DIGITALTWINS WHERE $dtId = 'A'")

    assert expanded(only_a, declared=["A", "B"]).twins == roles("A")
    assert expanded.slept == [LAG]


def test_a_twin_that_left_a_glob_is_lost_without_a_wait(expanded: Expanding) -> None:
    expanded.seed(make_graph(["room-1", "hall"]))

    assert expanded(selector("Earth", "glob", "room-*"), declared=["room-1", "hall"]).twins == roles(["room-1"])
    assert expanded.slept == []


def test_many_lost_twins_are_waited_for_and_not_read_one_by_one(
    expanded: Expanding, emulated: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching, "BY_ID_AT_MOST", 2)
    emulated.faults.query_lag = LAG
    expanded.seed(make_graph("ABC"))

    assert expanded(EVERYTHING, declared="ABC").twins == roles("ABC")
    assert expanded.said == ["selectors: waiting 10 s for the query index, which lacks 3 twins that had a role"]


def test_a_deleted_twin_that_the_index_still_shows_is_selected_and_so_never_missing(
    expanded: Expanding, emulated: Any
) -> None:
    expanded.seed(make_graph("AB"))
    emulated.faults.query_lag = LAG
    expanded.delete("B")

    answer = expanded(EVERYTHING, explicit={"A": "Earth"})
    assert answer.twins == roles("AB")
    assert list(answer.selected) == ["B"]


def relate_early(monkeypatch: pytest.MonkeyPatch, children: Mapping[str, list[str]]) -> None:
    """The index may learn of a relationship before it learns of the twin at its end."""

    async def list_children(
        _store: TagStore, twin_ids: Collection[str], _names: Collection[str]
    ) -> dict[str, list[str]]:
        return {twin_id: children[twin_id] for twin_id in twin_ids if twin_id in children}

    monkeypatch.setattr(TagStore, "list_children", list_children)


@pytest.mark.parametrize("by_id_at_most", [9_500, 1])
def test_a_new_twin_below_a_root_gets_the_role_of_its_more_specific_selector_and_not_the_walks(
    expanded: Expanding, emulated: Any, monkeypatch: pytest.MonkeyPatch, by_id_at_most: int
) -> None:
    """The walk would show it to the wrong tenant."""
    monkeypatch.setattr(matching, "BY_ID_AT_MOST", by_id_at_most)
    relate_early(monkeypatch, {"A": ["new", "room-1", "room-2"]})
    room = "dtmi:test:Room;1"
    expanded.seed(make_graph("A", (), [model(THING), model(room, extends=[THING])]))
    emulated.faults.query_lag = LAG
    expanded.seed(make_graph({"A": THING, "new": THING, "room-1": room, "room-2": room}, (), ()))

    below = selector("Wind", "subtree", Subtree(of="A", via=("contains",)))
    by_model, by_glob = selector("Fire", "model", room), selector("Earth", "glob", "*-2")
    expected = {"A": "Wind", "new": "Wind", "room-1": "Fire", "room-2": "Earth"}
    assert expanded(below, by_model, by_glob).twins == expected
    assert expanded.slept == ([] if by_id_at_most == 9_500 else [LAG])


def test_a_new_twin_below_a_root_that_a_query_finds_is_waited_for(
    expanded: Expanding, emulated: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    relate_early(monkeypatch, {"A": ["B"]})
    expanded.seed(make_graph("A"))
    emulated.faults.query_lag = LAG
    expanded.seed(make_graph("AB"))

    below = selector("Wind", "subtree", Subtree(of="A", via=("contains",)))
    query = selector("Fire", "query", "SELECT * FROM DIGITALTWINS WHERE $dtId = 'B'")
    assert expanded(below, query).twins == {"A": "Wind", "B": "Fire"}
    assert expanded.said == ["selectors: waiting 10 s for the query index, which lacks 1 twins of subtrees"]


def test_relationships_of_the_file_that_the_index_does_not_show_yet_are_waited_for_once(
    expanded: Expanding, emulated: Any
) -> None:
    graph = make_graph("ABC", [("A", "contains", "B"), ("A", "contains", "C")])
    emulated.faults.query_lag = LAG
    expanded.seed(graph)
    below = selector("Wind", "subtree", Subtree(of="A", via=("contains",)))

    answer = expanded(below, graph=graph, seeded=graph.twins, seeded_relationships=graph.relationships)
    assert answer.twins == {"A": "Wind", "B": "Wind", "C": "Wind"}
    assert expanded.said == [
        "selectors: waiting 10 s for the query index, which lacks relationships that were uploaded"
    ]


def test_ignored_twins_are_neither_selected_nor_doubted(expanded: Expanding) -> None:
    expanded.seed(make_graph(["A", "sandbox-1"]))
    rules = TagRules(roles=("Earth",), ignore=("sandbox-*",))

    assert expanded(EVERYTHING, rules=rules, declared=["sandbox-1"]).twins == roles("A")
    assert expanded.slept == []


def test_before_there_is_an_instance_the_file_answers_for_what_it_knows() -> None:
    door = "dtmi:test:Door;1"
    models = [model(THING), model(door, extends=[THING])]
    graph = make_graph({"A": THING, "door": door}, [("A", "contains", "door"), ("A", "contains", "far")], models)
    unsettled = (
        selector("Fire", "query", "SELECT * FROM DIGITALTWINS"),
        selector("Fire", "model", "dtmi:test:Later;1"),
        selector("Fire", "subtree", Subtree(of="later", via=("contains",))),
    )

    answer = from_file(
        selector("Earth", "subtree", Subtree(of="A", via=("contains",))),
        selector("Wind", "model", door),
        *unsettled,
        graph=graph,
    )
    assert answer.twins == {"A": "Earth", "door": "Wind"}
    assert answer.unresolved == unsettled


def test_before_there_is_an_instance_and_without_a_file_every_selector_stays_unresolved() -> None:
    answer = from_file(EVERYTHING, graph=None)

    assert (answer.twins, answer.unresolved) == ({}, (EVERYTHING,))


def test_a_query_that_is_refused_for_its_quota_or_loses_its_answer_is_asked_again(
    expanded: Expanding, emulated: Any
) -> None:
    expanded.seed(make_graph("AB", [("A", "contains", "B")]))
    emulated.faults.failing_calls = [
        FailingCall(path="/query", status=200),
        FailingCall(path="/query", when="after"),
    ]

    answer = expanded(
        selector("Earth", "glob", "?"), selector("Fire", "subtree", Subtree(of="A", via=("contains",)), line=2)
    )
    assert answer.twins == roles("AB")
    assert [call.times for call in emulated.faults.failing_calls] == [0, 0]


def test_one_scan_serves_all_globs_and_models(expanded: Expanding, emulated: Any) -> None:
    expanded.seed(make_graph("AB"))
    before = calls(emulated)
    expanded(*(selector("Earth", "glob", "*", line=line) for line in range(5)), selector("Fire", "model", THING))

    assert calls(emulated) - before == 2  # the models and the scan
