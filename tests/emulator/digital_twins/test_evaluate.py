from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from emulator.digital_twins.evaluate import run_query
from twin_rbac.query import parse

CASES = YAML(typ="safe").load(Path(__file__).parents[2] / "cases" / "queries" / "answers.yaml")


class Models:
    def is_of_model(self, model_id: str, wanted: str, *, exact: bool) -> bool:
        return model_id == wanted if exact else wanted in CASES["models"][model_id]


def answer(query: str) -> list[dict[str, Any]]:
    return run_query(parse(query), CASES["twins"], CASES["relationships"], Models())


@pytest.mark.parametrize("case", CASES["conditions"], ids=lambda case: case["where"])
def test_a_condition_finds_the_twins_of_which_it_is_true(case: dict[str, Any]) -> None:
    rows = answer(f"SELECT T.$dtId FROM DIGITALTWINS T WHERE {case['where']}")
    assert [row["$dtId"] for row in rows] == case["twins"]


@pytest.mark.parametrize("case", CASES["rows"], ids=lambda case: case["query"])
def test_a_row_has_the_shape_that_select_asks_for(case: dict[str, Any]) -> None:
    assert answer(case["query"]) == case["rows"]


def test_documents_may_come_from_a_generator_and_stay_as_they_are() -> None:
    twin = {"$dtId": "A", "tags": {"role": "Earth"}}
    [row] = run_query(parse("SELECT * FROM DIGITALTWINS"), (each for each in [twin]), [], Models())
    assert row == twin
    assert row is not twin


def test_numbers_beyond_a_double_are_compared_and_no_error() -> None:
    twins = [{"$dtId": "A", "n": 10**400}, {"$dtId": "B", "n": -(10**400)}, {"$dtId": "C", "n": 1}]
    rows = run_query(parse("SELECT $dtId FROM DIGITALTWINS WHERE n < 2"), twins, [], Models())
    assert [row["$dtId"] for row in rows] == ["B", "C"]


# A second evaluator of a small part of the language, written another way: every condition is its text and two sets of
# twins (where true, where false), and the rest is undefined. Trees are generated as text together with their sets.

TWINS: Mapping[str, Any] = {
    str(number): {"$dtId": str(number), **({} if value is None else {"v": value})}
    for number, value in enumerate([0, 1, 2.5, "a", "b", True, False, None])
}
EVERY = frozenset(TWINS)
Sets = tuple[str, frozenset[str], frozenset[str]]


def having(kind: type, test: Any) -> frozenset[str]:
    kinds = (int, float) if kind is int else (kind,)
    return frozenset(key for key, twin in TWINS.items() if type(twin.get("v")) in kinds and test(twin["v"]))


def leaf(text: str, kind: type, test: Any) -> Sets:
    return text, having(kind, test), having(kind, lambda value: not test(value))


LEAVES: list[Sets] = [
    leaf("v = 1", int, lambda value: value == 1),
    leaf("v < 2", int, lambda value: value < 2),
    leaf("v >= 'b'", str, lambda value: value >= "b"),
    leaf("v != true", bool, lambda value: value is not True),
    leaf("STARTSWITH(v, 'a')", str, lambda value: value[0] == "a"),
    leaf("v NIN [1, 0]", int, lambda value: value not in {1, 0}),
    ("IS_DEFINED(v)", EVERY - {"7"}, frozenset("7")),
    ("IS_BOOL(v)", frozenset("56"), EVERY - set("56")),
]


def grow(children: st.SearchStrategy[Sets]) -> st.SearchStrategy[Sets]:
    pairs = st.tuples(children, children)
    return st.one_of(
        children.map(lambda a: (f"NOT ({a[0]})", a[2], a[1])),
        pairs.map(lambda p: (f"({p[0][0]}) AND ({p[1][0]})", p[0][1] & p[1][1], p[0][2] | p[1][2])),
        pairs.map(lambda p: (f"({p[0][0]}) OR ({p[1][0]})", p[0][1] | p[1][1], p[0][2] & p[1][2])),
    )


@settings(deadline=None)
@given(st.recursive(st.sampled_from(LEAVES), grow, max_leaves=20))
def test_conditions_agree_with_sets(condition: Sets) -> None:
    text, true, _ = condition
    rows = run_query(parse(f"SELECT $dtId FROM DIGITALTWINS WHERE {text}"), TWINS.values(), [], Models())
    assert {row["$dtId"] for row in rows} == true
