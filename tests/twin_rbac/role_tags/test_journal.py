import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from twin_rbac.role_tags.errors import JournalDamaged, JournalError, JournalInUse
from twin_rbac.role_tags.journal import Entry, Header, Journal, JournalRecord, find_latest, find_unfinished, read
from twin_rbac.role_tags.model import TagRules, TwinTags
from twin_rbac.role_tags.plan import Change

HEADER = Header(
    endpoint="https://adt.example",
    manifest="role-tags.yaml",
    digest="sha256:0123456789abcdef",
    rules=TagRules(roles=("Earth", "Fire"), ignore=("sandbox-*",)),
    plan="cafe",
)
FIRST_LINE = (
    '{"journal":1,"endpoint":"https://adt.example","manifest":"m.yaml","digest":"d","rules":{"roles":["Earth"],'
    '"ignore":[]},"plan":null,"started":"2026-01-01T00:00:00Z"}'
)


def change(twin_id: str, old: str | None, new: str | None) -> Change:
    return Change(
        twin_id=twin_id, kind="change", old=old, new=new, existing=TwinTags(twin_id=twin_id, etag="", tags={})
    )


def written(folder: Path, *lines: str, end: str = "\n") -> Path:
    path = folder / "20260101T000000.000000Z-d.jsonl"
    path.write_text("\n".join([FIRST_LINE, *lines]) + end)
    return path


def test_a_journal_says_what_the_run_was_about(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "made" / "journals", HEADER) as journal:
        record = read(journal.path)

    assert record.header.endpoint == HEADER.endpoint
    assert record.header.rules == HEADER.rules
    assert (record.header.manifest, record.header.digest, record.header.plan) == (
        "role-tags.yaml",
        "sha256:0123456789abcdef",
        "cafe",
    )
    assert (record.entries, record.finished, record.undo) == ({}, False, None)


def test_a_journal_is_its_owners_alone_and_is_not_committed_by_accident(tmp_path: Path) -> None:
    folder = tmp_path / "journals"
    with Journal.create(folder, HEADER) as journal:
        assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert (folder / ".gitignore").read_text() == "*\n"


def test_names_sort_by_time(tmp_path: Path) -> None:
    paths = []
    for _ in range(3):
        with Journal.create(tmp_path, HEADER) as journal:
            paths.append(journal.path)

    assert sorted(paths) == paths
    assert all(path.name.endswith("-sha25601.jsonl") for path in paths)


def test_a_twins_way_is_read_from_its_lines(tmp_path: Path) -> None:
    with Journal.create(tmp_path, HEADER) as journal:
        journal.record_intents([change("A", None, "Earth"), change("B", "Fire", None), change("C", "Fire", "Earth")])
        journal.record_done("A")
        journal.record_skipped("C")
        assert read(journal.path).entries == {
            "A": Entry(original=None, last_to="Earth", state="done"),
            "B": Entry(original="Fire", last_to=None, state="intended"),
            "C": Entry(original="Fire", last_to="Earth", state="skipped"),
        }
        assert read(journal.path).is_unfinished
        journal.finish()
        assert read(journal.path).finished
        journal.begin_undo()
        journal.record_undone("A")
        assert (read(journal.path).undo, read(journal.path).entries["A"].state) == ("begun", "undone")
        journal.finish_undo()
        assert read(journal.path).undo == "finished"


@pytest.mark.parametrize(
    ("lines", "original"),
    [
        # Killed before the write happened: the same again.
        (['{"twin":"A","from":"Fire","to":"Earth"}', '{"twin":"A","from":"Fire","to":"Earth"}'], "Fire"),
        # The run that goes on finds its own write, and wants another role by now.
        (['{"twin":"A","from":"Fire","to":"Earth"}', '{"twin":"A","from":"Earth","to":"Wind"}'], "Fire"),
        # Somebody else wrote Wind in between: that is what the second write replaces.
        (['{"twin":"A","from":"Fire","to":"Earth"}', '{"twin":"A","from":"Wind","to":"Earth"}'], "Wind"),
        # Somebody else had written the same, so that nothing was.
        (
            [
                '{"twin":"A","from":"Fire","to":"Earth"}',
                '{"skipped":"A"}',
                '{"twin":"A","from":"Earth","to":"Wind"}',
            ],
            "Earth",
        ),
    ],
)
def test_what_is_restored_is_what_stood_there_before_this_run_wrote(
    tmp_path: Path, lines: list[str], original: str
) -> None:
    assert read(written(tmp_path, *lines)).entries["A"].original == original


@pytest.mark.parametrize("torn", ['{"done":"A"', '{"done":"A"}', "\x00\x00", '{"twin":"B","fr'])
def test_a_last_line_that_was_cut_off_is_passed_over_and_dropped_by_the_run_that_goes_on(
    tmp_path: Path, torn: str
) -> None:
    path = written(tmp_path, '{"twin":"A","from":null,"to":"Earth"}', torn, end="")
    assert read(path).entries == {"A": Entry(original=None, last_to="Earth", state="intended")}

    with Journal.resume(path) as journal:
        journal.record_done("A")
    assert path.read_text().splitlines()[1:] == ['{"twin":"A","from":null,"to":"Earth"}', '{"done":"A"}']


