from dataclasses import replace

from twin_rbac.query import Comparison, IsOfModel, Node, Number, Operator, Path, Query, Text, parse, transform, walk

QUERY = parse(
    "SELECT TOP(3) T.a, b AS c FROM DIGITALTWINS T WHERE NOT (T.d = 1 OR e IN ['x', 2]) AND IS_OF_MODEL(T, 'm')"
)


def test_walk_reads_every_node_in_the_order_of_the_text() -> None:
    assert [type(node).__name__ for node in walk(QUERY)] == [
        *("Query", "Select", "Projection", "Path", "Projection", "Path", "Twins"),
        *("And", "Not", "Or", "Comparison", "Path", "Number", "In", "Path", "Text", "Number", "IsOfModel", "Text"),
    ]


def test_walk_starts_anywhere() -> None:
    comparison = Comparison(Path(None, ("a",)), Operator.EQUAL, Number("1"))
    assert list(walk(comparison)) == [comparison, comparison.path, comparison.literal]


def test_a_transform_that_changes_nothing_makes_an_equal_tree() -> None:
    assert transform(QUERY, lambda node: node) == QUERY


def test_a_transform_reaches_every_clause_and_leaves_the_rest() -> None:
    def qualify(node: Node) -> Node:
        return replace(node, alias="T") if isinstance(node, Path) and node.alias is None else node

    assert transform(QUERY, qualify) == parse(
        "SELECT TOP(3) T.a, T.b AS c FROM DIGITALTWINS T WHERE NOT (T.d = 1 OR T.e IN ['x', 2]) AND IS_OF_MODEL(T, 'm')"
    )


def test_a_transform_may_put_another_kind_of_node_in_a_place() -> None:
    def ask_for_the_model(node: Node) -> Node:
        return IsOfModel(Text("m")) if isinstance(node, Comparison) else node

    before = parse("SELECT * FROM DIGITALTWINS WHERE a = 1 OR NOT b = 2")
    assert transform(before, ask_for_the_model) == parse(
        "SELECT * FROM DIGITALTWINS WHERE IS_OF_MODEL('m') OR NOT IS_OF_MODEL('m')"
    )


def test_a_transform_sees_children_before_their_parent_and_never_the_root() -> None:
    seen: list[Node] = []

    def see(node: Node) -> Node:
        seen.append(node)
        return node

    query = parse("SELECT * FROM DIGITALTWINS WHERE NOT a = 1")
    transform(query, see)
    names = [type(node).__name__ for node in seen]
    assert names == ["Select", "Twins", "Path", "Number", "Comparison", "Not"]
    assert isinstance(query, Query)
