"""Taking a run back: each twin gets again the role tag that it had, where the one that the run wrote still stands.

What somebody else wrote since is theirs: the twin is left as it is, and named. Role tags alone are taken back; a twin
that was moved to another model stays there, a map of tags that the run made stays, empty, and a marker comes back as
true.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from twin_rbac.role_tags.errors import NothingToUndo
from twin_rbac.role_tags.journal import Entry, Journal, JournalRecord
from twin_rbac.role_tags.model import TagRules, TwinTags
from twin_rbac.role_tags.plan import Change, decide
from twin_rbac.role_tags.writes import LeaveAlone, OnWrite, Sleep, TwinWriter, Writing


@dataclass(frozen=True, kw_only=True)
class Undo:
    """What taking a run back comes to."""

    changes: tuple[Change, ...]
    """Sorted by twin."""
    left: Mapping[str, str]
    """Twin -> why it is left as it is."""
    settled: int
    """How many twins carry already what they carried before the run."""
    rules: TagRules = field(repr=False)
    roles: frozenset[str] = field(repr=False)
    """The roles whose markers are looked at; others stay as they are."""
    entries: Mapping[str, Entry] = field(repr=False)
    """What the run did to each twin that is to be changed."""


@dataclass(frozen=True, kw_only=True)
class Undone:
    """What came of taking a run back."""

    written: int
    """Twins that carry again what they carried before, by this doing."""
    settled: int
    """Twins that did so already."""
    left: Mapping[str, str]
    """Twin -> why it was left as it is."""


def twins_to_undo(record: JournalRecord) -> list[str]:
    """The twins whose present tags `plan_undo` wants to see."""
    return sorted(twin_id for twin_id, entry in record.entries.items() if entry.state in {"intended", "done"})


def plan_undo(record: JournalRecord, existing: Mapping[str, TwinTags]) -> Undo:
    """What has to be written so that the run's twins carry what they carried before; pure.

    A twin of which the run did not learn whether it was written counts as written if it carries what it was to.

    Args:
        record: the run's journal.
        existing: the twins of `twins_to_undo`, as they are now.

    Raises:
        NothingToUndo: the run was taken back already.
    """
    if record.undo == "finished":
        raise NothingToUndo(record.path)
    rules, roles = record.header.rules, _roles_of(record)
    changes: list[Change] = []
    left: dict[str, str] = {}
    settled = 0
    for twin_id in twins_to_undo(record):
        verdict = _judge(record.entries[twin_id], existing.get(twin_id), rules, roles)
        if isinstance(verdict, Change):
            changes.append(verdict)
        elif verdict is None:
            settled += 1
        else:
            left[twin_id] = verdict
    entries = {change.twin_id: record.entries[change.twin_id] for change in changes}
    return Undo(changes=tuple(changes), left=left, settled=settled, rules=rules, roles=roles, entries=entries)


async def apply_undo(
    undo: Undo,
    writer: TwinWriter,
    *,
    journal: Journal,
    on_write: OnWrite | None = None,
    sleep: Sleep = asyncio.sleep,
) -> Undone:
    """Writes what `plan_undo` found, as `apply_plan` writes a plan.

    A twin that changes meanwhile is read and judged again by the same rule. A run that was killed in the middle is
    planned and carried out again, to the same end.

    Args:
        undo: what to write.
        writer: the instance.
        journal: the run's own, resumed.
        on_write: is told how far this has come.
        sleep: waits.

    Raises:
        ApplyIncomplete: some twins could not be written; all others were. The journal says so.
        AzureError: a call failed for good; a note says how many twins were written before.
        JournalError: the journal cannot be written.
    """
    left = dict(undo.left)

    def decide_again(change: Change, twin: TwinTags | None) -> Change | None:
        verdict = _judge(undo.entries[change.twin_id], twin, undo.rules, undo.roles)
        if isinstance(verdict, str):
            left[change.twin_id] = verdict
            raise LeaveAlone
        return verdict

    journal.begin_undo()
    writing = Writing(writer, decide_again, notes=_Journaled(journal), on_write=on_write, sleep=sleep)
    await writing.carry_out(undo.changes)
    journal.finish_undo()
    settled = undo.settled + writing.skipped - (len(left) - len(undo.left))
    return Undone(written=writing.written, settled=settled, left=dict(sorted(left.items())))


def _judge(entry: Entry, twin: TwinTags | None, rules: TagRules, roles: frozenset[str]) -> Change | str | None:
    """What to write to one twin; None for nothing, a text for why it is left as it is."""
    if twin is None:
        return "is gone"
    live = rules.role_of(twin, roles)
    if live == entry.original:
        return None
    if live != entry.last_to:
        return f"carries {live or 'no role'} by now, and we wrote {entry.last_to or 'none'}"
    return decide(twin, entry.original, rules, roles)


def _roles_of(record: JournalRecord) -> frozenset[str]:
    """The roles that the run was about: the manifest's own, and those that it took off or gave."""
    rules = record.header.rules
    texts = {text for entry in record.entries.values() for text in (entry.original, entry.last_to)}
    return frozenset((*rules.roles, *(role for text in texts for role in rules.split(text))))


class _Journaled:
    """Notes of an undo in the journal of the run that it takes back; what it announces is there already."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def announce(self, changes: Sequence[Change]) -> None:
        """Nothing: see the class."""

    def written(self, twin_id: str) -> None:
        self._journal.record_undone(twin_id)

    def skipped(self, twin_id: str) -> None:
        """Nothing: the twin says so itself."""
