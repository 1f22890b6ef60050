from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tools import policies
from tools.errors import PolicyPackUnavailable, WayFailed
from tools.policies import get_policy_pack


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "requirements.txt").write_text("pulumi-policy==1.21.0\n")
    return folder


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[str]]:
    """What would have been run; the environment's folder is made, as uv would."""
    run: list[Sequence[str]] = []

    def step(_title: str, command: Sequence[str], **_options: Any) -> None:
        run.append(command)
        if "venv" in command:
            Path(command[-1]).mkdir(exist_ok=True)

    monkeypatch.setattr(policies, "run_step", step)
    return run


def ignore(_line: str) -> None:
    pass


def test_the_environment_is_made_once_and_again_when_the_pins_change(pack: Path, steps: list[Sequence[str]]) -> None:
    assert get_policy_pack(report=ignore, pack=pack) == pack / "run"
    get_policy_pack(report=ignore, pack=pack)
    assert [command[1] for command in steps] == ["venv", "pip"]

    (pack / "requirements.txt").write_text("pulumi-policy==1.22.0\n")
    get_policy_pack(report=ignore, pack=pack)
    assert [command[1] for command in steps] == ["venv", "pip", "venv", "pip"]


def test_only_what_is_locked_by_hash_is_installed(pack: Path, steps: list[Sequence[str]]) -> None:
    get_policy_pack(report=ignore, pack=pack)

    assert "--require-hashes" in steps[1]
    assert steps[1][-1] == str(pack / "requirements.txt")


def test_one_that_was_left_half_made_is_made_again(
    pack: Path, steps: list[Sequence[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_title: str, command: Sequence[str], **_options: Any) -> None:
        if "pip" in command:
            raise WayFailed("Installing ended with exit code 1: no route to host")
        (pack / ".venv").mkdir()

    with monkeypatch.context() as patch:
        patch.setattr(policies, "run_step", fail)
        with pytest.raises(
            PolicyPackUnavailable, match=r"the policy pack cannot be run: Installing .* no route to host"
        ):
            get_policy_pack(report=ignore, pack=pack)

    assert get_policy_pack(report=ignore, pack=pack) == pack / "run"
    assert [command[1] for command in steps] == ["venv", "pip"]
