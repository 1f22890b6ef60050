"""A journal as values: what a run was about, what it did to each twin, and how that is read from the file."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeGuard

from twin_rbac.role_tags.errors import JournalDamaged, JournalError
from twin_rbac.role_tags.model import TagRules

_VERSION = 1

EntryState = Literal["intended", "done", "skipped", "undone"]
_STATES: Mapping[str, EntryState] = {"done": "done", "skipped": "skipped", "undone": "undone"}


@dataclass(frozen=True, kw_only=True)
class Header:
    """What a run was about."""

    endpoint: str
    """The instance's data-plane URL."""
    manifest: str
    """The manifest's path, as it was given."""
    digest: str
    """The manifest's digest."""
    rules: TagRules
    plan: str | None = None
    """The `sha` of the saved plan that was applied, if one was."""
    started: str = ""
    """When, in UTC; filled in when the journal is made."""

    def is_for(self, endpoint: str) -> bool:
        """Whether the run was about the instance at that address."""
        return is_same_instance(self.endpoint, endpoint)


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """What a run did to one twin."""

    original: str | None
    """What its role tag said before; None for nothing."""
    last_to: str | None
    """What was written last."""
    state: EntryState
    """`intended`: it may have been written or not."""


@dataclass(frozen=True, kw_only=True)
class JournalRecord:
    """A journal as it was read."""

    path: Path
    header: Header
    entries: Mapping[str, Entry]
    """By twin."""
    finished: bool
    """Whether everything that was planned was done."""
    undo: Literal["begun", "finished"] | None
    """How far the run was taken back."""

    @property
    def is_unfinished(self) -> bool:
        """Whether the run can be continued: it was neither finished nor taken back."""
        return not self.finished and self.undo is None


def read(path: Path) -> JournalRecord:
    """A journal as it stands; a last line that was cut off is passed over.

    Raises:
        JournalError: it cannot be read.
        JournalDamaged: any other line says nothing.
    """
    with reported(path), path.open("rb") as file:
        lines = read_lines(path, file)
        header = read_header(path, next(lines, None))
        reader = _Reader()
        for number, line in lines:
            try:
                reader.take(line)
            except (KeyError, TypeError, ValueError) as error:
                raise JournalDamaged(path, number, "this is no line of a journal") from error
    return JournalRecord(path=path, header=header, entries=reader.entries, finished=reader.finished, undo=reader.undo)


class _Reader:
    """Puts the lines after the first together."""

    def __init__(self) -> None:
        # There may be millions of lines: values of our own are made once a twin, at the end.
        self._ways: dict[str, tuple[str | None, str | None, EntryState]] = {}
        self.finished = False
        self.undo: Literal["begun", "finished"] | None = None

    @property
    def entries(self) -> dict[str, Entry]:
        return {
            twin_id: Entry(original=original, last_to=last_to, state=state)
            for twin_id, (original, last_to, state) in self._ways.items()
        }

    def take(self, line: Mapping[str, Any]) -> None:
        if "twin" in line:
            self._intend(line["twin"], line["from"], line["to"])
            return
        (key, value), *_ = line.items()
        if state := _STATES.get(key):
            original, last_to, _ = self._ways[value]
            self._ways[value] = (original, last_to, state)
        elif key == "finished":
            self.finished = True
        elif key == "undoing":
            self.undo = "begun"
        elif key == "undo" and value == "finished":
            self.undo = "finished"
        else:
            raise ValueError(line)

    def _intend(self, twin_id: object, old: object, new: object) -> None:
        if not (isinstance(twin_id, str) and _is_role(old) and _is_role(new)):
            raise TypeError(twin_id)
        original, last_to, state = self._ways.get(twin_id, (old, old, "intended"))
        # A second write that finds what the first one wrote goes on from there. One that finds something else comes
        # after somebody else's write, and that is what stood there before.
        if last_to != old or state == "skipped":
            original = old
        self._ways[twin_id] = (original, new, "intended")


def _is_role(value: object) -> TypeGuard[str | None]:
    return value is None or isinstance(value, str)


def read_lines(path: Path, file: Iterable[bytes]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """A journal's lines with their numbers; the last one not if it was cut off.

    Raises:
        JournalDamaged: a line is no JSON object.
    """
    for number, line in enumerate(file, start=1):
        if not line.endswith(b"\n"):
            return
        try:
            document = json.loads(line)
        except ValueError as error:
            raise JournalDamaged(path, number, "this is no JSON") from error
        if not isinstance(document, dict):
            raise JournalDamaged(path, number, "this is no line of a journal")
        yield number, document


def read_header(path: Path, first: tuple[int, Mapping[str, Any]] | None) -> Header:
    """The header from what `read_lines` gave first.

    Raises:
        JournalDamaged: there is none, or it says nothing, or is of another version.
    """
    if first is None:
        raise JournalDamaged(path, 1, "the first line is missing, nothing was written to the instance")
    line = first[1]
    if line.get("journal") != _VERSION:
        raise JournalDamaged(path, 1, f"version {line.get('journal')!r} of journals is not known, only {_VERSION} is")
    try:
        rules = TagRules.from_mapping(line["rules"])
        names = ("endpoint", "manifest", "digest", "started")
        return Header(**{name: str(line[name]) for name in names}, rules=rules, plan=line["plan"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise JournalDamaged(path, 1, "this is no first line of a journal") from error


def header_line(header: Header) -> Mapping[str, Any]:
    """A journal's first line."""
    return {
        "journal": _VERSION,
        "endpoint": header.endpoint,
        "manifest": header.manifest,
        "digest": header.digest,
        "rules": header.rules.to_mapping(),
        "plan": header.plan,
        "started": header.started,
    }


@contextmanager
def reported(path: Path) -> Iterator[None]:
    """Turns an error of the file system into one that names the journal."""
    try:
        yield
    except OSError as error:
        raise JournalError(path, f"{error.strerror or error}; check the folder, or choose another one") from error


def is_same_instance(endpoint: str, other: str) -> bool:
    """Whether two addresses are of one instance, however they are written."""
    return _host_of(endpoint) == _host_of(other)


def _host_of(endpoint: str) -> str:
    return endpoint.lower().removeprefix("https://").removeprefix("http://").rstrip("/")
