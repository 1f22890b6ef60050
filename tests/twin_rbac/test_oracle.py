"""The scoped query on the whole graph answers what the caller's query answers on the twins that `check` allows."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.digital_twins.evaluate import run_query
from twin_rbac.access import Policy
from twin_rbac.query import Query, ScopedQuery, Select, parse, secure_query

POLICY = Policy(roles=frozenset({"Earth", "Fire", "Wind", "a-1"}))
ROLES = ["Earth", "Fire", "Wind", "a-1", "earth", "Water"]
Twin = dict[str, Any]


class Models:
    def is_of_model(self, model_id: str, wanted: str, *, exact: bool) -> bool:
        return model_id == wanted or (not exact and wanted == "dtmi:Space;1")


def allowed(twins: list[Twin], roles: list[str]) -> list[Twin]:
    return [twin for twin in twins if POLICY.check(roles, twin.get("tags")).allowed]


def rows(query: Query, twins: list[Twin]) -> list[str]:
    return sorted(map(repr, run_query(query, twins, [], Models())))


def is_answer(found: list[str], query: Query, twins: list[Twin]) -> bool:
    """Whether the rows are the answer on the graph of these twins; TOP may take any."""
    if not isinstance(query.select, Select) or query.select.top is None:
        return found == rows(query, twins)
    every = rows(replace(query, select=replace(query.select, top=None)), twins)
    wanted = min(query.select.top, len(every))
    return len(found) == wanted and all(found.count(row) <= every.count(row) for row in found)


def sent(text: str, roles: list[str]) -> Query | None:
    answer = secure_query(text, roles, POLICY)
    return parse(answer.text) if isinstance(answer, ScopedQuery) else None


# What twins have under the names that the queries use; None stands for a property that is not there.
VALUES: list[Any] = [None, 1, 2.5, "x", "Earth", True, [1, "x"]]
tag_maps: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.sampled_from([{}, "Earth", {"role": None}, {"role": True}, {"role": ["Earth"]}, {"role": {"role": "Earth"}}]),
    st.sampled_from(ROLES).map(lambda role: {"role": role}),
    st.sampled_from(ROLES).map(lambda role: {"role": role, "red": True}),
    st.sampled_from(ROLES).map(lambda role: {"Role": role}),
)


def twin(number: int, tags: Any, values: list[Any]) -> Twin:
    """A twin that may also carry the looks of a role tag where it is none."""
    properties = {"a": values[0], "role": values[1], "T": values[2], "tags": tags}
    return {
        "$dtId": str(number),
        "$metadata": {"$model": "dtmi:Room;1" if number % 2 else "dtmi:Space;1"},
        **{name: value for name, value in properties.items() if value is not None},
    }


def graph(parts: list[tuple[Any, list[Any]]]) -> list[Twin]:
    return [twin(number, tags, values) for number, (tags, values) in enumerate(parts)]


graphs = st.lists(st.tuples(tag_maps, st.lists(st.sampled_from(VALUES), min_size=3, max_size=3)), max_size=8).map(graph)


def paths(alias: str) -> list[str]:
    names = ["a", "role", "[[T]]", "[[tags]].role", "[[tags]].[[role]]", "$dtId", "missing.deep"]
    return [*names, *(f"{alias}.{name}" for name in ["a", "role", "tags.role", "tags.Role", "T"] if alias)]


def leaves(alias: str) -> st.SearchStrategy[str]:
    path = st.sampled_from(paths(alias))
    literal = st.sampled_from(["1", "2.5", "'x'", "'Earth'", "'Fire'", "true", "'0'", "'3'", "'D\\'x'"])
    return st.one_of(
        st.builds("{} {} {}".format, path, st.sampled_from(["=", "!=", "<", ">="]), literal),
        st.builds("{} {} [{}, {}]".format, path, st.sampled_from(["IN", "NIN"]), literal, literal),
        st.builds("{}({})".format, st.sampled_from(["IS_DEFINED", "IS_NULL", "IS_STRING", "IS_OBJECT"]), path),
        st.builds("STARTSWITH({}, 'E')".format, path),
        st.builds("ARRAY_CONTAINS({}, {})".format, path, literal),
        st.builds("$dtId IN ['{}', '{}']".format, st.integers(0, 7), st.integers(0, 7)),
        st.sampled_from(["IS_OF_MODEL('dtmi:Room;1')", "IS_OF_MODEL('dtmi:Space;1', exact)"]),
    )


def grow(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("NOT {}".format, children),
        st.builds("({})".format, children),
        st.builds("{} AND {}".format, children, children),
        st.builds("{} OR {}".format, children, children),
    )


@st.composite
def texts(draw: st.DrawFn) -> str:
    alias = draw(st.sampled_from(["", "T", "tags", "role", "t"]))
    columns = ["*", "COUNT()", "TOP(2)", "$dtId", "$dtId, a AS T1", "TOP(3) [[T]], [[tags]]", "role"]
    select = draw(st.sampled_from([*columns, *([alias, f"{alias}.tags.role, a", f"TOP(1) {alias}"] if alias else [])]))
    condition = draw(st.one_of(st.none(), st.recursive(leaves(alias), grow, max_leaves=6)))
    return f"SELECT {select} FROM DIGITALTWINS {alias}" + (f" WHERE {condition}" if condition else "")


@settings(deadline=None, max_examples=500, suppress_health_check=[HealthCheck.too_slow])
@given(text=texts(), twins=graphs, roles=st.lists(st.sampled_from(ROLES), unique=True, max_size=4))
def test_a_scoped_query_answers_as_on_the_graph_of_the_allowed_twins(
    text: str, twins: list[Twin], roles: list[str]
) -> None:
    query = parse(text)
    scoped = sent(text, roles)
    seen = allowed(twins, roles)
    if scoped is None:
        assert not seen
    else:
        assert is_answer(rows(scoped, twins), query, seen)


SCENARIO = [
    twin(number, tags, ["x", None, None])
    for number, tags in enumerate([{"role": "Earth"}, {"role": "Earth"}, {"role": "Fire"}, {"role": "Wind"}, None])
]


@pytest.mark.parametrize(
    ("text", "roles", "ids"),
    [
        ("SELECT * FROM DIGITALTWINS", ["Earth"], "01"),
        ("SELECT * FROM DIGITALTWINS WHERE a = 'x' OR a != 'x'", ["Earth", "Fire"], "012"),
        ("SELECT $dtId FROM DIGITALTWINS tags WHERE NOT tags.tags.role = 'Earth'", ["Earth", "Fire"], "2"),
        ("SELECT $dtId FROM DIGITALTWINS T WHERE IS_OF_MODEL(T, 'dtmi:Room;1') OR T.a = 'x'", ["Wind", "Water"], "3"),
    ],
)
def test_the_answers_that_are_compared_are_neither_empty_nor_complete(text: str, roles: list[str], ids: str) -> None:
    scoped = sent(text, roles)
    assert scoped is not None
    found = [row["$dtId"] for row in run_query(scoped, SCENARIO, [], Models())]
    assert found == list(ids)
    assert is_answer(rows(scoped, SCENARIO), parse(text), allowed(SCENARIO, roles))
    assert 0 < len(found) < len(run_query(parse(text), SCENARIO, [], Models()))
