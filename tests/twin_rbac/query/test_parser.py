from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from twin_rbac.query import (
    And,
    ArrayContains,
    Boolean,
    Comparison,
    Condition,
    Count,
    In,
    IsOfModel,
    Not,
    Number,
    Operator,
    Or,
    Projection,
    PropertyFunction,
    PropertyTest,
    Query,
    QueryError,
    QueryNotSupported,
    QuerySyntaxError,
    Relationships,
    Select,
    Text,
    TextFunction,
    TextTest,
    Twins,
    parse,
)
from twin_rbac.query import Path as PropertyPath

CASES = Path(__file__).parents[2] / "cases" / "queries"
PREFIX = "SELECT * FROM DIGITALTWINS T WHERE "


def cases(name: str) -> list[Any]:
    return list(YAML(typ="safe").load(CASES / name))


def condition(text: str) -> Condition:
    where = parse(PREFIX + text).where
    assert where is not None
    return where


def equal(name: str, digits: str = "1") -> Comparison:
    return Comparison(PropertyPath(None, (name,)), Operator.EQUAL, Number(digits))


def fails_at(text: str) -> tuple[int, str]:
    with pytest.raises(QuerySyntaxError) as caught:
        parse(text)
    return caught.value.column, caught.value.message


@pytest.mark.parametrize("text", cases("valid.yaml"))
def test_a_documented_form_is_valid(text: str) -> None:
    assert isinstance(parse(text), Query)


@pytest.mark.parametrize("case", cases("invalid.yaml"), ids=lambda case: case.get("query", case.get("where")))
def test_an_invalid_query_is_refused_at_the_first_token_that_cannot_continue(case: dict[str, Any]) -> None:
    text, before = (case["query"], 0) if "query" in case else (PREFIX + case["where"], len(PREFIX))
    with pytest.raises(QuerySyntaxError) as caught:
        parse(text)
    error = caught.value
    assert (error.message, error.line, error.column - before) == (case["error"], case.get("line", 1), case["column"])
    assert str(error) == f"line {error.line}, column {error.column}: {error.message}"


@pytest.mark.parametrize(
    ("text", "select"),
    [
        ("*", Select()),
        ("COUNT()", Count()),
        ("TOP(5)", Select(top=5)),
        ("top(5) T.a", Select((Projection(PropertyPath("T", ("a",))),), top=5)),
        (
            "T, b.c AS d, [[T]] AS e",
            Select(
                (
                    Projection(PropertyPath("T", ())),
                    Projection(PropertyPath(None, ("b", "c")), "d"),
                    Projection(PropertyPath(None, ("T",)), "e"),
                )
            ),
        ),
    ],
)
def test_select_says_what_a_row_shows(text: str, select: Select | Count) -> None:
    assert parse(f"SELECT {text} FROM DIGITALTWINS T") == Query(select, Twins("T"))


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("DIGITALTWINS", Twins()),
        ("digitaltwins tags", Twins("tags")),
        ("RELATIONSHIPS", Relationships()),
        ("Relationships R", Relationships("R")),
    ],
)
def test_from_names_one_collection(text: str, source: Twins | Relationships) -> None:
    assert parse(f"SELECT * FROM {text}") == Query(Select(), source)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = 'x'", Comparison(PropertyPath(None, ("a",)), Operator.EQUAL, Text("x"))),
        ("T.a.$b >= -2.50", Comparison(PropertyPath("T", ("a", "$b")), Operator.GREATER_OR_EQUAL, Number("-2.50"))),
        ("[[T]].a != TRUE", Comparison(PropertyPath(None, ("T", "a")), Operator.NOT_EQUAL, Boolean(value=True))),
        ("a IN ['x', 2]", In(PropertyPath(None, ("a",)), (Text("x"), Number("2")))),
        ("a nin [false]", In(PropertyPath(None, ("a",)), (Boolean(value=False),), negated=True)),
        ("is_null(T.[[Group]])", PropertyTest(PropertyFunction.IS_NULL, PropertyPath("T", ("Group",)))),
        ("ENDSWITH(a, 'x')", TextTest(TextFunction.ENDSWITH, PropertyPath(None, ("a",)), Text("x"))),
        ("ARRAY_CONTAINS(a, 3)", ArrayContains(PropertyPath(None, ("a",)), Number("3"))),
        ("IS_OF_MODEL('m')", IsOfModel(Text("m"))),
        ("IS_OF_MODEL('m', exact)", IsOfModel(Text("m"), exact=True)),
        ("IS_OF_MODEL(T, 'm', EXACT)", IsOfModel(Text("m"), "T", exact=True)),
    ],
)
def test_a_test_of_a_property_is_one_node(text: str, expected: Condition) -> None:
    assert condition(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = 1 AND b = 1 AND c = 1", And((equal("a"), equal("b"), equal("c")))),
        ("a = 1 OR b = 1 AND c = 1", Or((equal("a"), And((equal("b"), equal("c")))))),
        ("a = 1 AND b = 1 OR c = 1", Or((And((equal("a"), equal("b"))), equal("c")))),
        ("(a = 1 OR b = 1) AND c = 1", And((Or((equal("a"), equal("b"))), equal("c")))),
        ("a = 1 AND (b = 1 AND c = 1)", And((equal("a"), And((equal("b"), equal("c")))))),
        ("NOT a = 1 AND b = 1", And((Not(equal("a")), equal("b")))),
        ("NOT (a = 1 AND b = 1)", Not(And((equal("a"), equal("b"))))),
        ("NOT NOT a = 1", Not(Not(equal("a")))),
        ("((a = 1))", equal("a")),
    ],
)
def test_not_binds_before_and_and_and_before_or(text: str, expected: Condition) -> None:
    assert condition(text) == expected


