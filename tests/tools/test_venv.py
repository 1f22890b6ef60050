import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tools import venv

Commands = list[list[str]]


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> Commands:
    """What would have been run; nothing is."""
    run: Commands = []
    monkeypatch.setattr(venv, "_run", lambda command: run.append(list(command)))
    return run


def words(command: Sequence[str]) -> str:
    return " ".join(Path(part).name if "/" in part else part for part in command)


def test_uv_makes_an_environment_with_pip_and_exactly_what_is_pinned(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(venv, "_works", lambda: False)
    venv.make_with_uv("uv")
    created, synced, installed = (words(command) for command in commands)
    assert "--seed" in created
    assert synced == "uv pip sync --quiet --python python requirements.txt requirements-dev.txt"
    assert installed == "uv pip install --quiet --python python --no-deps -e ."


def test_an_environment_that_works_is_brought_up_to_date_and_not_made_again(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(venv, "_works", lambda: True)
    venv.make_with_uv("uv")
    venv.make_with_pip()
    assert all("venv" not in command for command in commands)


def test_without_uv_pip_installs_the_same_pins(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(venv, "_works", lambda: False)
    venv.make_with_pip()
    created, pinned, installed = (words(command) for command in commands)
    assert "-m venv" in created
    assert pinned.endswith("install -r requirements.txt -r requirements-dev.txt")
    assert installed.endswith("install --no-deps -e .")


def test_uv_comes_from_path_else_from_pypi_pinned(
    commands: Commands, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: "/opt/bin/uv")
    assert venv.find_uv(tmp_path) == "/opt/bin/uv"
    assert commands == []
    monkeypatch.setattr("shutil.which", lambda _name: None)
    assert venv.find_uv(tmp_path) == str(tmp_path / "bin" / "uv")
    assert commands[-1][-1] == venv.UV


def test_where_pypi_has_no_uv_we_go_on_without(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)
    monkeypatch.setattr("subprocess.run", lambda *_a, **_o: subprocess.CompletedProcess([], 1))
    assert venv.find_uv(tmp_path) is None


def test_a_step_that_fails_is_one_sentence_and_exit_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("subprocess.run", lambda *_a, **_o: subprocess.CompletedProcess([], 2))
    assert venv.main() == 1
    assert capsys.readouterr().err.startswith("error: `")


def test_a_python_that_is_too_old_is_named_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.version_info", (3, 9))
    assert venv.main() == 1
    assert "use `make PYTHON=" in capsys.readouterr().err
