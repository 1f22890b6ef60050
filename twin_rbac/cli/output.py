"""How a command speaks: results to stdout, everything else to stderr."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from twin_rbac.role_tags.apply import OnWrite

_STYLES = {"+": "green", "~": "yellow", "-": "red", "?": "magenta", "!": "magenta"}


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
        console.print(line, style=style)


def note(line: str) -> None:
    """Writes what is worth knowing and no result."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


@contextmanager
def show_progress(title: str) -> Iterator[OnWrite | None]:
    """Shows how many twins are written, while there is a terminal to show it on."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
