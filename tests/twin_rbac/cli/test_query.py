import io
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from twin_rbac.cli.__main__ import run

Run = Callable[..., tuple[int, list[Any], str]]


class Lines(io.BytesIO):
    """An input that looks at what was answered before each of its lines is read."""

    def __init__(self, lines: list[bytes], look: Callable[[], str]) -> None:
        super().__init__()
        self.lines, self.look, self.seen = lines, look, list[str]()

    def __iter__(self) -> Iterator[bytes]:
        for line in self.lines:
            self.seen.append(self.look())
            yield line


@pytest.fixture
def query(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `twin-rbac query` with an input and gives exit code, answers and what is on stderr."""

    def query(text: str | bytes, *arguments: str) -> tuple[int, list[Any], str]:
        content = text.encode() if isinstance(text, str) else text
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        code = run(["query", *arguments])
        captured = capsys.readouterr()
        return code, [json.loads(line) for line in captured.out.splitlines()], captured.err

    return query


def lines(*queries: str) -> str:
    return "".join(json.dumps({"query": text}) + "\n" for text in queries)


def test_check_answers_a_line_for_each_query_and_exits_0_whatever_the_verdicts(query: Run) -> None:
    text = lines("SELECT * FROM DIGITALTWINS", "SELECT *\nFROM X", "SELECT a FROM DIGITALTWINS MATCH (a)")
    assert query(text, "check") == (
        0,
        [
            {"valid": True},
            {"valid": False, "error": "missing DIGITALTWINS or RELATIONSHIPS at 'X'", "line": 2, "column": 6},
            {"valid": False, "error": "MATCH is not supported", "line": 1, "column": 28},
        ],
        "",
    )


def test_scope_gives_what_is_sent_for_a_caller_with_the_roles(query: Run) -> None:
    text = lines("SELECT * FROM DIGITALTWINS", "SELECT *", "SELECT * FROM RELATIONSHIPS")
    assert query(text, "scope", "--roles", "Fire, Earth") == (
        0,
        [
            {
                "scoped": "SELECT * FROM DIGITALTWINS T WHERE IS_DEFINED(T.tags.role)"
                " AND T.tags.role IN ['Earth', 'Fire']"
            },
            {"refused": "QuerySyntaxError", "reason": "line 1, column 9: missing FROM at the end of the text"},
            {
                "refused": "QueryNotSupported",
                "reason": "line 1, column 1: RELATIONSHIPS is not supported: a relationship carries no role tag",
            },
        ],
        "",
    )


def test_scope_asks_for_the_tag_that_the_options_name(query: Run) -> None:
    options = ("--roles", "Earth", "--property", "labels", "--key", "team", "--encoding", "value", "--strict")
    code, [answer], _ = query(lines("SELECT * FROM DIGITALTWINS T"), "scope", *options)
    assert code == 0
    assert answer["scoped"].endswith("WHERE IS_DEFINED(T.labels.team) AND T.labels.team IN ['Earth']")


@pytest.mark.parametrize("options", [(), ("--roles", ""), ("--roles", " , ")])
def test_without_roles_the_answer_is_empty_and_bad_syntax_still_refused(query: Run, options: tuple[str, ...]) -> None:
    text = lines("SELECT * FROM DIGITALTWINS", "SELECT * FROM RELATIONSHIPS", "SELECT")
    code, answers, _ = query(text, "scope", *options)
    assert (code, answers[:2]) == (0, [{"empty": True}, {"empty": True}])
    assert answers[2]["refused"] == "QuerySyntaxError"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--roles", "Ea'rth"), 'roles: "Ea\'rth" is no role'),
        (("--roles", "Earth", "--encoding", "marker"), "encoding: 'marker' is not supported"),
        (("--roles", "Earth", "--key", "a.b"), "key: 'a.b' is no name"),
    ],
)
def test_an_option_that_cannot_be_used_is_an_error(query: Run, options: tuple[str, ...], message: str) -> None:
    code, answers, error = query(lines("SELECT * FROM DIGITALTWINS"), "scope", *options)
    assert (code, answers) == (1, [])
    assert message in error


@pytest.mark.parametrize(
    "line",
    [b"SELECT * FROM DIGITALTWINS", b"[]", b'{"query": 1}', b'{"Query": "x"}', b'"x"', b"\xff", b"[" * 100_000],
)
@pytest.mark.parametrize("command", ["check", "scope"])
def test_a_line_that_is_no_query_stops_with_its_number_after_the_answers_before_it(
    query: Run, command: str, line: bytes
) -> None:
    text = lines("SELECT * FROM DIGITALTWINS").encode() + b"\n  \n" + line + b"\n" + lines("SELECT").encode()
    code, answers, error = query(text, command)
    assert (code, len(answers)) == (1, 1)
    assert error == 'error: line 4 of the input is no JSON object with a text "query", such as {"query": "…"}\n'


def test_an_input_without_lines_has_no_answers(query: Run) -> None:
    assert query("", "check") == (0, [], "")


def test_text_outside_ascii_is_read_as_utf_8(query: Run) -> None:
    text = '{"query": "SELECT * FROM DIGITALTWINS T WHERE T.a = \'é\'"}'
    _, [answer], _ = query(text, "scope", "--roles", "Earth")
    assert "T.a = 'é'" in answer["scoped"]


def test_each_line_is_answered_before_the_next_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = io.BytesIO()
    source = Lines([lines("SELECT * FROM DIGITALTWINS").encode()] * 3, look=lambda: pipe.getvalue().decode())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(source))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(pipe))
    assert run(["query", "check"]) == 0
    answer = '{"valid":true}\n'
    assert source.seen == ["", answer, answer * 2]
