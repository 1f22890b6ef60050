import sys
from pathlib import Path

import pytest

from tools import steps
from tools.errors import WayFailed
from tools.steps import run_step


def test_a_step_that_goes_well_says_only_that_it_goes_on(tmp_path: Path) -> None:
    said: list[str] = []
    run_step("Compiling", ["echo", "details"], log=tmp_path / "log", report=said.append)
    assert said == ["Compiling …"]


def test_a_long_step_is_reported_with_its_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "SECONDS_BETWEEN_REPORTS", 0.01)
    goes_on = tmp_path / "goes-on"
    said: list[str] = []

    def report(line: str) -> None:
        said.append(line)
        if len(said) == 2:
            goes_on.touch()

    wait = "import pathlib, sys, time\nwhile not pathlib.Path(sys.argv[1]).exists(): time.sleep(0.01)"
    run_step("Compiling", [sys.executable, "-c", wait, str(goes_on)], log=tmp_path / "log", report=report)
    assert said[1] == "Compiling: 0 s so far"


def test_a_step_that_fails_shows_the_end_of_its_output(tmp_path: Path) -> None:
    script = "seq 100; echo undefined: pulumi >&2; exit 2"
    with pytest.raises(WayFailed) as caught:
        run_step("Compiling", ["sh", "-c", script], log=tmp_path / "log", report=lambda _line: None)
    lines = str(caught.value).splitlines()
    assert lines[0] == "Compiling ended with exit code 2:"
    assert lines[-1].strip() == "undefined: pulumi"
    assert len(lines) == 1 + steps.LINES_SHOWN


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(WayFailed, match=r"Compiling: cannot start /nowhere/go"):
        run_step("Compiling", ["/nowhere/go"], log=tmp_path / "log", report=lambda _line: None)
