"""Carrying out a plan: each twin is decided from live state, and what is already right is never written."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from twin_rbac.role_tags.at_once import for_each
from twin_rbac.role_tags.errors import ApplyIncomplete, PatchMismatch, TwinChanged, WriteFailed
from twin_rbac.role_tags.model import TwinTags
from twin_rbac.role_tags.plan import Change, Plan, decide

OnWrite = Callable[[int, int], None]
"""Is told how many of the plan's changes are done, and of how many."""
Sleep = Callable[[float], Awaitable[None]]

_ATTEMPTS = 20
_PAUSE = 0.1
"""Seconds: a twin takes 10 writes a second (fact sheet adt-data-plane, section 6)."""


class TwinWriter(Protocol):
    """What carrying out a plan needs of an instance."""

    async def read_twins(self, twin_ids: Iterable[str]) -> dict[str, TwinTags]:
        """The twins as they are now; what is not in the answer does not exist."""

    async def write(self, change: Change, *, whole_map: bool) -> None:
        """Carries out one change, as `TagStore.write` does."""


@dataclass(frozen=True, kw_only=True)
class Applied:
    """What came of a plan."""

    plan: Plan
    written: int
    """Writes that the service acknowledged."""
    skipped: int
    """Changes that turned out to be none: done by someone else meanwhile, or the twin is gone and may be."""


async def apply_plan(
    plan: Plan, writer: TwinWriter, *, on_write: OnWrite | None = None, sleep: Sleep = asyncio.sleep
) -> Applied:
    """Writes the plan's changes, several at a time.

    A write holds only while the twin has the etag that was read; otherwise the twin is read again and decided again.

    Raises:
        ApplyIncomplete: some twins could not be written; all others were.
        AzureError: a call failed for good; a note says how many twins were written before.
    """
    run = _Run(plan, writer, on_write, sleep)
    try:
        await for_each(plan.changes, run.carry_out)
    except Exception as error:
        error.add_note(f"{run.written} of {len(plan.changes)} twins were written before; run again to go on")
        raise
    if run.failures:
        raise ApplyIncomplete(sorted(run.failures, key=lambda failure: failure.twin_id), written=run.written)
    return Applied(plan=plan, written=run.written, skipped=run.skipped)


class _Run:
    """One pass over a plan's changes."""

    def __init__(self, plan: Plan, writer: TwinWriter, on_write: OnWrite | None, sleep: Sleep) -> None:
        self._plan = plan
        self._writer = writer
        self._on_write = on_write
        self._sleep = sleep
        self.written = 0
        self.skipped = 0
        self.failures: list[WriteFailed] = []

    async def carry_out(self, change: Change) -> None:
        try:
            if await self._write(change):
                self.written += 1
            else:
                self.skipped += 1
        except WriteFailed as failure:
            self.failures.append(failure)
        if self._on_write:
            self._on_write(self.written + self.skipped + len(self.failures), len(self._plan.changes))

    async def _write(self, change: Change) -> bool:
        present: Change | None = change
        whole_map = change.existing.tags is None
        refused = False
        for attempt in range(_ATTEMPTS):
            if present is None:
                return False
            try:
                await self._writer.write(present, whole_map=whole_map)
            except TwinChanged:
                await self._sleep(_PAUSE * min(attempt, 10))
                mismatch = False
            except PatchMismatch:
                if refused:
                    raise
                refused = mismatch = True
            else:
                return True
            present, whole_map = await self._look_again(change, whole_map=whole_map, mismatch=mismatch)
        raise TwinChanged(change.twin_id)

    async def _look_again(self, change: Change, *, whole_map: bool, mismatch: bool) -> tuple[Change | None, bool]:
        twin = (await self._writer.read_twins([change.twin_id])).get(change.twin_id)
        if twin is None:
            self._accept_gone(change)
            return None, whole_map
        fresh = twin.tags is None
        # The other form, once, where the twin looks as it did when the service found that the patch does not fit.
        form = not whole_map if mismatch and fresh == whole_map else fresh
        return decide(twin, change.new, self._plan.rules, self._plan.roles), form

    def _accept_gone(self, change: Change) -> None:
        if change.new is not None and self._plan.rules.missing == "error":
            raise WriteFailed(change.twin_id, "it was deleted meanwhile; take it out of the manifest, or create it")
