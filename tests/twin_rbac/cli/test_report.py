import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.twin_rbac.insight.previews import ROLE_TAGS, TWINS, document, role_tags, scenario, step
from twin_rbac.cli.__main__ import run

MANIFEST = """version: 1
roles: {Earth: {}, Fire: {}, Wind: {}}
tags:
  - {role: Earth, twins: [A, "1", "2"]}
  - {role: Fire, twins: [B, "3"]}
"""


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Runs `twin-rbac report pr` in a repository whose manifest moves B to Earth, over the given steps."""
    monkeypatch.chdir(tmp_path)
    file = Path("role-tags.yaml")
    file.write_text(MANIFEST)
    name = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
    for command in (["init", "-q"], ["add", "."], [*name, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", *command], check=True)
    file.write_text(MANIFEST.replace("[B, ", "[").replace("[A, ", "[A, B, "))

    def report(*steps: Any, options: tuple[str, ...] = (), **others: Any) -> int:
        Path("preview.json").write_text(json.dumps(document(*steps, **others)))
        return run(["report", "pr", "--preview", "preview.json", "--base", "HEAD", *options])

    return report


def moved() -> list[Any]:
    new = role_tags({**TWINS, "B": "Earth"})
    return [*scenario(without=(ROLE_TAGS,)), step("update", ROLE_TAGS, role_tags(TWINS), new)]


def test_changes_exit_2_with_the_comment_on_stdout(report: Any, capsys: Any) -> None:
    assert report(*moved()) == 2

    out = capsys.readouterr().out
    assert out.startswith("<!-- twin-rbac report pr: dev -->\n## Preview of stack `dev`\n")
    assert "this pull request changes the role of 1 twin, compared with `HEAD`." in out


def test_no_changes_exit_0(report: Any, capsys: Any) -> None:
    assert report(*scenario()) == 0
    assert "\nNo changes.\n" in capsys.readouterr().out


def test_a_failed_preview_exits_1_and_the_comment_says_why(report: Any, capsys: Any) -> None:
    error = {"message": "error: no such twin", "severity": "error"}

    assert report(*moved(), diagnostics=[error]) == 1
    assert "**The preview failed:** `error: no such twin`" in capsys.readouterr().out


@pytest.mark.parametrize("output", ["markdown", "text", "json"])
def test_every_output_names_the_twin(report: Any, capsys: Any, output: str) -> None:
    assert report(*moved(), options=("--output", output)) == 2

    out = capsys.readouterr().out
    assert "B" in out
    if output == "json":
        assert json.loads(out)["tags"] == [{"twin": "B", "kind": "change", "from": "Fire", "to": "Earth"}]


def test_a_revision_that_is_not_there_is_said_in_the_comment(report: Any, capsys: Any) -> None:
    assert report(*moved(), options=("--base", "nowhere")) == 2
    assert "the manifest at nowhere cannot be read" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("Previewing update (dev)", "it is not JSON"),
        ('{"steps": []}', "it has no steps"),
        ('{"steps": [{"op": "teleport", "urn": "urn:pulumi:a::b::c::d"}]}', "use a later release of twin-rbac"),
    ],
)
def test_another_file_exits_1_and_says_what_to_do(report: Any, capsys: Any, content: str, reason: str) -> None:
    Path("other.json").write_text(content)

    assert run(["report", "pr", "--preview", "other.json", "--base", "HEAD"]) == 1

    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: other.json: ")
    assert reason in captured.err
    assert "pulumi preview --json > other.json" in captured.err


def test_a_missing_file_exits_1(report: Any, capsys: Any) -> None:
    assert run(["report", "pr", "--preview", "none.json", "--base", "HEAD"]) == 1
    assert "none.json: it cannot be read" in capsys.readouterr().err
