import io
from typing import Any

import pytest

from twin_rbac.cli import output
from twin_rbac.cli.output import show_progress
from twin_rbac.role_tags.apply import Progress


def progress(done: int, *, failed: int = 0, last_error: str | None = None) -> Progress:
    return Progress(done=done, total=1000, written=done - failed, failed=failed, last_error=last_error)


class Clock:
    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(output, "time", clock)
    return clock


def test_without_a_terminal_a_line_every_few_seconds_says_rate_and_rest(clock: Clock, capsys: Any) -> None:
    with show_progress("Writing role tags") as on_write:
        clock.now += 10  # what is waited for before does not count
        on_write(progress(1))
        clock.now += 10
        on_write(progress(201))
        clock.now += 1
        on_write(progress(220))

    assert capsys.readouterr().err == "Writing role tags: 201 of 1,000, 20/s, about 40 s left\n"


def test_what_failed_last_is_said_with_it(clock: Clock, capsys: Any) -> None:
    with show_progress("Writing role tags") as on_write:
        on_write(progress(0))
        clock.now += 5
        on_write(progress(50, failed=2, last_error="twin 'A': it was deleted meanwhile"))

    assert capsys.readouterr().err == (
        "Writing role tags: 50 of 1,000, 10/s, about 95 s left, 2 failed, the last one: "
        "twin 'A': it was deleted meanwhile\n"
    )


def test_on_a_terminal_a_bar_shows_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    with show_progress("Writing role tags") as on_write:
        on_write(progress(50, failed=1, last_error="twin 'A': gone"))

    shown = terminal.getvalue()
    assert "Writing role tags" in shown
    assert "50/1000" in shown
    assert "twin 'A': gone" in shown
