import json
from pathlib import Path
from typing import Any

import pytest

from emulator import commands
from emulator.__main__ import main
from emulator.errors import PortNotUsable
from emulator.home import Home

CONTRACT = {"running", "digitalTwinsEndpoint", "gatewayEndpoint", "caFile", "counters"}


@pytest.fixture
def no_emulator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The local folder of an emulator that was never started."""
    monkeypatch.setenv("TWIN_RBAC_LOCAL", str(tmp_path / "local"))
    monkeypatch.delenv("PORT", raising=False)
    return tmp_path / "local"


@pytest.fixture
def running(emulator: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("TWIN_RBAC_LOCAL", str(emulator.home.folder))
    monkeypatch.delenv("PORT", raising=False)
    return emulator


def test_the_status_of_nothing_is_an_answer_and_leaves_no_trace(
    no_emulator: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "--output", "json"]) == 0

    assert json.loads(capsys.readouterr().out) == {
        "running": False,
        "digitalTwinsEndpoint": None,
        "gatewayEndpoint": None,
        "caFile": str(no_emulator / "tls" / "bundle.pem"),
        "counters": {"twinWrites": 0, "instanceCalls": 0},
    }
    assert not no_emulator.exists()


def test_the_status_for_people_has_a_row_for_each_thing(no_emulator: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status"]) == 0

    assert capsys.readouterr().out == (
        "running                no\n"
        "Resource Manager       -\n"
        "instance               -\n"
        "gateway                -\n"
        f"certificates           {no_emulator}/tls/bundle.pem\n"
        "counted twinWrites     0\n"
        "counted instanceCalls  0\n"
    )


def test_the_status_of_a_running_emulator_has_the_same_keys_and_its_addresses(
    running: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint = running.endpoint(running.make_instance())

    assert main(["status", "--output", "json"]) == 0
    status = json.loads(capsys.readouterr().out)
    assert set(status) >= CONTRACT
    assert (status["running"], status["digitalTwinsEndpoint"]) == (True, endpoint)

    assert main(["status"]) == 0
    assert f"Resource Manager       {running.resource_manager}\ninstance               {endpoint}\n" in (
        capsys.readouterr().out
    )


def test_a_token_is_all_that_is_printed(running: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "owner"]) == 0

    printed = capsys.readouterr()
    assert printed.out.count("\n") == 1
    assert len(printed.out.strip().split(".")) == 3
    assert printed.err == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nobody"], "the directory has no principal 'nobody': there are deployer, drift, earth, earth-tenant, fire, "),
        (["earth-tenant"], "'earth-tenant' is a group and cannot sign in: take one of its members, earth\n"),
        (["earth"], "no gateway is deployed: use --audience instance or --audience resource-manager\n"),
        (["earth", "--audience", "gateway"], "no gateway is deployed: use --audience instance or --audience resource"),
    ],
)
def test_a_token_that_cannot_be_had_is_refused_in_a_sentence(
    arguments: list[str], said: str, running: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["token", *arguments]) == 1

    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"error: {said}")


@pytest.mark.parametrize("arguments", [["token", "owner"], ["logs"]])
def test_what_needs_an_emulator_says_how_to_start_one(
    arguments: list[str], no_emulator: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1

    assert capsys.readouterr().err == (
        f"error: no emulator is running in {no_emulator}: start one with `python -m emulator up --detach`\n"
    )


def test_down_and_reset_are_content_with_nothing(no_emulator: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["down"]) == 0
    assert main(["reset"]) == 0

    assert capsys.readouterr().out == "The local Azure is not running.\nThe local Azure is empty.\n"


def test_reset_of_a_running_emulator_empties_it(running: Any) -> None:
    running.make_instance()

    assert main(["reset"]) == 0

    assert running.control("GET", "status")["digitalTwinsEndpoint"] is None


def test_up_says_so_when_it_runs_already(running: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["up", "--detach"]) == 0

    assert capsys.readouterr().out == f"The local Azure is already running: {running.resource_manager}\n"


def test_an_emulator_that_only_just_starts_does_not_answer_yet(
    no_emulator: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Home(no_emulator).hold():
        assert main(["status"]) == 1

    assert "does not answer" in capsys.readouterr().err


def test_up_in_the_foreground_names_a_port_that_is_none(no_emulator: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "80")

    with pytest.raises(PortNotUsable):
        commands.run(Home(no_emulator), directory=commands.DIRECTORY, lag=0, faults=None)


def test_a_damaged_file_of_the_folder_is_named(no_emulator: Path, capsys: pytest.CaptureFixture[str]) -> None:
    no_emulator.mkdir()
    (no_emulator / "state.sqlite").write_text("no database at all" * 100)

    assert main(["reset"]) == 1

    assert capsys.readouterr().err.startswith(f"error: {no_emulator}/state.sqlite: file is not a database: delete it")


@pytest.mark.parametrize(
    "arguments", [[], ["start"], ["status", "--output", "xml"], ["up", "--lag", "soon"], ["token"]]
)
def test_what_is_no_command_ends_with_2_and_the_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2
    assert "usage: python -m emulator" in capsys.readouterr().err
