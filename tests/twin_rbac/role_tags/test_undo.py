import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from twin_rbac.role_tags.errors import NothingToUndo, TwinChanged
from twin_rbac.role_tags.journal import Header, Journal, JournalRecord, find_unfinished, read
from twin_rbac.role_tags.model import TagRules, TwinTags
from twin_rbac.role_tags.patches import make_patch
from twin_rbac.role_tags.plan import Change
from twin_rbac.role_tags.undo import Undone, apply_undo, plan_undo, twins_to_undo

BY_VALUE = TagRules(roles=("Earth", "Fire", "Wind"))
MARKERS = TagRules(roles=("Earth", "Fire"), encoding="marker")
ENDPOINT = "https://adt.example"

Way = tuple[str | None, str | None]
"""From, to."""


@pytest.fixture
def journal_of(tmp_path: Path) -> Callable[..., Path]:
    def make(ways: dict[str, Way], *, rules: TagRules = BY_VALUE, done: Iterable[str] | None = None) -> Path:
        with Journal.create(tmp_path, Header(endpoint=ENDPOINT, manifest="m", digest="d", rules=rules)) as journal:
            journal.record_intents(
                Change(twin_id=twin_id, kind="change", old=old, new=new, existing=twin(twin_id, {}))
                for twin_id, (old, new) in ways.items()
            )
            for twin_id in ways if done is None else done:
                journal.record_done(twin_id)
            journal.finish()
        return journal.path

    return make


def twin(twin_id: str, tags: dict[str, Any] | None, etag: str = "1") -> TwinTags:
    return TwinTags(twin_id=twin_id, etag=etag, tags=tags)


def existing(**tags: dict[str, Any] | None) -> dict[str, TwinTags]:
    return {twin_id: twin(twin_id, each) for twin_id, each in tags.items()}


class Instance:
    """Twins in memory; a test may change one just before it is written."""

    def __init__(self, rules: TagRules, **tags: dict[str, Any] | None) -> None:
        self.rules = rules
        self.tags = tags
        self.etags = dict.fromkeys(tags, 1)
        self.meddle: Callable[[str], None] = lambda _twin_id: None
        self.writes: list[str] = []

    def touch(self, twin_id: str, tags: dict[str, Any]) -> None:
        self.tags[twin_id] = tags
        self.etags[twin_id] += 1

    async def read_twins(self, twin_ids: Iterable[str]) -> dict[str, TwinTags]:
        return {key: twin(key, self.tags[key], str(self.etags[key])) for key in twin_ids if key in self.tags}

    async def write(self, change: Change, *, whole_map: bool) -> None:
        await asyncio.sleep(0)
        self.meddle(change.twin_id)
        if change.twin_id not in self.tags or change.existing.etag != str(self.etags[change.twin_id]):
            raise TwinChanged(change.twin_id)
        self.writes.append(change.twin_id)
        tags = dict(self.tags[change.twin_id] or {})
        for operation in make_patch(change, self.rules, whole_map=whole_map):
            key = operation["path"].split("/")[2]
            if operation["op"] == "remove":
                del tags[key]
            else:
                tags[key] = operation["value"]
        self.touch(change.twin_id, tags)

    def undo(self, path: Path) -> Undone:
        async def run() -> Undone:
            with Journal.resume(path) as journal:
                record = read(path)
                undo = plan_undo(record, await self.read_twins(twins_to_undo(record)))
                return await apply_undo(undo, self, journal=journal)

        return asyncio.run(run())


def planned(record: JournalRecord, **tags: dict[str, Any] | None) -> list[tuple[str, str | None, str | None]]:
    return [(change.twin_id, change.old, change.new) for change in plan_undo(record, existing(**tags)).changes]


def test_a_twin_that_carries_what_was_written_gets_back_what_it_had(journal_of: Any) -> None:
    record = read(
        journal_of({"A": (None, "Earth"), "B": ("Fire", "Earth"), "C": ("Wind", None), "D": ("other", "Fire")})
    )

    assert planned(record, A={"role": "Earth"}, B={"role": "Earth", "x": "1"}, C={"x": "1"}, D={"role": "Fire"}) == [
        ("A", "Earth", None),
        ("B", "Earth", "Fire"),
        ("C", None, "Wind"),
        ("D", "Fire", "other"),
    ]


def test_a_twin_that_carries_already_what_it_had_is_left_in_peace(journal_of: Any) -> None:
    undo = plan_undo(
        read(journal_of({"A": ("Fire", "Earth"), "B": (None, "Earth")})), existing(A={"role": "Fire"}, B=None)
    )

    assert (undo.changes, undo.left, undo.settled) == ((), {}, 2)


def test_a_twin_that_somebody_changed_since_or_that_is_gone_is_left_and_named(journal_of: Any) -> None:
    record = read(
        journal_of({"A": ("Wind", "Earth"), "B": ("Fire", "Earth"), "C": ("Fire", None), "D": (None, "Fire")})
    )
    undo = plan_undo(record, existing(A={"role": "Fire"}, B={"x": "1"}, C={"role": "Earth"}))

    assert undo.changes == ()
    assert undo.left == {
        "A": "carries Fire by now, and we wrote Earth",
        "B": "carries no role by now, and we wrote Earth",
        "C": "carries Earth by now, and we wrote none",
        "D": "is gone",
    }


