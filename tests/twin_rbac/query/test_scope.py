from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from emulator.digital_twins.evaluate import run_query
from twin_rbac.access import Policy
from twin_rbac.query import (
    EmptyAnswer,
    NotCertified,
    Number,
    QueryError,
    QueryNotSupported,
    ScopedQuery,
    parse,
    scope_query,
    secure_query,
    transform,
)
from twin_rbac.query import scope as scoping

CASES = Path(__file__).parents[2] / "cases" / "scoping"
POLICY = Policy(roles=frozenset({"Earth", "Fire", "Wind"}))
MANY = frozenset(f"role-{number:03}" for number in range(400))
PREFIX = "SELECT * FROM DIGITALTWINS T WHERE "


def cases(name: str) -> list[Any]:
    return list(YAML(typ="safe").load(CASES / name))


def twin(twin_id: str, **properties: Any) -> dict[str, Any]:
    return {"$dtId": twin_id, "$metadata": {"$model": "m"}, "a": "a", **properties}


GRAPH = [
    *(twin(twin_id, tags={"role": "Earth"}) for twin_id in ("1", "2", "A")),
    *(twin(twin_id, tags={"role": "Fire"}) for twin_id in ("3", "B")),
    twin("X"),
    twin("Y", tags={"red": True}),
    twin("Z", tags={"role": True}),
    twin("W", tags={"role": "earth"}),
    twin("V", role="Earth", **{"tags.role": "Earth", "T": {"tags": {"role": "Earth"}}}),
]


class Models:
    def is_of_model(self, model_id: str, wanted: str, *, exact: bool) -> bool:
        return model_id == wanted


def scoped(query: str, *roles: str, policy: Policy = POLICY) -> ScopedQuery:
    answer = secure_query(query, roles or ["Earth"], policy)
    assert isinstance(answer, ScopedQuery)
    return answer


@pytest.mark.parametrize("case", cases("twins.yaml"), ids=lambda case: case["name"])
def test_a_query_is_scoped_refused_or_answered_as_on_an_empty_graph(case: dict[str, Any]) -> None:
    if "refused" in case:
        code, reason = case["refused"]
        with pytest.raises(QueryError) as caught:
            secure_query(case["query"], case["roles"], POLICY)
        assert (type(caught.value).__name__, reason in str(caught.value)) == (code, True)
        return
    answer = secure_query(case["query"], case["roles"], POLICY)
    if "empty" in case:
        assert answer == EmptyAnswer(parse(case["query"]))
    else:
        assert answer == ScopedQuery(parse(case["scoped"]), case["scoped"])


def test_there_are_at_least_60_hostile_statements() -> None:
    assert len({case["query"] for case in cases("hostile.yaml")}) >= 60


@pytest.mark.parametrize("case", cases("hostile.yaml"), ids=lambda case: ascii(case["query"]))
def test_a_hostile_statement_finds_the_tenants_own_twins_or_is_refused(case: dict[str, Any]) -> None:
    if "refused" in case:
        with pytest.raises(QueryError) as caught:
            secure_query(case["query"], ["Earth"], POLICY)
        assert type(caught.value).__name__ == case["refused"]
        return
    rows = run_query(parse(scoped(case["query"]).text), GRAPH, [], Models())
    if "count" in case:
        assert rows == [{"COUNT": case["count"]}]
    else:
        assert sorted(row["$dtId"] for row in rows) == case["found"]
        assert set(case["found"]) <= {"1", "2", "A"}


@pytest.mark.parametrize("number", [50, 51, 150])
def test_many_roles_are_split_over_lists_of_at_most_50(number: int) -> None:
    roles = sorted(MANY)[:number]
    text = scoped("SELECT * FROM DIGITALTWINS T", *roles, policy=Policy(roles=MANY)).text
    lists = [
        "T.tags.role IN [" + ", ".join(f"'{role}'" for role in roles[first : first + 50]) + "]"
        for first in range(0, number, 50)
    ]
    membership = lists[0] if len(lists) == 1 else f"({' OR '.join(lists)})"
    assert text == f"SELECT * FROM DIGITALTWINS T WHERE IS_DEFINED(T.tags.role) AND {membership}"


def test_more_roles_than_a_query_can_hold_are_refused() -> None:
    with pytest.raises(QueryNotSupported, match=r"the query has 8\d\d\d characters, and 8000 is the most"):
        secure_query("SELECT * FROM DIGITALTWINS T WHERE T.a = '" + "x" * 3000 + "'", MANY, Policy(roles=MANY))


def test_the_characters_are_counted_with_the_predicate() -> None:
    predicate = len(" AND IS_DEFINED(T.tags.role) AND T.tags.role IN ['Earth']")
    longest = PREFIX + "T.a = '" + "x" * (8000 - len(PREFIX) - len("T.a = ''") - predicate) + "'"
    assert len(scoped(longest).text) == 8000
    with pytest.raises(QueryNotSupported, match="has 8001 characters, and 8000 is the most"):
        scoped(longest[:-1] + "x'")


def test_and_and_or_are_counted_with_the_predicate() -> None:
    most = PREFIX + "T.a = 1" + " OR T.a = 1" * 48
    assert scoped(most).text.count(" AND ") == 2
    with pytest.raises(QueryNotSupported, match="more than 50 AND and OR in one query"):
        scoped(most + " OR T.a = 1")
    with pytest.raises(QueryNotSupported, match="more than 50 AND and OR in one query"):
        scoped(most, *sorted(MANY)[:51], policy=Policy(roles=MANY))


def test_parentheses_that_are_added_count_as_nesting() -> None:
    nested = PREFIX + "NOT (T.a = 1 AND " * 48 + "T.b = 1" + ")" * 48
    assert parse(nested)
    with pytest.raises(QueryNotSupported, match="more than 100 parentheses and NOT inside each other"):
        scoped(nested)


def test_the_predicate_is_that_of_the_policy() -> None:
    policy = Policy(property="labels", key="group", roles=frozenset({"Earth"}))
    text = scoped("SELECT * FROM DIGITALTWINS T", policy=policy).text
    predicate = "IS_DEFINED(T.labels.[[group]]) AND T.labels.[[group]] IN ['Earth']"
    assert text == f"SELECT * FROM DIGITALTWINS T WHERE {predicate}"


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(QueryNotSupported, match="control character"):
        secure_query(PREFIX + "T.a = '\ud800'", ["Earth"], POLICY)


def test_a_scoped_text_that_does_not_mean_its_tree_is_never_given_out() -> None:
    def inject(node: Any) -> Any:
        return Number("1 OR T.b = 2") if isinstance(node, Number) else node

    query = transform(parse(PREFIX + "T.a = 1"), inject)
    with pytest.raises(NotCertified, match="means something else than its tree"):
        scope_query(query, ["Earth"], POLICY)


def test_a_mistake_of_the_rewriter_is_stopped_by_the_certifier(monkeypatch: pytest.MonkeyPatch) -> None:
    def forget(query: Any, roles: Any, policy: Any) -> ScopedQuery:
        text = "SELECT * FROM DIGITALTWINS T WHERE IS_DEFINED(T.tags.role)"
        return ScopedQuery(parse(text), text)

    monkeypatch.setattr(scoping, "scope_query", forget)
    with pytest.raises(NotCertified, match="does not restrict the alias T"):
        secure_query("SELECT * FROM DIGITALTWINS", ["Earth"], POLICY)
