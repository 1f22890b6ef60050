import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_an_apply_or_undo_that_is_killed_and_gone_on_with_ends_as_an_undisturbed_one() -> None:
    """A slice of `make crash`; in a process of its own, since it forks."""
    command = [sys.executable, "-m", "tests.crash", "--kills", "6", "--seed", "12", "--twins", "60"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=180)

    assert run.returncode == 0, run.stdout + run.stderr
    assert "6 kills" in run.stdout
    assert "every run ended as an undisturbed one does" in run.stdout
