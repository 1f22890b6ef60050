from collections.abc import Callable
from pathlib import Path

import pytest

from tools import __main__ as command_line
from tools import commands
from tools.errors import StepFailed, ToolError

Emulator = list[tuple[str, ...]]


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """The commands that the emulator was given."""
    given: Emulator = []
    monkeypatch.setattr(commands, "_emulator", lambda *arguments: given.append(arguments))
    return given


def test_down_with_nothing_deployed_stops_the_local_azure_and_is_content(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TWIN_RBAC_LOCAL", str(tmp_path))
    commands.down()
    assert emulator == [("down",)]
    assert capsys.readouterr().out == "There is no stack to remove.\n"


def test_a_preview_runs_the_policy_pack_and_says_so_when_it_passes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run: list[tuple[str, ...]] = []
    monkeypatch.setattr(commands, "_start", lambda: None)
    monkeypatch.setattr(commands, "get_policy_pack", lambda *, report: Path("policy_pack/run"))
    monkeypatch.setattr(commands, "_run", lambda _pulumi, *arguments: run.append(arguments))

    commands.preview()

    assert run == [("preview", "--diff", "--policy-pack", "policy_pack/run")]
    assert capsys.readouterr().out == "Every policy of policy_pack passed.\n"


def test_a_failure_is_one_sentence_and_exit_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise StepFailed("tools/pulumi-local up", 255)

    run = command(monkeypatch, "up", fail)
    assert run() == 1
    assert capsys.readouterr().err == (
        "error: tools/pulumi-local up failed (exit code 255); what went wrong stands above\n"
    )


def test_an_unknown_command_is_refused_with_those_there_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["tools", "sideways"])
    assert command_line.main() == 1
    assert capsys.readouterr().err == "usage: python -m tools up|preview|down\n"


def command(monkeypatch: pytest.MonkeyPatch, name: str, does: Callable[[], None]) -> Callable[[], int]:
    monkeypatch.setitem(command_line.COMMANDS, name, does)
    monkeypatch.setattr("sys.argv", ["tools", name])
    return command_line.main


def test_other_ports_are_refused_while_a_stack_holds_the_old_ones(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWIN_RBAC_LOCAL", str(tmp_path))
    monkeypatch.setenv("PORT", "46000")
    (tmp_path / "ports.json").write_text('{"resourceManager": 44000}')
    state = tmp_path / "backend" / ".pulumi" / "stacks" / "digital-twins-rbac" / "local.json"
    state.parent.mkdir(parents=True)
    state.write_text("{}")

    with pytest.raises(ToolError, match="deployed at PORT=44000; run `make down` without PORT first"):
        commands.up()
    assert emulator == []