def test_a_long_line_that_was_cut_off_is_dropped_too(tmp_path: Path) -> None:
    path = written(tmp_path, '{"twin":"' + "x" * 10_000, end="")
    Journal.resume(path).close()

    assert path.read_text() == FIRST_LINE + "\n"


@pytest.mark.parametrize(
    "damaged",
    ["{", "[]", "null", '{"done":"unknown"}', '{"done":1}', '{"twin":"A","from":1,"to":"Earth"}', '{"undo":"?"}', "{}"],
)
def test_a_damaged_line_is_named_with_its_place(tmp_path: Path, damaged: str) -> None:
    path = written(tmp_path, '{"twin":"A","from":null,"to":"Earth"}', damaged, '{"done":"A"}')

    with pytest.raises(JournalDamaged, match="move the file away") as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}:3: ")
    with pytest.raises(JournalDamaged):
        find_unfinished(tmp_path, "https://adt.example")


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        ("", "the first line is missing"),
        ('{"journal":1', "the first line is missing"),
        ('{"journal":2}\n', "version 2 of journals is not known"),
        ('{"twin":"A","from":null,"to":"Earth"}\n', "version None"),
        ('{"journal":1}\n', "no first line of a journal"),
    ],
)
def test_a_file_without_a_usable_first_line_is_named(tmp_path: Path, first: str, reason: str) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(first)

    with pytest.raises(JournalDamaged, match=reason):
        read(path)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=r"gone\.jsonl: No such file"):
        read(tmp_path / "gone.jsonl")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(JournalError, match="choose another one"):
        Journal.create(tmp_path / "file", HEADER)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    path = written(tmp_path)
    link = tmp_path / "link.jsonl"
    link.symlink_to(path)

    with pytest.raises(JournalError):
        Journal.resume(link)


def test_of_two_runs_at_once_the_second_is_told_of_the_first(tmp_path: Path) -> None:
    with Journal.create(tmp_path, HEADER) as journal:
        path = journal.path
        with pytest.raises(JournalInUse, match="another run is using it"):
            Journal.resume(path)
        script = f"from twin_rbac.role_tags.journal import *; Journal.resume(__import__('pathlib').Path({str(path)!r}))"
        other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
        assert "JournalInUse" in other.stderr
    Journal.resume(path).close()


def make(folder: Path, endpoint: str, digest: str, *, finished: bool = False, undoing: bool = False) -> Path:
    header = Header(endpoint=endpoint, manifest="m.yaml", digest=digest, rules=HEADER.rules)
    with Journal.create(folder, header) as journal:
        if finished:
            journal.finish()
        if undoing:
            journal.begin_undo()
    return journal.path


def found(record: JournalRecord | None) -> Path | None:
    return record.path if record else None


def test_the_last_run_on_the_instance_is_found_and_continued_if_it_is_unfinished(tmp_path: Path) -> None:
    assert find_unfinished(tmp_path / "none", "https://adt.example") is None
    path = make(tmp_path, "https://adt.example", "d1")
    make(tmp_path, "https://other.example", "d1", finished=True)

    assert find_latest(tmp_path, "https://ADT.example/") == path
    assert found(find_unfinished(tmp_path, "adt.example", "d1")) == path
    assert found(find_unfinished(tmp_path, "https://adt.example")) == path
    assert find_unfinished(tmp_path, "https://adt.example", "d2") is None
    assert find_unfinished(tmp_path, "https://other.example", "d1") is None


@pytest.mark.parametrize("later", [{"finished": True}, {"undoing": True}, {"finished": True, "undoing": True}])
def test_a_run_that_others_came_after_or_that_is_taken_back_is_not_continued(
    tmp_path: Path, later: dict[str, Any]
) -> None:
    make(tmp_path, "https://adt.example", "d1")
    path = make(tmp_path, "https://adt.example", "d1", **later)

    assert find_latest(tmp_path, "https://adt.example") == path
    assert find_unfinished(tmp_path, "https://adt.example", "d1") is None


def test_a_run_that_was_killed_before_its_first_line_was_whole_is_passed_over(tmp_path: Path) -> None:
    path = make(tmp_path, "https://adt.example", "d1")
    (tmp_path / "99990101T000000.000000Z-d1.jsonl").write_text('{"journal":1,"endp')

    assert found(find_unfinished(tmp_path, "https://adt.example", "d1")) == path


def test_what_is_announced_is_on_the_disk_before_the_call_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forced: list[int] = []
    with Journal.create(tmp_path, HEADER) as journal:
        monkeypatch.setattr(os, "fsync", lambda _descriptor: forced.append(len(journal.path.read_bytes())))
        journal.record_intents([change("A", None, "Earth"), change("B", None, "Earth")])
        journal.record_done("A")

        lines = journal.path.read_bytes().splitlines(keepends=True)
        assert forced == [len(b"".join(lines[:3]))]
        assert json.loads(lines[2]) == {"twin": "B", "from": None, "to": "Earth"}
