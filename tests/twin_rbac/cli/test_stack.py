import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from twin_rbac.cli.__main__ import run
from twin_rbac.cli.errors import CommandError
from twin_rbac.cli.stack import read_stack
from twin_rbac.role_tags.digest import WHOLE, pack
from twin_rbac.role_tags.model import TagRules

OUTPUTS = {
    "digitalTwinsEndpoint": "https://adt.api.weu.digitaltwins.azure.net",
    "instanceId": "/subscriptions/s/…/adt",
    "declared": {"A": "Earth"},
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a manifest, and a PATH on which a test can put programs."""
    (tmp_path / "Pulumi.yaml").write_text("name: digital-twins-rbac\n")
    (tmp_path / "role-tags.yaml").write_text("version: 1\nroles: {Earth: {}}\ntags: [{role: Earth, twins: [A]}]\n")
    (tmp_path / "tools").mkdir()
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.delenv("TWIN_RBAC_LOCAL", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def program(file: Path, script: str) -> None:
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


def pulumi(project: Path, outputs: Any) -> None:
    (project / "outputs.json").write_text(json.dumps(outputs))
    program(project / "bin" / "pulumi", 'echo "$@" > arguments; cat outputs.json')


def config(file: Path, **values: Any) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({"config": {f"digital-twins-rbac:{key}": value for key, value in values.items()}}))


def test_a_stack_says_where_its_instance_is_and_what_was_declared(project: Path) -> None:
    pulumi(project, OUTPUTS)
    config(project / "Pulumi.dev.yaml", manifest="role-tags.yaml")
    stack = read_stack("dev")

    assert stack.endpoint == OUTPUTS["digitalTwinsEndpoint"]
    assert stack.instance_id == OUTPUTS["instanceId"]
    assert stack.declared == {"A": "Earth"}
    assert (stack.manifest, stack.cloud) == (Path("role-tags.yaml"), {})
    assert (project / "arguments").read_text() == "stack output --json --stack dev\n"


def test_what_a_stack_declared_of_very_many_twins_is_read_whole(project: Path) -> None:
    twins = {f"t{number}": "Earth" for number in range(10_001)}
    pulumi(project, {**OUTPUTS, "declared": pack(twins, TagRules(roles=("Earth",)))})
    config(project / "Pulumi.dev.yaml", manifest="role-tags.yaml")

    assert read_stack("dev").declared == twins


def test_a_damaged_output_is_named(project: Path) -> None:
    pulumi(project, {**OUTPUTS, "declared": {"Earth": "10,001 twins, sha256:00", WHOLE: "damaged"}})
    config(project / "Pulumi.dev.yaml", manifest="role-tags.yaml")

    with pytest.raises(CommandError, match="stack 'dev', output declared: the recorded map of twins is damaged"):
        read_stack("dev")


def test_a_stack_is_found_from_a_folder_below_the_project(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pulumi(project, {**OUTPUTS, "declared": None})
    config(project / "Pulumi.dev.yaml", manifest="role-tags.yaml")
    monkeypatch.chdir(project / "tools")
    stack = read_stack("organisation/project/dev")

    assert stack.manifest.resolve() == (project / "role-tags.yaml").resolve()
    assert stack.declared == {}


def test_the_local_stack_is_read_through_the_wrapper_with_its_credentials_and_no_others(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"IDENTITY_ENDPOINT": "https://localhost:2/msi/token", "AZURE_TOKEN_CREDENTIALS": "x"}
    (project / "settings.json").write_text(json.dumps(settings))
    (project / "outputs.json").write_text(json.dumps({**OUTPUTS, "digitalTwinsEndpoint": "https://localhost:3"}))
    script = 'if [ "$1" = --environment ]; then cat settings.json; else cat outputs.json; fi'
    program(project / "tools" / "pulumi-local", script)
    cloud = {"resourceManager": "https://localhost:1"}
    config(project / ".local" / "Pulumi.local.yaml", manifest="role-tags.yaml", cloud=cloud)
    for name in ("ARM_CLIENT_SECRET", "AZURE_CLIENT_ID", "IDENTITY_ENDPOINT", "AZURE_TOKEN_CREDENTIALS"):
        monkeypatch.setenv(name, "of the shell")
    stack = read_stack("local")

    assert (stack.endpoint, stack.cloud) == ("https://localhost:3", cloud)
    assert {name: os.environ.get(name) for name in settings} == settings
    assert not {"ARM_CLIENT_SECRET", "AZURE_CLIENT_ID"} & set(os.environ)


@pytest.mark.parametrize(
    ("outputs", "values", "reason"),
    [
        ({}, {"manifest": "role-tags.yaml"}, r"stack 'dev' has no instance yet .*deploy it first"),
        (OUTPUTS, {}, r"Pulumi\.dev\.yaml has no digital-twins-rbac:manifest; add it"),
    ],
)
def test_a_stack_that_cannot_be_used_is_explained(
    project: Path, outputs: Any, values: dict[str, str], reason: str
) -> None:
    pulumi(project, outputs)
    config(project / "Pulumi.dev.yaml", **values)

    with pytest.raises(CommandError, match=reason):
        read_stack("dev")


def test_what_pulumi_says_of_a_failure_is_passed_on(project: Path) -> None:
    program(project / "bin" / "pulumi", "echo \"error: no stack named 'dev' found\" >&2; exit 255")

    with pytest.raises(CommandError, match=r"stack output --json --stack dev failed: error: no stack named 'dev'"):
        read_stack("dev")


def test_without_pulumi_the_way_out_is_named(project: Path, capsys: Any) -> None:
    assert run(["tags", "plan", "--stack", "dev"]) == 1
    assert capsys.readouterr().err.startswith("error: pulumi cannot be run (No such file or directory); install it")


def test_outside_a_project_the_way_out_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(CommandError, match=r"no Pulumi\.yaml here or above.*--endpoint"):
        read_stack("dev")


def test_what_left_the_manifest_since_the_stacks_last_apply_is_planned_for_removal(
    project: Path, instance: Any, token: str, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    instance.put("A", tags={"role": "Earth"})
    instance.put("B", tags={"role": "Earth"})
    pulumi(project, {**OUTPUTS, "digitalTwinsEndpoint": instance.endpoint, "declared": {"A": "Earth", "B": "Earth"}})
    config(project / "Pulumi.dev.yaml", manifest="role-tags.yaml")
    monkeypatch.setenv("TWIN_RBAC_TOKEN", token)

    assert run(["tags", "plan", "--stack", "dev"]) == 2
    assert capsys.readouterr().out.splitlines()[0] == "- B: Earth → no role"