def test_numbers_and_booleans_that_python_holds_equal_are_different_literals() -> None:
    assert len({Boolean(value=True), Number("1"), Number("1.0"), Text("1")}) == 4


@pytest.mark.parametrize(
    ("text", "column", "reason"),
    [
        ("SELECT T, C FROM DIGITALTWINS T JOIN C RELATED T.contains", 33, "JOIN is not supported"),
        ("SELECT C FROM DIGITALTWINS join C RELATED T.contains", 28, "JOIN is not supported"),
        ("SELECT a FROM DIGITALTWINS MATCH (a)-[]->(b)", 28, "MATCH is not supported"),
    ],
)
def test_joins_and_matches_are_not_supported_and_no_syntax_errors(text: str, column: int, reason: str) -> None:
    with pytest.raises(QueryNotSupported) as caught:
        parse(text)
    assert (caught.value.reason, caught.value.line, caught.value.column) == (reason, 1, column)


def test_a_query_has_at_most_8000_characters() -> None:
    text = "SELECT * FROM\nDIGITALTWINS".ljust(8000)
    assert parse(text) == Query(Select(), Twins())
    with pytest.raises(QuerySyntaxError, match="has 8001 characters, and 8000 is the most") as caught:
        parse(text + " ")
    assert (caught.value.line, caught.value.column) == (2, 8001 - len("SELECT * FROM\n"))


def test_a_query_has_at_most_50_and_and_or() -> None:
    text = PREFIX + "a = 1 AND (b = 1 OR a = 1)" + " AND a = 1" * 48
    assert isinstance(parse(text), Query)
    assert fails_at(text + " OR a = 1") == (len(text) + 2, "more than 50 AND and OR in one query")


@pytest.mark.parametrize("word", ["IN", "NIN"])
def test_a_list_has_at_most_50_items(word: str) -> None:
    text = f"{PREFIX}a {word} [{','.join(['1'] * 50)}"
    assert isinstance(parse(text + "]"), Query)
    assert fails_at(text + ",1]") == (len(text) + 1, "more than 50 items in one list")


@pytest.mark.parametrize(("before", "after"), [("(", ")"), ("NOT ", ""), ("NOT (", ")")])
def test_nesting_has_a_limit(before: str, after: str) -> None:
    most = 50 if before == "NOT (" else 100
    assert isinstance(condition(before * most + "a = 1" + after * most), Condition)
    assert fails_at(PREFIX + before * 1500) == (
        len(PREFIX) + most * len(before) + 1,
        "more than 100 parentheses and NOT inside each other",
    )


def test_a_long_token_is_cut_in_a_message() -> None:
    column, message = fails_at("a" * 7999)
    assert (column, message) == (1, f"missing SELECT at '{'a' * 40}…'")


@pytest.mark.parametrize(
    "piece", ["'", "'\\", "[[", "[[a", "'a' ", "(", "NOT ", "a.", "a,", "1", "--", "[", "<", "$a", "\n", "'\\'"]
)
def test_a_hostile_repetition_ends_in_an_error_of_ours(piece: str) -> None:
    for before in ("", "SELECT ", "SELECT TOP(", PREFIX, PREFIX + "a = ", PREFIX + "a IN ["):
        with pytest.raises(QuerySyntaxError):
            parse((before + piece * 8000)[:7998] + " ;")


WORDS = "SELECT FROM WHERE DIGITALTWINS RELATIONSHIPS T a AND OR NOT IN NIN TOP COUNT AS JOIN MATCH exact true"
FUNCTIONS = "IS_DEFINED( IS_OF_MODEL( CONTAINS( ARRAY_CONTAINS("
OTHERS = "$dtId [[b]] 'x' '\\'' 1 -2.5 1e5 * , . ( ) [ ] = != < <= ; -- \" \u202f é \\ ' [[ ]] \n"
PIECES = st.sampled_from([piece for text in (WORDS, FUNCTIONS, OTHERS) for piece in text.split(" ")])


def place_of_error(text: str) -> tuple[int, int] | None:
    try:
        parse(text)
    except QueryError as error:
        return error.line, error.column
    return None


@settings(deadline=None)
@given(st.one_of(st.text(), st.lists(PIECES).map(" ".join), st.lists(PIECES).map(lambda each: PREFIX + "".join(each))))
def test_any_text_is_a_query_or_an_error_with_a_place_in_it(text: str) -> None:
    place = place_of_error(text)
    lines = text.split("\n")
    assert place is None or (1 <= place[0] <= len(lines) and 1 <= place[1] <= len(lines[place[0] - 1]) + 1)


@settings(deadline=None)
@given(st.text())
def test_a_string_means_what_was_escaped_in_it(value: str) -> None:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    assert condition(f"a = '{escaped}'") == Comparison(PropertyPath(None, ("a",)), Operator.EQUAL, Text(value))
