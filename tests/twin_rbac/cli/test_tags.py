import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from twin_rbac.cli.__main__ import run
from twin_rbac.cli.stack import Stack

MANIFEST = """version: 1
roles: {Earth: {}, Fire: {}}
tags:
  - {role: Earth, twins: [A, "1"]}
  - {role: Fire, twins: [B]}
"""


@pytest.fixture
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    file = Path("role-tags.yaml")
    file.write_text(MANIFEST)
    return file


@pytest.fixture
def tags(instance: Any, token: str, manifest: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Runs `twin-rbac tags` against the instance and gives its exit code."""
    monkeypatch.setenv("TWIN_RBAC_TOKEN", token)
    for twin_id in ("A", "B", "1"):
        instance.put(twin_id)

    def tags(command: str, *options: str) -> int:
        return run(["tags", command, "--endpoint", instance.endpoint, "--manifest", str(manifest), *options])

    return tags


def test_a_plan_with_changes_exits_2_and_writes_nothing(tags: Any, instance: Any, capsys: Any) -> None:
    assert tags("plan") == 2
    assert capsys.readouterr().out.splitlines() == [
        "+ 1: Earth",
        "+ A: Earth",
        "+ B: Fire",
        "  Earth: 2 to add, 0 to change, 0 to remove, 0 unchanged",
        "  Fire: 1 to add, 0 to change, 0 to remove, 0 unchanged",
        "3 to add, 0 to change, 0 to remove, 0 unchanged, 0 unlisted, 0 missing",
    ]
    assert instance.calls("PATCH") == []


def test_an_apply_exits_0_and_a_plan_after_it_too(tags: Any, instance: Any, capsys: Any) -> None:
    assert tags("apply") == 0
    assert instance.tags() == {"A": {"role": "Earth"}, "1": {"role": "Earth"}, "B": {"role": "Fire"}}
    assert capsys.readouterr().out.splitlines()[-1] == "3 twins written"
    assert tags("plan") == 0


def test_unlisted_twins_are_shown_and_not_counted_as_changes(tags: Any, instance: Any, capsys: Any) -> None:
    tags("apply")
    instance.put("X", tags={"role": "Fire"})
    capsys.readouterr()

    assert tags("plan", "--output", "json") == 0
    assert json.loads(capsys.readouterr().out)["unlisted"] == {"X": "Fire"}
    assert tags("verify") == 2
    assert "X: unlisted (found Fire)" in capsys.readouterr().out


def test_prune_takes_the_role_from_unlisted_twins_in_this_run(tags: Any, instance: Any) -> None:
    instance.put("X", tags={"role": "Fire"})

    assert tags("apply", "--prune") == 0
    assert instance.tags()["X"] == {}


def test_verify_exits_0_when_all_is_in_sync(tags: Any, capsys: Any) -> None:
    tags("apply")
    capsys.readouterr()

    assert tags("verify", "--output", "json") == 0
    assert json.loads(capsys.readouterr().out) == {"findings": [], "counts": {}, "checked": 3}


@pytest.mark.parametrize("command", ["plan", "apply", "verify"])
@pytest.mark.parametrize("output", ["text", "json", "markdown"])
def test_results_go_to_stdout_and_nothing_else_does(tags: Any, capsys: Any, command: str, output: str) -> None:
    tags(command, "--output", output)
    captured = capsys.readouterr()

    assert captured.out
    assert captured.err == ""
    if output == "json":
        json.loads(captured.out)


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_a_missing_twin_is_named_with_its_place_in_the_manifest(
    tags: Any, instance: Any, capsys: Any, command: str
) -> None:
    del instance.twins["B"]

    assert tags(command) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        "role-tags.yaml:5:26: there is no twin 'B' in the instance; create it, take it out, or set missing: skip\n"
    )
    assert instance.calls("PATCH") == []


def test_a_wrong_manifest_is_refused_before_any_call(tags: Any, instance: Any, manifest: Path, capsys: Any) -> None:
    manifest.write_text(MANIFEST.replace("role: Fire", "role: Fier"))

    assert tags("apply") == 1
    assert capsys.readouterr().err.startswith("role-tags.yaml:5:12: unknown role 'Fier'; did you mean 'Fire'?")
    assert instance.received == []


def test_a_token_that_is_not_accepted_is_one_clear_line_without_it(
    tags: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("TWIN_RBAC_TOKEN", "f0rged")

    assert tags("plan") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: cannot sign in to http://127.0.0.1")
    assert "f0rged" not in line


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ([], "give either --stack or --endpoint"),
        (["--stack", "dev", "--endpoint", "https://localhost:1"], "give either --stack or --endpoint"),
        (["--endpoint", "https://localhost:1"], "--endpoint needs --manifest"),
        (["--stack", "dev", "--instance-id", "/x"], "--instance-id goes with --endpoint"),
        (["--colour", "red"], "No such option: --colour"),
        (["--endpoint", "https://localhost:1", "--output", "xml"], "'xml' is not one of"),
    ],
)
def test_a_usage_error_exits_1_and_says_what_is_wrong(options: list[str], reason: str, capsys: Any) -> None:
    assert run(["tags", "plan", *options]) == 1
    captured = capsys.readouterr()
    assert reason in captured.err
    assert captured.out == ""


def test_a_given_token_is_never_sent_anywhere_but_to_this_machine(
    manifest: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("TWIN_RBAC_TOKEN", "t0ken")
    # Any credential of the environment would do; half of one ends the command before it calls anything.
    for name in [name for name in os.environ if name.startswith("ARM_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ARM_CLIENT_SECRET", "half")

    endpoint = "https://name.api.weu.digitaltwins.azure.net"
    assert run(["tags", "plan", "--endpoint", endpoint, "--manifest", str(manifest)]) == 1
    note, error = capsys.readouterr().err.splitlines()
    assert note.startswith("TWIN_RBAC_TOKEN and TWIN_RBAC_CA are for loopback endpoints only")
    assert error == "error: ARM_CLIENT_SECRET is set but ARM_CLIENT_ID is not; set it, or unset ARM_CLIENT_SECRET"


@pytest.fixture
def stack(instance: Any, token: str, manifest: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A stack's name; Resource Manager and the instance of it are the same server."""
    found = Stack(
        endpoint=instance.endpoint,
        instance_id="/subscriptions/s/resourceGroups/g/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt-1",
        declared={},
        manifest=manifest,
        cloud={"resourceManager": instance.endpoint},
    )
    monkeypatch.setattr("twin_rbac.cli.subject.read_stack", lambda _name: found)
    monkeypatch.setenv("TWIN_RBAC_TOKEN", token)
    return "dev"


@pytest.mark.parametrize("command", ["plan", "apply", "verify"])
def test_outside_the_instances_network_a_command_says_to_run_inside(
    instance: Any, scripted: Any, stack: str, capsys: Any, command: str
) -> None:
    refusal = scripted(403, {"error": {"code": "Forbidden", "message": "…"}})
    instance.script = [refusal, scripted(200, {"properties": {"publicNetworkAccess": "Disabled"}}), refusal]

    assert run(["tags", command, "--stack", stack]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        "error: the instance adt-1 takes calls from inside its network alone (public network access is off): "
        "run this inside the network\n"
    )
    assert len(instance.received) == 3


def test_every_command_explains_itself(capsys: Any) -> None:
    for command in ("plan", "apply", "verify"):
        assert run(["tags", command, "--help"]) == 0
        assert "--manifest" in capsys.readouterr().out
