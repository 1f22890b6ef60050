from typing import Any

import pytest

from tests.twin_rbac.gateway.world import EARTH, World, twin
from twin_rbac.access import Policy
from twin_rbac.clients.instance import Page
from twin_rbac.gateway.errors import Defect
from twin_rbac.gateway.rows import check_rows, rows_on_empty_graph, whole_twins_of
from twin_rbac.query import parse

POLICY = Policy(roles=frozenset({"Earth", "Fire"}))
MINE, YOURS, NOBODYS = twin("A", {"role": "Earth"}), twin("B", {"role": "Fire"}), twin("X")


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("SELECT * FROM DIGITALTWINS", None),
        ("SELECT TOP(2) FROM DIGITALTWINS T", None),
        ("SELECT T FROM DIGITALTWINS T", ("T",)),
        ("SELECT T AS x, T.name, T.$dtId FROM DIGITALTWINS T", ("x",)),
        ("SELECT T, T AS again FROM DIGITALTWINS T", ("T", "again")),
        ("SELECT [[T]], t FROM DIGITALTWINS T", ()),
        ("SELECT $dtId, $etag, $metadata FROM DIGITALTWINS", ()),
        ("SELECT COUNT() FROM DIGITALTWINS", ()),
    ],
)
def test_which_columns_of_a_row_are_whole_twins(text: str, columns: Any) -> None:
    assert whole_twins_of(parse(text)) == columns


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        ([MINE], None),
        ([], None),
        ([{"T": MINE, "name": "x"}], ("T",)),
        ([{"$dtId": "B", "$etag": "e", "$metadata": {}}], ()),
        ([{"COUNT": 3}], ()),
    ],
)
def test_rows_of_the_callers_own_twins_pass(rows: Any, columns: Any) -> None:
    check_rows(rows, columns, ["Earth"], POLICY)


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        ([YOURS], None),
        ([MINE, YOURS], None),
        ([NOBODYS], None),
        ([{}], None),
        ([{"T": MINE}], None),
        ([{"T": YOURS}], ("T",)),
        ([{"T": MINE, "x": YOURS}], ("T", "x")),
        ([{"x": MINE}], ("T",)),
        ([{"T": "A"}], ("T",)),
        ([{"T": None}], ("T",)),
    ],
)
def test_a_row_that_holds_another_twin_or_none_is_a_defect(rows: Any, columns: Any) -> None:
    with pytest.raises(Defect):
        check_rows(rows, columns, ["Earth"], POLICY)


def test_rows_of_later_pages_are_checked_as_those_of_the_first(world: World) -> None:
    first = world.query(EARTH, "SELECT T FROM DIGITALTWINS T", headers={"max-items-per-page": "1"})
    world.instance.pages = [Page([{"T": YOURS}], None)]
    second = world.query(EARTH, continuation=first.json["continuationToken"])

    assert (first.status, second.status) == (200, 500)


def test_columns_that_only_look_like_a_twin_are_answered(world: World) -> None:
    reply = world.query(EARTH, "SELECT $dtId, $etag, $metadata FROM DIGITALTWINS")

    assert (reply.status, reply.ids) == (200, ["1", "2", "A"])


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("SELECT COUNT() FROM DIGITALTWINS", [{"COUNT": 0}]),
        ("SELECT COUNT() FROM RELATIONSHIPS", [{"COUNT": 0}]),
        ("SELECT * FROM DIGITALTWINS", []),
        ("SELECT TOP(1) a FROM DIGITALTWINS", []),
    ],
)
def test_the_answer_on_an_empty_graph(text: str, rows: Any) -> None:
    assert rows_on_empty_graph(parse(text)) == rows
