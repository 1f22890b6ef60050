from pathlib import Path
from typing import Any

import pytest

from twin_rbac.role_tags.errors import GraphFileError
from twin_rbac.role_tags.graph_file import Graph, load_graph

EXAMPLE = Path(__file__).parents[3] / "examples" / "tenants" / "graph.ndjson"
HEADER = '{"Section": "Header"}\n{"fileVersion": "1.0.0"}\n'
TWIN = '{"$dtId": "A", "$metadata": {"$model": "dtmi:x;1"}}'
RELATIONSHIP = '{"$dtId": "A", "$relationshipId": "r", "$targetId": "B", "$relationshipName": "contains", "weight": 3}'


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)

    def load(text: str) -> Graph:
        Path("graph.ndjson").write_text(text, encoding="utf-8")
        return load_graph(Path("graph.ndjson"))

    return load


def test_the_example_holds_the_scenario() -> None:
    graph = load_graph(EXAMPLE)

    assert list(graph.twins) == ["A", "B", "1", "2", "3"]
    assert [key.rsplit(":", 1)[1] for key in graph.models] == ["Taggable;1", "Room;1", "Site;1"]
    assert list(graph.relationships) == ["A/A-contains-1", "A/A-contains-2", "B/B-contains-3", "A/A-feeds-B"]


def test_a_relationships_source_is_in_the_path_and_not_in_the_body(load: Any) -> None:
    graph = load(f'{HEADER}{{"Section": "Relationships"}}\n{RELATIONSHIP}\n')

    (relationship,) = graph.relationships.values()
    assert (relationship.source_id, relationship.relationship_id) == ("A", "r")
    assert relationship.body == {
        "$relationshipId": "r",
        "$targetId": "B",
        "$relationshipName": "contains",
        "weight": 3,
    }


def test_two_sources_may_use_the_same_relationship_id_and_slashes_confuse_nothing(load: Any) -> None:
    lines = "\n".join(
        RELATIONSHIP.replace('"A"', f'"{source}"').replace('"r"', f'"{relationship}"')
        for source, relationship in [("A", "r"), ("B", "r"), ("A/x", "r"), ("A", "x/r")]
    )

    assert list(load(f'{HEADER}{{"Section": "Relationships"}}\n{lines}\n').relationships) == [
        "A/r",
        "B/r",
        "A%2Fx/r",
        "A/x%2Fr",
    ]


def test_hashes_are_of_what_is_said_and_hold_no_value(load: Any) -> None:
    def hashes(twin: str) -> dict[str, dict[str, str]]:
        return dict(load(f'{HEADER}{{"Section": "Twins"}}\n{twin}\n').hashes())

    one = hashes('{"$dtId": "A", "$metadata": {"$model": "m"}, "secret": "north"}')
    same = hashes('{"secret":"north","$metadata":{"$model":"m"},"$dtId":"A"}')
    other = hashes('{"$dtId": "A", "$metadata": {"$model": "m"}, "secret": "south"}')

    assert one == same != other
    assert "north" not in str(one)
    assert set(one) == {"models", "twins", "relationships"}


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        ("", ['1:1: the file holds no section; start with {"Section": "Header"}']),
        (TWIN, ['1:1: the file must start with {"Section": "Header"}; put it first']),
        ('{"Section": "Twins"}\n', ["1:1: section 'Twins' cannot stand here; possible are: Header"]),
        (
            HEADER + '{"Section": "Twins"}\n{"Section": "Models"}\n',
            ["4:1: section 'Models' cannot stand here; possible are: Relationships"],
        ),
        (
            HEADER + '{"Section": "Twin"}\n',
            ["3:1: section 'Twin' cannot stand here; possible are: Models, Twins, Relationships"],
        ),
        (
            '{"Section": "Header"}\n{"fileVersion": "2.0.0"}\n',
            ['2:1: the header must say "fileVersion": "1.0.0"; add it'],
        ),
        (
            HEADER + '{"Section": "Twins"}\n{"$dtId" "A"}\n',
            ["4:10: this is not JSON: Expecting ':' delimiter; one object a line"],
        ),
        (HEADER + '{"Section": "Twins"}\n["A"]\n', ["4:1: this line is no JSON object; each line is one"]),
        (HEADER + '{"Section": "Twins"}\n{"$dtId": "A"}\n', ['4:1: the twin names no model; add "$metadata"']),
        (
            HEADER + '{"Section": "Twins"}\n{"$dtId": 1, "$metadata": {"$model": "m"}}\n',
            ["4:1: $dtId is missing or no text; give it"],
        ),
        (
            HEADER + f'{{"Section": "Twins"}}\n{TWIN}\n{TWIN}\n',
            ["5:1: twin 'A' stands in line 4 too; keep one of the two"],
        ),
        (HEADER + '{"Section": "Models"}\n{"@type": "Interface"}\n', ["4:1: @id is missing or no text; give it"]),
        (
            HEADER + '{"Section": "Relationships"}\n{"$dtId": "A", "$relationshipId": "r"}\n',
            ["4:1: $relationshipName is missing", "4:1: $targetId is missing"],
        ),
        (
            HEADER + '{"Section": "Twins"}\n{"$dtId": "A"}\nnonsense\n',
            ["4:1: the twin names no model", "5:1: this is not JSON: Expecting value; one object a line"],
        ),
        (HEADER + "[" * 100_000 + "\n", ["3:1: this cannot be read: "]),
        (HEADER + "1" * 5_000 + "\n", ["3:1: this cannot be read: "]),
        (HEADER + '{"temperature": NaN}\n', ["3:1: this cannot be read: NaN is no JSON"]),
        (HEADER + '{"$dtId": "\\ud800"}\n', ["3:1: the line holds half of a surrogate pair"]),
    ],
)
def test_a_wrong_file_is_refused_with_every_line_that_is_wrong(load: Any, text: str, errors: list[str]) -> None:
    with pytest.raises(GraphFileError) as caught:
        load(text)
    lines = str(caught.value).split("\n")
    assert len(lines) == len(errors)
    for line, error in zip(lines, errors, strict=True):
        assert line.startswith(f"graph.ndjson:{error}")


def test_a_file_that_cannot_be_read_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(GraphFileError, match=r"none\.ndjson:1:1: the graph cannot be read \(No such file"):
        load_graph(tmp_path / "none.ndjson")
