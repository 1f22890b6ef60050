import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tools.arguments import check_arguments
from tools.checkout import CHECKOUT
from tools.engine import Engine
from tools.errors import LocalAzureNotRunning, RunInProgress
from tools.local_azure import LocalAzure
from tools.locks import file_lock
from tools.pulumi_local import LocalPulumi, main
from tools.sessions import members
from tools.stack import LocalStack

# A pulumi that writes down how it was called, and does to its backend what the real one does.
PULUMI = """
import json, os, sys
from pathlib import Path
with open(os.environ["CALLS"], "a") as calls:
    calls.write(json.dumps({"arguments": sys.argv[1:], "cwd": os.getcwd(), "session": os.getsid(0)}) + "\\n")
store = Path(os.environ["STORE"])
if sys.argv[1:3] == ["stack", "init"]:
    (store / "stacks/example").mkdir(parents=True)
    (store / "stacks/example/local.json").write_text("{}")
if sys.argv[1] == "cancel":
    for lock in store.glob("locks/**/*.json"):
        lock.unlink()
sys.exit(7 if "--expect-no-changes" in sys.argv else 0)
"""


@dataclass(frozen=True)
class RunningAzure(LocalAzure):
    def is_running(self) -> bool:
        return True


@dataclass(frozen=True)
class Rig:
    pulumi: LocalPulumi

    def run(self, line: str) -> int:
        return self.pulumi.run(check_arguments(line.split()))

    def calls(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in Path(self.pulumi.environ["CALLS"]).read_text().splitlines()]

    def lines(self) -> list[str]:
        return [" ".join(call["arguments"]) for call in self.calls()]


@pytest.fixture
def make_rig(
    azure: LocalAzure, project: Path, make_engine: Callable[[str], Engine], tmp_path: Path
) -> Callable[[str], Rig]:
    def make(source: str) -> Rig:
        environ = {
            **os.environ,
            "CALLS": str(tmp_path / "calls"),
            "STORE": str(azure.folder / "backend/.pulumi"),
            "PULUMI_HOME": str(azure.folder / "pulumi-home"),
        }
        running = RunningAzure(**vars(azure))
        return Rig(LocalPulumi(make_engine(source), running, LocalStack(azure.folder, project), environ))

    return make


@pytest.fixture
def rig(make_rig: Callable[[str], Rig]) -> Rig:
    return make_rig(PULUMI)


def test_the_first_run_makes_the_stack_and_later_ones_find_it(rig: Rig) -> None:
    rig.run("preview")
    rig.run("up --yes")
    config = rig.pulumi.stack.config_file
    assert rig.lines() == [
        "stack init local --non-interactive",
        f"preview --config-file {config}",
        f"up --yes --config-file {config}",
    ]


def test_pulumi_runs_in_the_project_in_a_session_of_its_own(rig: Rig, project: Path) -> None:
    rig.run("up")
    call = rig.calls()[-1]
    assert call["cwd"] == str(project)
    assert call["session"] != os.getsid(0)


def test_the_exit_code_is_pulumis(rig: Rig) -> None:
    assert rig.run("refresh --preview-only --expect-no-changes") == 7
    assert rig.run("up") == 0


def test_a_lock_that_a_killed_run_left_is_cancelled_before_the_next_one(rig: Rig) -> None:
    rig.run("up")
    lock = rig.pulumi.azure.folder / "backend/.pulumi/locks/organization/example/local/4f.json"
    lock.parent.mkdir(parents=True)
    lock.write_text("{}")
    rig.run("up")
    assert [line.split()[0] for line in rig.lines()] == ["stack", "up", "cancel", "up"]


def test_reading_the_outputs_neither_waits_for_a_run_nor_disturbs_it(rig: Rig) -> None:
    record = rig.pulumi.azure.folder / "pulumi-run.json"
    record.write_text("{}")
    with file_lock(rig.pulumi.azure.folder / "pulumi.lock", on_busy=pytest.fail):
        assert rig.run("stack output --json") == 0
    assert record.exists()


