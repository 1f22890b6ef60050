import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin_rbac.query import (
    And,
    Comparison,
    Condition,
    Not,
    Number,
    Operator,
    Or,
    Path,
    PropertyFunction,
    PropertyTest,
    Query,
    Select,
    Text,
    Twins,
    parse,
    render,
)

PREFIX = "SELECT * FROM DIGITALTWINS T WHERE "


def equal(name: str) -> Comparison:
    return Comparison(Path(None, (name,)), Operator.EQUAL, Number("1"))


A, B, C = equal("a"), equal("b"), equal("c")


def written(condition: Condition) -> str:
    text = render(Query(Select(), Twins("T"), condition))
    assert text.startswith(PREFIX)
    return text.removeprefix(PREFIX)


@settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_what_is_written_is_read_as_the_same_tree(data: st.DataObject, queries: st.SearchStrategy[Query]) -> None:
    query = data.draw(queries)
    assert parse(render(query)) == query


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (And((A, B, C)), "a = 1 AND b = 1 AND c = 1"),
        (And((A, And((B, C)))), "a = 1 AND (b = 1 AND c = 1)"),
        (Or((A, Or((B, C)))), "a = 1 OR (b = 1 OR c = 1)"),
        (Or((A, And((B, C)))), "a = 1 OR (b = 1 AND c = 1)"),
        (And((Or((A, B)), C)), "(a = 1 OR b = 1) AND c = 1"),
        (And((Not(A), B)), "(NOT a = 1) AND b = 1"),
        (Or((Not(A), B)), "(NOT a = 1) OR b = 1"),
        (Not(Or((A, B))), "NOT (a = 1 OR b = 1)"),
        (Not(Not(A)), "NOT NOT a = 1"),
        (And((Not(Not(A)), B)), "(NOT NOT a = 1) AND b = 1"),
    ],
)
def test_parentheses_say_what_belongs_together(condition: Condition, text: str) -> None:
    assert written(condition) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("D'Souza", r"'D\'Souza'"),
        ("\\", r"'\\'"),
        ("\\'", r"'\\\''"),
        ("' OR IS_DEFINED(T.$dtId) OR a = '", r"'\' OR IS_DEFINED(T.$dtId) OR a = \''"),
        ("", "''"),
    ],
)
def test_a_string_stays_one_string(value: str, text: str) -> None:
    assert written(Comparison(Path(None, ("a",)), Operator.EQUAL, Text(value))) == f"a = {text}"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (Path("T", ()), "T"),
        (Path("T", ("T",)), "T.T"),
        (Path(None, ("T",)), "[[T]]"),
        (Path(None, ("T", "T")), "[[T]].T"),
        (Path(None, ("t",)), "t"),
        (Path("T", ("$metadata", "Group", "1", "a-b")), "T.$metadata.[[Group]].[[1]].[[a-b]]"),
        (Path(None, ("count",)), "[[count]]"),
        (Path(None, ("$1",)), "[[$1]]"),
    ],
)
def test_a_name_is_in_brackets_where_it_would_be_read_as_something_else(path: Path, text: str) -> None:
    assert written(PropertyTest(PropertyFunction.IS_NULL, path)) == f"IS_NULL({text})"


@pytest.mark.parametrize("name", ["", "a]", "a]]b", "]]", "]"])
def test_a_name_that_cannot_be_written_is_an_error_and_no_other_name(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be written as a name in a query"):
        written(PropertyTest(PropertyFunction.IS_NULL, Path("T", (name,))))