def test_what_may_have_been_written_is_taken_back_where_it_was(journal_of: Any) -> None:
    record = read(journal_of({"A": ("Fire", "Earth"), "B": ("Fire", "Earth")}, done=[]))

    assert planned(record, A={"role": "Earth"}, B={"role": "Fire"}) == [("A", "Earth", "Fire")]


def test_what_was_not_written_is_not_taken_back(journal_of: Any) -> None:
    path = journal_of({"A": ("Fire", "Earth")}, done=[])
    with Journal.resume(path) as journal:
        journal.record_skipped("A")
    record = read(path)

    assert twins_to_undo(record) == []
    assert planned(record, A={"role": "Earth"}) == []


def test_with_markers_those_of_other_manifests_do_not_count_and_stay(journal_of: Any) -> None:
    ways: dict[str, Way] = {
        "A": ("Fire", "Earth"),
        "B": (None, "Earth,Fire"),
        "C": ("Gone", "Earth"),
        "D": (None, "Fire"),
    }
    path = journal_of(ways, rules=MARKERS)
    instance = Instance(
        MARKERS,
        A={"Earth": True, "Water": True},
        B={"Earth": True, "Fire": True, "note": False},
        C={"Earth": True},
        D={"Fire": True, "Earth": True},
    )
    undone = instance.undo(path)

    assert instance.tags == {
        "A": {"Fire": True, "Water": True},
        "B": {"note": False},
        "C": {"Gone": True},  # a role that had left the manifest, which the run took off
        "D": {"Fire": True, "Earth": True},
    }
    assert undone.left == {"D": "carries Earth,Fire by now, and we wrote Fire"}


def test_other_tags_stay_and_the_journal_says_what_was_done(journal_of: Any) -> None:
    path = journal_of({"A": (None, "Earth"), "B": ("Fire", "Earth"), "C": ("Fire", "Earth")})
    instance = Instance(BY_VALUE, A={"role": "Earth", "x": "1"}, B={"role": "Earth"}, C={"role": "Fire"})
    undone = instance.undo(path)
    record = read(path)

    assert instance.tags == {"A": {"x": "1"}, "B": {"role": "Fire"}, "C": {"role": "Fire"}}
    assert (undone.written, undone.settled, undone.left) == (2, 1, {})
    assert record.undo == "finished"
    assert [record.entries[twin_id].state for twin_id in "ABC"] == ["undone", "undone", "done"]


def test_a_second_undo_says_that_there_is_nothing_to_undo(journal_of: Any) -> None:
    path = journal_of({"A": (None, "Earth")})
    instance = Instance(BY_VALUE, A={"role": "Earth"})
    instance.undo(path)
    instance.touch("A", {"role": "Earth"})

    with pytest.raises(NothingToUndo, match="there is nothing to undo"):
        instance.undo(path)
    assert instance.tags == {"A": {"role": "Earth"}}


def test_a_twin_that_changes_while_it_is_undone_is_judged_again(journal_of: Any) -> None:
    path = journal_of(dict.fromkeys("ABCD", ("Fire", "Earth")))
    instance = Instance(BY_VALUE, **{twin_id: {"role": "Earth"} for twin_id in "ABCD"})
    meanwhile = {"A": {"role": "Earth", "x": "1"}, "B": {"role": "Wind"}, "C": {"role": "Fire", "y": "2"}}

    def change_once(twin_id: str) -> None:
        if twin_id in meanwhile:
            instance.touch(twin_id, meanwhile.pop(twin_id))
        elif twin_id == "D":
            instance.tags.pop("D", None)

    instance.meddle = change_once
    undone = instance.undo(path)

    assert instance.tags == {"A": {"role": "Fire", "x": "1"}, "B": {"role": "Wind"}, "C": {"role": "Fire", "y": "2"}}
    assert undone.left == {"B": "carries Wind by now, and we wrote Earth", "D": "is gone"}
    # Somebody else put C right.
    assert (undone.written, undone.settled) == (1, 1)


def test_an_undo_that_broke_off_goes_on_and_the_run_is_not_continued_any_more(journal_of: Any, tmp_path: Path) -> None:
    twins = [str(number) for number in range(200)]
    path = journal_of(dict.fromkeys(twins, ("Fire", "Earth")))
    instance = Instance(BY_VALUE, **{twin_id: {"role": "Earth"} for twin_id in twins})

    def break_off(_twin_id: str) -> None:
        if len(instance.writes) == 70:
            raise RuntimeError("the instance is gone")

    instance.meddle = break_off
    with pytest.raises(RuntimeError):
        instance.undo(path)
    assert read(path).undo == "begun"
    assert find_unfinished(tmp_path, ENDPOINT) is None

    # One that was taken back gets its role again from somebody: not ours to take a second time.
    instance.touch(instance.writes[0], {"role": "Earth"})
    instance.meddle = lambda _twin_id: None
    undone = instance.undo(path)

    assert undone.written == 130
    assert sorted(instance.writes) == sorted(twins)
    assert [twin_id for twin_id in twins if instance.tags[twin_id] != {"role": "Fire"}] == [instance.writes[0]]
