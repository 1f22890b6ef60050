"""Sending changes: each holds only while its twin is as it was read, and is decided again where it is not.

The one way in which plans and undos reach the instance. A twin is written again only when the service said that the
write before it did not happen.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Protocol

from twin_rbac.role_tags.at_once import for_each
from twin_rbac.role_tags.errors import ApplyIncomplete, PatchMismatch, TwinChanged, WriteFailed
from twin_rbac.role_tags.model import TwinTags
from twin_rbac.role_tags.plan import Change

_GROUP = 400
"""How many changes are announced together. The next ones are while up to `AT_ONCE` of these are still under way, so
that a kill leaves at most 500 twins of which nobody knows whether they were written."""
_ATTEMPTS = 20
_PAUSE = 0.1
"""Seconds: a twin takes 10 writes a second (fact sheet adt-data-plane, section 6)."""
_GRACE = 5.0
"""Seconds that writes under way may take to end when the run is stopped."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a run has come."""

    done: int
    """Changes that are dealt with, whatever came of them."""
    total: int
    written: int
    failed: int
    last_error: str | None
    """What the last change that failed met."""


OnWrite = Callable[[Progress], None]
"""Is told after each change."""
Sleep = Callable[[float], Awaitable[None]]
DecideAgain = Callable[[Change, TwinTags | None], Change | None]
"""What is left to write to a twin that is not as the change found it (the twin is None if it is gone); None when it is
right by now. Raises LeaveAlone, or WriteFailed."""


class LeaveAlone(Exception):
    """A twin is not to be written any more."""


class TwinWriter(Protocol):
    """What carrying out changes needs of an instance."""

    async def read_twins(self, twin_ids: Iterable[str]) -> dict[str, TwinTags]:
        """The twins as they are now; what is not in the answer does not exist."""

    async def write(self, change: Change, *, whole_map: bool) -> None:
        """Carries out one change, as `TagStore.write` does."""


class Notes(Protocol):
    """Keeps what is about to be done, and what was."""

    def announce(self, changes: Sequence[Change]) -> None:
        """These are about to be sent; returns when that is safe on disk."""

    def written(self, twin_id: str) -> None:
        """The twin carries what it was to."""

    def skipped(self, twin_id: str) -> None:
        """The twin was not written after all."""


class NoNotes:
    """Keeps nothing."""

    def announce(self, changes: Sequence[Change]) -> None:
        """Forgets it."""

    def written(self, twin_id: str) -> None:
        """Forgets it."""

    def skipped(self, twin_id: str) -> None:
        """Forgets it."""


class Writing:
    """One pass over changes."""

    def __init__(
        self,
        writer: TwinWriter,
        decide_again: DecideAgain,
        *,
        notes: Notes | None = None,
        on_write: OnWrite | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._writer = writer
        self._decide_again = decide_again
        self._notes = notes or NoNotes()
        self._on_write = on_write
        self._sleep = sleep
        self._stopping = False
        self._total = 0
        self.written = 0
        self.skipped = 0
        self.failures: list[WriteFailed] = []

    async def carry_out(self, changes: Sequence[Change]) -> None:
        """Sends the changes, several at a time.

        When a call fails for good, or when this is cancelled, nothing more is begun, and what is under way is waited
        for some seconds and noted.

        Raises:
            ApplyIncomplete: some twins could not be written; all others were.
            AzureError: a call failed for good; a note says how many twins were written before.
        """
        self._total = len(changes)
        try:
            await for_each(self._announced(changes), self._carry_out, grace=_GRACE, on_stop=self._stop)
        except Exception as error:
            error.add_note(f"{self.written} of {self._total} twins were written before; run again to go on")
            raise
        if self.failures:
            raise ApplyIncomplete(sorted(self.failures, key=lambda failure: failure.twin_id), written=self.written)

    def _announced(self, changes: Sequence[Change]) -> Iterator[Change]:
        rest = iter(changes)
        while group := list(islice(rest, _GROUP)):
            self._notes.announce(group)
            yield from group

    def _stop(self) -> None:
        self._stopping = True

    async def _carry_out(self, change: Change) -> None:
        try:
            if await self._write(change):
                self.written += 1
                self._notes.written(change.twin_id)
            else:
                self._skip(change)
        except LeaveAlone:
            self._skip(change)
        except WriteFailed as failure:
            self.failures.append(_without_traces(failure))
        if self._on_write:
            self._on_write(self._progress())

    def _skip(self, change: Change) -> None:
        self.skipped += 1
        self._notes.skipped(change.twin_id)

    async def _write(self, change: Change) -> bool:
        """Whether the twin carries by our doing what it was to.

        When the answer to a write is lost, the repeated write meets the etag that the first one made: a twin that is
        found right then counts as ours. Somebody else's equal write in the same moment looks just so.
        """
        present: Change | None = change
        whole_map = change.existing.tags is None
        by_us = mismatched = False
        for attempt in range(_ATTEMPTS):
            if present is None:
                return by_us
            try:
                await self._send(present, whole_map=whole_map)
            except TwinChanged as error:
                by_us, mismatch = by_us or error.maybe_by_us, False
                await self._sleep(_PAUSE * min(attempt, 10))
            except PatchMismatch:
                if mismatched:
                    raise
                mismatched = mismatch = True
            else:
                return True
            twin = (await self._writer.read_twins([change.twin_id])).get(change.twin_id)
            before, present = present, self._decide_again(change, twin)
            if present:
                whole_map = _form(present, whole_map=whole_map, mismatch=mismatch)
                self._announce_again(before, present)
        raise TwinChanged(change.twin_id)

    async def _send(self, change: Change, *, whole_map: bool) -> None:
        if self._stopping:
            raise asyncio.CancelledError
        await self._writer.write(change, whole_map=whole_map)

    def _announce_again(self, before: Change, present: Change) -> None:
        if (before.old, before.new) != (present.old, present.new):
            self._notes.announce([present])

    def _progress(self) -> Progress:
        return Progress(
            done=self.written + self.skipped + len(self.failures),
            total=self._total,
            written=self.written,
            failed=len(self.failures),
            last_error=str(self.failures[-1]) if self.failures else None,
        )


def still_moving(change: Change, decided: Change | None) -> Change | None:
    """The new decision with the first one's move to another model, unless the twin is of another by now."""
    if decided is None or change.model_id is None or decided.existing.model_id != change.existing.model_id:
        return decided
    return replace(decided, model_id=change.model_id)


def _form(change: Change, *, whole_map: bool, mismatch: bool) -> bool:
    """Whether the whole map is sent; after a mismatch the other form, if the twin still looks as the first one did."""
    absent = change.existing.tags is None
    return not whole_map if mismatch and absent == whole_map else absent


def _without_traces(failure: WriteFailed) -> WriteFailed:
    # There may be a million of them, and each would keep the frames that it came through.
    failure.__cause__ = failure.__context__ = None
    return failure.with_traceback(None)
