"""The package in somebody else's program: installed from its wheel, beside components of that program's own."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.digitaltwins.core import DigitalTwinsClient

from tests.conftest import ROOT, FixedToken, LocalAzure, local_azure

pytestmark = pytest.mark.acceptance

EXAMPLE = ROOT / "examples" / "two-instances"


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example in a folder of its own, with the wheel in its own environment."""
    folder = tmp_path_factory.mktemp("reuse")
    shutil.copytree(ROOT / "examples" / "tenants", folder / "tenants")
    project = folder / "two-instances"
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns(".venv", "__pycache__"))
    uv = Path(sys.executable).parent / "uv"
    run(uv, "build", "--quiet", "--wheel", "--out-dir", folder, ROOT, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    run(uv, "venv", "--quiet", "--seed", ".venv", cwd=project)
    python = project / ".venv" / "bin" / "python"
    pins = ("--constraint", ROOT / "requirements.txt")
    run(uv, "pip", "install", "--quiet", "--python", python, *pins, f"{wheel}[pulumi]", cwd=project)
    return project


@pytest.fixture(scope="module")
def made_from_the_checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAzure]:
    with local_azure(tmp_path_factory.mktemp("checkout")) as azure:
        up = azure.make("up")
        assert up.returncode == 0, up.stdout + up.stderr
        yield azure


def test_a_stack_of_the_checkout_goes_on_in_a_program_with_two_instances(
    program: Path, made_from_the_checkout: LocalAzure
) -> None:
    before = made_from_the_checkout.outputs()
    azure = LocalAzure(program, made_from_the_checkout.local)
    writes = azure.twin_writes()

    up = azure.pulumi("up", "--skip-preview", "--yes", "--diff")

    assert up.returncode == 0, up.stdout + up.stderr
    assert "twin_rbac/components" in module_of(program)
    summary = re.search(r"Resources:\n((?: .*\n)+)", up.stdout)
    assert summary is not None
    assert "replaced" not in summary[1]
    assert "deleted" not in summary[1]
    outputs = azure.outputs()
    for name in ("instanceId", "digitalTwinsEndpoint", "gatewayEndpoint", "markerRoles", "gatewayPrincipalId"):
        assert outputs[name] == before[name]
        assert outputs[f"north-{name}"] != before[name]
    # Three pumps are seeded and two of them tagged; nothing of the first instance is written again.
    assert azure.twin_writes() == writes + 5
    assert seen(azure, outputs["gatewayEndpoint"]) == {"A", "1", "2"}

    again = azure.pulumi("up", "--skip-preview", "--yes")
    assert re.search(r"Resources:\s+\d+ unchanged", again.stdout), again.stdout
    down = azure.pulumi("destroy", "--skip-preview", "--yes")
    assert down.returncode == 0, down.stdout + down.stderr


def module_of(program: Path) -> str:
    say = "import twin_rbac.components as c; print(c.__file__)"
    return run(program / ".venv" / "bin" / "python", "-c", say, cwd=program)


def seen(azure: LocalAzure, endpoint: str) -> set[str]:
    client = DigitalTwinsClient(endpoint, FixedToken(azure.gateway_token("earth")), connection_verify=azure.ca_file)
    return {twin["$dtId"] for twin in client.query_twins("SELECT * FROM DIGITALTWINS")}


def test_the_program_and_the_package_are_typed(program: Path) -> None:
    python = program / ".venv" / "bin" / "python"

    said = run(
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--python-executable",
        python,
        "__main__.py",
        "components",
        cwd=program,
    )

    assert "Success" in said
