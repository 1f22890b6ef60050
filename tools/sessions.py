"""The processes of one run of pulumi, and their end.

A plugin outlives a killed engine and goes on writing. All processes of a run share its session, which is how they
are told from everybody else's (fact sheet engine-and-layout, section 1).
"""

import os
import signal
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from tools.documents import read_json, write_json

SECONDS_FOR_TERMINATION = 3.0
SECONDS_BETWEEN_LOOKS = 0.05


@dataclass(frozen=True)
class Session:
    """A run's session: the process that leads it, and when that started (a process id may be used again)."""

    leader: int
    started: str
    """In the words of `ps`; empty while it is not known yet."""

    @classmethod
    def just_begun(cls, leader: int) -> "Session":
        """The session of a process that has begun this moment."""
        return cls(leader, "")

    @classmethod
    def of(cls, leader: int) -> "Session":
        """The session of a process that leads one."""
        return cls(leader, _start_of(leader))


def end_session(session: Session) -> int:
    """Ends what is left of the session, if need be by SIGKILL; returns how many processes there were."""
    if session.started and _start_of(session.leader) not in {"", session.started}:
        return 0  # another process has the leader's number by now
    left = members(session.leader)
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in members(session.leader):
            _send(pid, number)
        if _wait_until_empty(session.leader):
            break
    return len(left)


def members(session_id: int) -> list[int]:
    """The living processes of a session."""
    listing = subprocess.run(["ps", "-axo", "pid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = (line.split() for line in listing.splitlines())
    return [int(pid) for pid, state, *_ in rows if not state.startswith("Z") and _session_of(int(pid)) == session_id]


def record_session(path: Path, session: Session) -> None:
    """Remembers a run that has begun, for the one that may have to clean up after it."""
    write_json(path, asdict(session))


def end_recorded_session(path: Path) -> int:
    """Ends what a killed run left, and forgets it; returns how many processes there were."""
    record = read_json(path)
    ended = end_session(Session(**record)) if record else 0
    path.unlink(missing_ok=True)
    return ended


def _start_of(pid: int) -> str:
    """When a process started, in the words of `ps`; empty for none."""
    command = ["ps", "-o", "lstart=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def _session_of(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return None


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _wait_until_empty(session_id: int) -> bool:
    deadline = time.monotonic() + SECONDS_FOR_TERMINATION
    while members(session_id):
        if time.monotonic() > deadline:
            return False
        time.sleep(SECONDS_BETWEEN_LOOKS)
    return True
