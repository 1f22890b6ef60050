"""Runs one long step (a download, a compilation): says that it goes on, and shows its output only if it fails."""

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tools.errors import WayFailed

Report = Callable[[str], None]
"""Takes one line for the person who waits."""

SECONDS_BETWEEN_REPORTS = 15
LINES_SHOWN = 40


def to_stderr(line: str) -> None:
    """The report of a command: results go to stdout, the rest to stderr."""
    print(line, file=sys.stderr, flush=True)


def run_step(
    title: str,
    command: Sequence[str],
    *,
    log: Path,
    report: Report,
    cwd: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> None:
    """Runs the command to its end, with its output in `log`.

    Raises:
        WayFailed: it could not start or exited non-zero; the message holds the end of its output.
    """
    report(f"{title} …")
    started = time.monotonic()
    with log.open("wb") as output:
        try:
            process = subprocess.Popen(
                command, cwd=cwd, env=environ, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
        except OSError as exc:
            raise WayFailed(f"{title}: cannot start {command[0]} ({exc})") from exc
        with process:
            try:
                _wait(process, title, started, report)
            except BaseException:
                # An interrupted wait must not leave a compiler at work in a folder that is about to go.
                process.kill()
                raise
    if process.returncode:
        tail = log.read_text(errors="replace").splitlines()[-LINES_SHOWN:]
        raise WayFailed(f"{title} ended with exit code {process.returncode}:\n      " + "\n      ".join(tail))


def _wait(process: subprocess.Popen[bytes], title: str, started: float, report: Report) -> None:
    while True:
        try:
            process.wait(SECONDS_BETWEEN_REPORTS)
        except subprocess.TimeoutExpired:
            report(f"{title}: {time.monotonic() - started:.0f} s so far")
        else:
            return