def test_a_second_run_at_the_same_time_is_refused_and_starts_nothing(rig: Rig) -> None:
    with file_lock(rig.pulumi.azure.folder / "pulumi.lock", on_busy=pytest.fail), pytest.raises(RunInProgress):
        rig.run("up")
    assert not Path(rig.pulumi.environ["CALLS"]).exists()


def test_without_the_local_azure_nothing_is_started(rig: Rig, azure: LocalAzure) -> None:
    with pytest.raises(LocalAzureNotRunning):
        Rig(replace(rig.pulumi, azure=azure)).run("up")
    assert not Path(rig.pulumi.environ["CALLS"]).exists()


# An engine that starts a plugin and is killed, as by `kill -9`: the plugin lives on.
KILLED = """
import os, signal, subprocess
subprocess.Popen(["sleep", "600"])
open(os.environ["CALLS"], "w").write(str(os.getsid(0)))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_engine_leaves_is_ended_with_the_run(make_rig: Callable[[str], Rig]) -> None:
    rig = make_rig(KILLED)
    assert rig.run("cancel") == 128 + signal.SIGKILL
    assert members(int(Path(rig.pulumi.environ["CALLS"]).read_text())) == []
    assert not (rig.pulumi.azure.folder / "pulumi-run.json").exists()


# An engine that works until its input ends, and exits with a code of its own when it is interrupted.
WAITING = """
import os, signal, sys
if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
    signal.signal(signal.SIGINT, lambda *_: sys.exit(5))
print(os.getpid(), flush=True)
sys.stdin.read()
"""


@contextmanager
def running_command(rig: Rig, *arguments: str, before: str = "") -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """`tools/pulumi-local` as a process of its own, and the process id of the pulumi that it runs."""
    environ = {
        **os.environ,
        "PATH": f"{rig.pulumi.engine.folder}{os.pathsep}{os.environ['PATH']}",
        "TWIN_RBAC_LOCAL": str(rig.pulumi.azure.folder),
    }
    script = f'{before} exec "$0" "$@"'
    with subprocess.Popen(
        ["sh", "-c", script, str(CHECKOUT / "tools/pulumi-local"), *arguments],
        cwd=rig.pulumi.stack.project,
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        try:
            yield process, int(process.stdout.readline())
        finally:
            process.kill()


def test_an_interrupt_reaches_pulumi_even_if_the_shell_had_it_ignored(make_rig: Callable[[str], Rig]) -> None:
    with running_command(make_rig(WAITING), "cancel", before="trap '' INT;") as (wrapper, pulumi):
        wrapper.send_signal(signal.SIGINT)
        assert wrapper.wait(30) == 5
        assert members(pulumi) == []


def test_after_the_wrapper_was_killed_the_next_run_ends_what_it_left(
    make_rig: Callable[[str], Rig], capfd: pytest.CaptureFixture[str]
) -> None:
    rig = make_rig(WAITING)
    with running_command(rig, "cancel") as (wrapper, pulumi):
        wrapper.kill()
        wrapper.wait()
        assert members(pulumi) == [pulumi]
        (rig.pulumi.engine.folder / "pulumi").write_text(f"#!{sys.executable}\n")
        assert rig.run("cancel") == 0
        assert members(pulumi) == []
    assert "Ended 1 process(es) that a killed run had left." in capfd.readouterr().err


def test_a_refusal_is_one_sentence_and_exit_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["up", "--stack", "prod"]) == 1
    assert capsys.readouterr().err == (
        "error: tools/pulumi-local works on the stack `local` only and refuses `prod`: the stack's name is `local`\n"
    )


def test_as_without_a_name_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["up", "--as"]) == 1
    assert "--as needs the name of a principal" in capsys.readouterr().err


def test_the_environment_is_one_json_object_for_the_principal(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TWIN_RBAC_LOCAL", str(rig.pulumi.azure.folder))
    monkeypatch.setenv("PATH", f"{rig.pulumi.engine.folder}{os.pathsep}{os.environ['PATH']}")
    assert main(["--environment", "--as", "tagger"]) == 0
    settings = json.loads(capsys.readouterr().out)
    assert settings["IDENTITY_HEADER"] == "tagger-secret"
    assert settings["TWIN_RBAC_LOCAL"] == str(rig.pulumi.azure.folder)
