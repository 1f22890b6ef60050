"""No caller gets a twin that the rule does not allow: hostile statements, and generated ones on generated graphs."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from tests.twin_rbac.gateway.world import EARTH, STRANGER, Reply, World, twin
from twin_rbac.access import Policy

CASES: list[dict[str, Any]] = YAML(typ="safe").load(Path(__file__).parents[2] / "cases" / "scoping" / "hostile.yaml")
CODES = {"QuerySyntaxError": "SqlQueryError", "QueryNotSupported": "QueryNotSupported"}
POLICY = Policy(roles=frozenset({"Earth", "Fire", "Wind"}))
ROLES = ["Earth", "Fire", "Wind"]
MINE = {"1", "2", "A"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: ascii(case["query"]))
def test_a_hostile_statement_finds_the_tenants_own_twins_or_is_refused(world: World, case: dict[str, Any]) -> None:
    reply = world.query(EARTH, case["query"])

    if "refused" in case:
        assert (reply.status, reply.code) == (400, CODES[case["refused"]])
        assert world.instance.asked == []
    elif "count" in case:
        assert (reply.status, reply.json["value"]) == (200, [{"COUNT": case["count"]}])
    else:
        assert (reply.status, reply.ids) == (200, case["found"])
        assert set(reply.ids) <= MINE


@pytest.mark.parametrize("case", CASES, ids=lambda case: ascii(case["query"]))
def test_a_hostile_statement_finds_nothing_for_a_caller_without_a_role(world: World, case: dict[str, Any]) -> None:
    reply = world.query(STRANGER, case["query"])

    rows = reply.json.get("value", [])
    assert reply.status in {200, 400}
    assert rows in ([], [{"COUNT": 0}])
    assert world.instance.asked == []


tags: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.sampled_from([{}, "Earth", {"role": None}, {"role": True}, {"role": ["Earth"]}, {"role": {"role": "Earth"}}]),
    st.sampled_from([*ROLES, "earth", "Water", "Earth'"]).map(lambda role: {"role": role}),
    st.sampled_from(ROLES).map(lambda role: {"Role": role, "red": True}),
)
names = st.sampled_from(["0", "1", "2", "3", "4", "a/b", "T", "tags", "'", "é"])
graphs = st.dictionaries(names, tags, max_size=8)
paths = [
    "a",
    "$dtId",
    "role",
    "tags.role",
    "[[T]].tags.role",
    "T.tags.role",
    "T.$dtId",
    "T.a",
    "T.tags.Role",
    "missing",
]
literals = ["1", "'a'", "'Earth'", "'Fire'", "'0'", "'a/b'", "true", "'x\\'y'", "''"]
leaves = st.one_of(
    st.builds(
        "{} {} {}".format, st.sampled_from(paths), st.sampled_from(["=", "!=", "<", ">="]), st.sampled_from(literals)
    ),
    st.builds("{} NIN [{}]".format, st.sampled_from(paths), st.sampled_from(literals)),
    st.builds("{}({})".format, st.sampled_from(["IS_DEFINED", "IS_NULL", "IS_OBJECT"]), st.sampled_from(paths)),
    st.builds("STARTSWITH({}, '')".format, st.sampled_from(paths)),
    # What breaks out of a text where one is pasted together.
    st.sampled_from(
        ["a = 'x\\' OR IS_DEFINED($dtId) OR a = \\''", "a = 1) OR (IS_DEFINED($dtId)", "a = 1 --", "1 = 1"]
    ),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds("NOT {}".format, inner),
        st.builds("({} OR {})".format, inner, inner),
        st.builds("{} AND {}".format, inner, inner),
        st.builds("{} OR {}".format, inner, inner),
    ),
    max_leaves=5,
)
selects = st.sampled_from(
    ["*", "TOP(3)", "T", "T, a", "$dtId", "T.$dtId, T.tags", "T.tags.role AS a, $dtId", "COUNT()"]
)
sources = st.sampled_from(["DIGITALTWINS T", "DIGITALTWINS T", "DIGITALTWINS", "DIGITALTWINS tags", "RELATIONSHIPS T"])


def text_of(select: str, source: str, condition: str | None) -> str:
    return f"SELECT {select} FROM {source}" + ("" if condition is None else f" WHERE {condition}")


texts = st.builds(text_of, selects, sources, st.one_of(st.none(), conditions))


def ids_in(value: Any) -> set[str]:
    """The ids of twins anywhere in an answer."""
    if isinstance(value, list):
        return set().union(*map(ids_in, value))
    if isinstance(value, dict):
        here = {value["$dtId"]} if "$dtId" in value else set()
        return here.union(*map(ids_in, value.values()))
    return set()


@settings(deadline=None, max_examples=250, suppress_health_check=[HealthCheck.too_slow])
@given(graph=graphs, roles=st.sets(st.sampled_from(ROLES)), text=texts, size=st.integers(1, 3))
def test_every_twin_in_every_answer_is_one_that_the_rule_allows(
    graph: dict[str, Any], roles: set[str], text: str, size: int
) -> None:
    allowed = {twin_id for twin_id, tags in graph.items() if POLICY.check(roles, tags).allowed}
    world = World([twin(twin_id, tags) for twin_id, tags in graph.items()])
    world.resource_manager.assign(STRANGER, *roles)
    try:
        pages = read_all(world, text, size)
        found = [twin_id for twin_id in graph if world.get(STRANGER, f"/digitaltwins/{percent(twin_id)}").status == 200]
    finally:
        asyncio.run(world.close())

    assert {page.status for page in pages} <= {200, 400}
    assert ids_in([page.json.get("value", []) for page in pages]) <= allowed
    assert all(row["COUNT"] <= len(allowed) for page in pages for row in page.json.get("value", []) if "COUNT" in row)
    assert set(found) == allowed
    if text in {"SELECT * FROM DIGITALTWINS", "SELECT * FROM DIGITALTWINS T"}:
        assert ids_in([page.json["value"] for page in pages]) == allowed


def read_all(world: World, text: str, size: int) -> list[Reply]:
    pages = [world.query(STRANGER, text, headers={"max-items-per-page": str(size)})]
    while token := pages[-1].json.get("continuationToken"):
        pages.append(world.query(STRANGER, continuation=token, headers={"max-items-per-page": str(size)}))
    return pages


def percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def test_the_generated_answers_are_neither_empty_nor_complete() -> None:
    world = World([twin("a/b", {"role": "Earth"}), twin("1", {"role": "Fire"}), twin("2")])
    pages = read_all(world, "SELECT T, a FROM DIGITALTWINS T WHERE a = 'a'", 1)
    world.resource_manager.assign(STRANGER, "Earth")
    world.clock.advance(61)
    more = read_all(world, "SELECT T, a FROM DIGITALTWINS T WHERE a = 'a'", 1)
    asyncio.run(world.close())

    assert (ids_in([page.json["value"] for page in pages]), ids_in([page.json["value"] for page in more])) == (
        set(),
        {"a/b"},
    )
