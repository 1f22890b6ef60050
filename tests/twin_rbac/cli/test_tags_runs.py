"""Saved plans, limits, undo, resume and adopt, as a person meets them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from twin_rbac.cli.__main__ import run

Run = Callable[..., int]


def write_manifest(file: Path, **twins: list[str]) -> None:
    entries = "\n".join(f"  - {{role: {role}, twins: {json.dumps(ids)}}}" for role, ids in twins.items())
    file.write_text(f"version: 1\nroles: {{Earth: {{}}, Fire: {{}}}}\ntags:\n{entries or '  []'}\n")


@pytest.fixture
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    file = Path("role-tags.yaml")
    write_manifest(file, Earth=["A", "1"], Fire=["B"])
    return file


@pytest.fixture
def tags(instance: Any, token: str, manifest: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `twin-rbac tags` against the instance and gives its exit code."""
    monkeypatch.setenv("TWIN_RBAC_TOKEN", token)
    for twin_id in ("A", "B", "1"):
        instance.put(twin_id)

    def tags(command: str, *options: str) -> int:
        named = [] if command in {"undo", "resume", "adopt"} else ["--manifest", str(manifest)]
        return run(["tags", command, "--endpoint", instance.endpoint, *named, *options])

    return tags


def test_a_saved_plan_is_carried_out_as_it_was_looked_at(tags: Run, instance: Any, capsys: Any) -> None:
    assert tags("plan", "--save", "plan.json") == 2
    assert "to carry it out: twin-rbac tags apply plan.json" in capsys.readouterr().err

    assert tags("apply", "plan.json") == 0
    assert instance.tags() == {"A": {"role": "Earth"}, "1": {"role": "Earth"}, "B": {"role": "Fire"}}
    assert capsys.readouterr().out.splitlines()[-1] == "3 twins written"


def test_a_saved_plan_is_not_carried_out_at_all_once_a_tag_moved(tags: Run, instance: Any, capsys: Any) -> None:
    tags("plan", "--save", "plan.json")
    instance.put("B", tags={"role": "Earth"})

    assert tags("apply", "plan.json") == 1
    assert "twin 'B' carries Earth by now, and the plan found none" in capsys.readouterr().err
    assert instance.calls("PATCH") == []


def test_a_saved_plan_is_for_its_manifest_alone(tags: Run, manifest: Path, instance: Any, capsys: Any) -> None:
    tags("plan", "--save", "plan.json")
    write_manifest(manifest, Earth=["A"])

    assert tags("apply", "plan.json") == 1
    assert "plan.json: role-tags.yaml says something else by now" in capsys.readouterr().err
    assert instance.calls("PATCH") == []


def test_past_the_limits_a_plan_is_refused_with_3_until_it_is_let_through(
    tags: Run, manifest: Path, instance: Any, capsys: Any
) -> None:
    for number in range(10):
        instance.put(f"t{number}", tags={"role": "Earth"})
    write_manifest(manifest, Earth=[f"t{number}" for number in range(8)])

    assert tags("plan", "--prune") == 3
    said = capsys.readouterr()
    assert "! unsafe: it takes Earth from 2 twins, 20 % of the 10 that carry it now (limits.remove is 10 %)" in said.out
    assert "--allow-unsafe" in said.err
    assert tags("apply", "--prune") == 3
    assert "it takes Earth from 2 twins" in capsys.readouterr().err
    assert instance.calls("PATCH") == []

    assert tags("plan", "--prune", "--allow-unsafe") == 2
    assert tags("apply", "--prune", "--allow-unsafe") == 0
    assert instance.tags()["t9"] == {}


def test_undo_puts_back_what_was_there_and_leaves_what_somebody_changed_since(
    tags: Run, instance: Any, capsys: Any
) -> None:
    instance.put("1", tags={"role": "Fire", "floor": "3"})
    tags("apply")
    instance.put("B", tags={"role": "Earth"})
    capsys.readouterr()

    assert tags("undo") == 2
    assert capsys.readouterr().out.splitlines() == [
        "! B: carries Earth by now, and we wrote Fire",
        "2 twins carry again what they carried before, 1 left as they are",
    ]
    assert instance.tags() == {"A": {}, "1": {"role": "Fire", "floor": "3"}, "B": {"role": "Earth"}}
    assert tags("undo") == 1
    assert "there is nothing to undo" in capsys.readouterr().err


def test_resume_goes_on_with_what_was_interrupted(tags: Run, instance: Any, capsys: Any) -> None:
    instance.refuse_writes_after(1)
    assert tags("apply") == 1
    assert sum(value is not None for value in instance.tags().values()) == 1

    instance.refuse_writes_after(None)
    assert tags("resume") == 0
    assert instance.tags() == {"A": {"role": "Earth"}, "1": {"role": "Earth"}, "B": {"role": "Fire"}}
    capsys.readouterr()
    assert tags("resume") == 1
    assert "the last run was not interrupted" in capsys.readouterr().err


def test_limits_are_looked_at_again_where_the_interrupted_run_was_another(
    tags: Run, instance: Any, capsys: Any
) -> None:
    for number in range(10):
        instance.put(f"t{number}", tags={"role": "Earth"})
    instance.refuse_writes_after(1)
    assert tags("apply") == 1

    instance.refuse_writes_after(None)
    # Without --prune the first run was within its limits; with it most of a role would go.
    assert tags("apply", "--prune") == 3
    assert "limits.remove is 10 %" in capsys.readouterr().err
    assert tags("apply") == 0
    assert "going on with the run of" in capsys.readouterr().err


def test_a_tag_that_somebody_wrote_forges_no_line(tags: Run, instance: Any, capsys: Any) -> None:
    instance.put("X", tags={"role": "Ear\n::warning::forged \x1b[31m"})

    for command in ("plan", "verify"):
        assert tags(command) == 2
        said = capsys.readouterr().out
        assert "Ear\\n::warning::forged \\x1b[31m" in said
        assert not [line for line in said.splitlines() if line.startswith("::")]


def test_undo_of_a_file_that_is_no_journal_leaves_it_as_it_is(tags: Run, capsys: Any) -> None:
    notes = Path("notes.txt")
    notes.write_text("first line\nsecond line without an end")

    assert tags("undo", "notes.txt") == 1
    assert "notes.txt:1: this is no JSON" in capsys.readouterr().err
    assert notes.read_text() == "first line\nsecond line without an end"


def test_resume_without_a_run_says_where_it_looked(tags: Run, capsys: Any) -> None:
    assert tags("resume", "--journal", "elsewhere") == 1
    assert "elsewhere has no journal of a run on" in capsys.readouterr().err


def test_adopt_writes_a_manifest_that_finds_nothing_to_do(
    tags: Run, manifest: Path, instance: Any, capsys: Any
) -> None:
    tags("apply")
    instance.put("X", tags={"role": "no role's name"})
    capsys.readouterr()

    assert tags("adopt") == 2
    said = capsys.readouterr()
    assert "left out: twin X" in said.err
    manifest.write_text(said.out)
    assert tags("plan") == 0


def test_the_schema_of_manifests_is_json(capsys: Any) -> None:
    assert run(["tags", "schema"]) == 0
    assert json.loads(capsys.readouterr().out)["properties"]["version"]
