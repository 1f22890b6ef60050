import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools import sessions
from tools.sessions import Session, end_recorded_session, end_session, members, record_session

WAIT = "import sys; print('ready', flush=True); sys.stdin.read()"
# A leader that starts a plugin: it says its number and, like a plugin of a killed engine, lives on without its leader.
LEADER = f"""
import subprocess, sys
plugin = subprocess.Popen([sys.executable, "-c", {WAIT!r}], stdout=subprocess.PIPE)
plugin.stdout.readline()
print(plugin.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def leader() -> Iterator[subprocess.Popen[bytes]]:
    # Its standard input stays open until the test ends, and with it the plugin.
    process = subprocess.Popen(
        [sys.executable, "-c", LEADER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    with process:
        yield process
        process.kill()


def plugin_of(leader: subprocess.Popen[bytes]) -> int:
    assert leader.stdout is not None
    return int(leader.stdout.readline())


def test_a_session_is_its_leader_and_what_that_started(leader: subprocess.Popen[bytes]) -> None:
    plugin = plugin_of(leader)
    assert sorted(members(leader.pid)) == sorted([leader.pid, plugin])


def test_what_a_killed_leader_left_is_ended_and_nothing_else(leader: subprocess.Popen[bytes], tmp_path: Path) -> None:
    plugin_of(leader)
    stranger = subprocess.Popen(
        [sys.executable, "-c", WAIT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    with stranger:
        assert stranger.stdout is not None
        stranger.stdout.readline()
        record_session(tmp_path / "run.json", Session.of(leader.pid))
        leader.kill()
        leader.wait()
        assert end_recorded_session(tmp_path / "run.json") == 1
        assert members(leader.pid) == []
        assert stranger.poll() is None
        stranger.kill()
    assert not (tmp_path / "run.json").exists()


def test_a_process_that_ignores_termination_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "SECONDS_FOR_TERMINATION", 0.1)
    deaf = subprocess.Popen(
        [sys.executable, "-c", f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {WAIT}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    with deaf:
        assert deaf.stdout is not None
        deaf.stdout.readline()
        assert end_session(Session.of(deaf.pid)) == 1
        assert deaf.wait() == -signal.SIGKILL


def test_a_number_that_another_process_has_by_now_is_left_alone(leader: subprocess.Popen[bytes]) -> None:
    plugin_of(leader)
    assert end_session(Session(leader.pid, "Mon Jan  1 00:00:00 2024")) == 0
    assert leader.poll() is None


def test_a_run_whose_wrapper_was_killed_at_once_is_ended_too(leader: subprocess.Popen[bytes], tmp_path: Path) -> None:
    plugin_of(leader)
    record_session(tmp_path / "run.json", Session.just_begun(leader.pid))
    assert end_recorded_session(tmp_path / "run.json") == 2


def test_a_run_that_ended_well_leaves_nothing_to_end(tmp_path: Path) -> None:
    assert end_recorded_session(tmp_path / "run.json") == 0


def test_our_own_session_is_not_a_runs(leader: subprocess.Popen[bytes]) -> None:
    assert os.getpid() not in members(leader.pid)
