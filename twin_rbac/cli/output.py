"""How a command speaks: results to stdout, everything else to stderr."""

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from twin_rbac.role_tags.apply import OnWrite, Progress
from twin_rbac.role_tags.model import printable
from twin_rbac.role_tags.render import Forms, as_json

Value = TypeVar("Value")

_STYLES = {"+": "green", "~": "yellow", "-": "red", "?": "magenta", "!": "magenta", "^": "cyan"}
_SECONDS_A_LINE = 5.0


class Format(StrEnum):
    """How results are written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


def show(lines: Iterable[str], *, output: Format) -> None:
    """Writes a result."""
    console = Console(markup=False, highlight=False, emoji=False, soft_wrap=True)
    for line in lines:
        style = _STYLES.get(line[:1]) if output is Format.TEXT and line[1:2] == " " else None
        console.print(printable(line), style=style)


def note(line: str) -> None:
    """Writes what is worth knowing and no result."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def render_as(output: Format, value: Value, forms: Forms[Value]) -> list[str]:
    """A result in the form that was asked for."""
    match output:
        case Format.TEXT:
            return forms.text(value)
        case Format.JSON:
            return as_json(forms.mapping(value))
        case Format.MARKDOWN:
            return forms.markdown(value)


@contextmanager
def show_progress(title: str) -> Iterator[OnWrite]:
    """Shows how far a run is, how fast, how long it still takes, and what went wrong last.

    On a terminal as a bar, elsewhere as a line every few seconds.
    """
    if not sys.stderr.isatty():
        yield _Lines(title)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"))
    console = Console(stderr=True)
    with Bar(
        *columns, TimeRemainingColumn(), TextColumn("{task.fields[error]}"), console=console, transient=True
    ) as bar:
        task = bar.add_task(title, total=None, rate="", error="")
        pace = _Pace()

        def update(now: Progress) -> None:
            rate = f"{pace.rate(now):,.0f}/s"
            bar.update(task, completed=now.done, total=now.total, rate=rate, error=now.last_error or "")

        yield update


class _Pace:
    """How fast a run is, from its first change on: what it waited for and read before does not count."""

    def __init__(self) -> None:
        self._first: tuple[float, int] | None = None

    def rate(self, now: Progress) -> float:
        """Changes a second."""
        clock = time.monotonic()
        began, done = self._first = self._first or (clock, now.done)
        return (now.done - done) / max(clock - began, 0.001)


class _Lines:
    """Says how far a run is where there is no terminal, and nothing of one that is over soon."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._pace = _Pace()
        self._said: float | None = None

    def __call__(self, now: Progress) -> None:
        clock, rate = time.monotonic(), self._pace.rate(now)
        if self._said is None:
            self._said = clock
        if clock - self._said < _SECONDS_A_LINE:
            return
        self._said = clock
        left = f", about {(now.total - now.done) / rate:,.0f} s left" if rate else ""
        failed = f", {now.failed:,} failed, the last one: {now.last_error}" if now.failed else ""
        note(f"{self._title}: {now.done:,} of {now.total:,}, {rate:,.0f}/s{left}{failed}")
