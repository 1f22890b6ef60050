"""What a run set out to do and did, kept on disk so that a killed one can be continued, and any one taken back.

A journal is a file of JSON lines, one a run, in a folder of the user's. In order of appearance:

    {"journal":1,"endpoint":…,"manifest":…,"digest":…,"rules":{…},"plan":…,"started":…}
    {"twin":…,"from":…,"to":…}     is about to be written; on disk before anything is sent
    {"done":…}                     the twin carries what this run wrote
    {"skipped":…}                  the twin was not written: it was right already, or gone
    {"finished":…}                 nothing is left to do
    {"undoing":…}                  the run is being taken back
    {"undone":…}                   the twin carries again what it carried before
    {"undo":"finished","at":…}     nothing is left to take back

Lines hold twins' ids and role tags, and no other value. Only lines that announce are forced to the disk: what was done
and not yet noted is found out from the twins, whose tags are looked at before anything is written again.
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from twin_rbac.role_tags.errors import JournalInUse
from twin_rbac.role_tags.journal_record import (
    Entry,
    Header,
    JournalRecord,
    header_line,
    read,
    read_header,
    read_lines,
    reported,
)
from twin_rbac.role_tags.plan import Change

try:
    import fcntl
except ImportError:  # Windows has no such locks
    fcntl = None  # type: ignore[assignment]

__all__ = ["DEFAULT_FOLDER", "Entry", "Header", "Journal", "JournalRecord", "find_latest", "find_unfinished", "read"]

DEFAULT_FOLDER = Path(".twin-rbac")
_SUFFIX = ".jsonl"


class Journal:
    """A journal that a run writes; a context manager that holds the file, which no other run can use meanwhile."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    @classmethod
    def create(cls, folder: Path, header: Header) -> Self:
        """A new journal; its name sorts by time. The folder is made where it is missing, for its owner alone.

        Raises:
            JournalError: it cannot be written.
        """
        now = datetime.now(UTC)
        path = folder / f"{now:%Y%m%dT%H%M%S.%fZ}-{_plain(header.digest)[:8]}{_SUFFIX}"
        with reported(path):
            _make_folder(folder)
            journal = cls(path, _open(path, os.O_CREAT | os.O_EXCL))
        journal._append(header_line(replace(header, started=f"{now:%Y-%m-%dT%H:%M:%SZ}")), force=True)
        _force_folder(folder)
        return journal

    @classmethod
    def resume(cls, path: Path) -> Self:
        """A journal of an earlier run, to go on with; a last line that was cut off is dropped. `read` judges the rest.

        Raises:
            JournalError: it cannot be written; JournalInUse where another run is using it.
        """
        with reported(path):
            journal = cls(path, _open(path, 0))
            try:
                _cut_torn_line(journal._descriptor)
            except BaseException:
                journal.close()
                raise
        return journal

    def __enter__(self) -> Self:
        """Is held already."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Lets go of it."""
        self.close()

    def close(self) -> None:
        """Lets go of the file."""
        os.close(self._descriptor)

    def record_intents(self, changes: Iterable[Change]) -> None:
        """Says what is about to be written, and returns when that is on the disk."""
        self._append(
            *({"twin": change.twin_id, "from": change.old, "to": change.new} for change in changes), force=True
        )

    def record_done(self, twin_id: str) -> None:
        """Says that a twin carries what this run wrote."""
        self._append({"done": twin_id})

    def record_skipped(self, twin_id: str) -> None:
        """Says that a twin was not written after all."""
        self._append({"skipped": twin_id})

    def finish(self) -> None:
        """Says that nothing is left to do."""
        self._append({"finished": _now()}, force=True)

    def begin_undo(self) -> None:
        """Says that the run is being taken back: it cannot be continued any more."""
        self._append({"undoing": _now()}, force=True)

    def record_undone(self, twin_id: str) -> None:
        """Says that a twin carries again what it carried before."""
        self._append({"undone": twin_id})

    def finish_undo(self) -> None:
        """Says that nothing is left to take back."""
        self._append({"undo": "finished", "at": _now()}, force=True)

    def _append(self, *lines: Mapping[str, Any], force: bool = False) -> None:
        data = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines).encode()
        with reported(self.path):
            while data:
                data = data[os.write(self._descriptor, data) :]
            if force:
                os.fsync(self._descriptor)


def find_latest(folder: Path, endpoint: str) -> Path | None:
    """The journal of the last run on the instance; None when there is none.

    Raises:
        JournalDamaged: the beginning of one says nothing.
    """
    for path in sorted(folder.glob(f"*{_SUFFIX}"), reverse=True):
        with reported(path), path.open("rb") as file:
            first = next(read_lines(path, file), None)
        # A run that was killed before its first line was whole did nothing.
        if first and read_header(path, first).is_for(endpoint):
            return path
    return None


def find_unfinished(folder: Path, endpoint: str, digest: str | None = None) -> JournalRecord | None:
    """The journal that a run on the instance continues; None when there is none.

    Only the last run can be continued: one before it was left behind by what came after.

    Args:
        folder: where the journals are.
        endpoint: the instance's data-plane URL.
        digest: the manifest's digest, if the run has to be one of that manifest.

    Raises:
        JournalDamaged: a line says nothing.
    """
    path = find_latest(folder, endpoint)
    if path is None:
        return None
    record = read(path)
    return record if record.is_unfinished and digest in {None, record.header.digest} else None


def _open(path: Path, flags: int) -> int:
    """The file for appending, held against other runs; a link is not followed."""
    flags |= os.O_RDWR | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(path, flags, 0o600)
    if fcntl:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            raise JournalInUse(path) from error
    return descriptor


def _cut_torn_line(descriptor: int) -> None:
    size = end = os.fstat(descriptor).st_size
    while end > 0:
        start = max(0, end - 4096)
        os.lseek(descriptor, start, os.SEEK_SET)
        newline = os.read(descriptor, end - start).rfind(b"\n")
        if newline >= 0:
            end = start + newline + 1
            break
        end = start
    if end < size:
        os.ftruncate(descriptor, end)


def _make_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    ignored = folder / ".gitignore"
    if not ignored.exists():
        ignored.write_text("*\n")


def _force_folder(folder: Path) -> None:
    """Has a new file's name on the disk too, where the system can do that."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _plain(digest: str) -> str:
    return "".join(char for char in digest if char.isalnum()) or "none"


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
