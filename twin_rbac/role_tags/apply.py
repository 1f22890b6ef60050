"""Carrying out a plan: each twin is decided from live state, and what is already right is never written."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from twin_rbac.role_tags.errors import WriteFailed
from twin_rbac.role_tags.journal import Journal
from twin_rbac.role_tags.model import TwinTags
from twin_rbac.role_tags.plan import Change, Plan, decide
from twin_rbac.role_tags.writes import LeaveAlone, NoNotes, OnWrite, Progress, Sleep, TwinWriter, Writing, still_moving

__all__ = ["Applied", "OnWrite", "Progress", "TwinWriter", "apply_plan"]


@dataclass(frozen=True, kw_only=True)
class Applied:
    """What came of a plan."""

    plan: Plan
    written: int
    """Twins that carry what was planned by this run's doing; an answer that was lost does not hide it."""
    skipped: int
    """Changes that turned out to be none: the twin was right already, or is gone and may be."""


async def apply_plan(
    plan: Plan,
    writer: TwinWriter,
    *,
    journal: Journal | None = None,
    on_write: OnWrite | None = None,
    sleep: Sleep = asyncio.sleep,
) -> Applied:
    """Writes the plan's changes, several at a time.

    A write holds only while the twin has the etag that was read; otherwise the twin is read again and decided again.
    When this is cancelled, no write is begun any more, and those under way are waited for and recorded.

    Args:
        plan: what to write.
        writer: the instance.
        journal: is told of every change before it is sent and after; finished when all is done.
        on_write: is told how far the run has come.
        sleep: waits.

    Raises:
        ApplyIncomplete: some twins could not be written; all others were. The journal stays unfinished.
        AzureError: a call failed for good; a note says how many twins were written before.
        JournalError: the journal cannot be written; nothing is sent that is not in it.
    """

    def decide_again(change: Change, twin: TwinTags | None) -> Change | None:
        if twin is None:
            raise _gone(change, plan)
        decided = decide(twin, change.new, plan.rules, plan.roles)
        if decided is None and plan.rules.role_of(twin, plan.roles) != change.new:
            # What is to be taken off gave way to what is no role of this manifest.
            raise LeaveAlone
        return still_moving(change, decided)

    notes = _Journaled(journal) if journal else NoNotes()
    writing = Writing(writer, decide_again, notes=notes, on_write=on_write, sleep=sleep)
    await writing.carry_out(plan.changes)
    if journal:
        journal.finish()
    return Applied(plan=plan, written=writing.written, skipped=writing.skipped)


def _gone(change: Change, plan: Plan) -> Exception:
    if change.new is not None and plan.rules.missing == "error" and change.twin_id not in plan.selected:
        return WriteFailed(change.twin_id, "it was deleted meanwhile; take it out of the manifest, or create it")
    return LeaveAlone()


class _Journaled:
    """Notes of an apply in its journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def announce(self, changes: Sequence[Change]) -> None:
        self._journal.record_intents(changes)

    def written(self, twin_id: str) -> None:
        self._journal.record_done(twin_id)

    def skipped(self, twin_id: str) -> None:
        self._journal.record_skipped(twin_id)
