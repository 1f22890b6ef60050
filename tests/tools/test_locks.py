import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tools.locks import file_lock

HOLD = """
import sys
from pathlib import Path
from tools.locks import file_lock
with file_lock(Path(sys.argv[1]), on_busy=sys.exit):
    print("held", flush=True)
    sys.stdin.read()
"""


def refuse() -> None:
    raise InterruptedError("busy")


def test_a_lock_that_another_process_holds_is_refused_and_free_when_that_process_is_killed(tmp_path: Path) -> None:
    lock = tmp_path / "the.lock"
    holder = subprocess.Popen([sys.executable, "-c", HOLD, lock], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(InterruptedError), file_lock(lock, on_busy=refuse):
            pass
        holder.kill()
        holder.wait()
    with file_lock(lock, on_busy=refuse):
        pass


def test_whoever_waits_is_told_and_goes_on_once_the_lock_is_free(tmp_path: Path) -> None:
    lock = tmp_path / "the.lock"
    told, order = threading.Event(), []

    def second() -> None:
        with file_lock(lock, on_busy=told.set):
            order.append("second")

    thread = threading.Thread(target=second)
    with file_lock(lock, on_busy=refuse):
        thread.start()
        assert told.wait(30)
        order.append("first")
    thread.join(30)
    assert order == ["first", "second"]
