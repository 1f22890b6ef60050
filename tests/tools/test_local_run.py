import json
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tools.checkout import CHECKOUT, VENV
from tools.sessions import members

pytestmark = pytest.mark.engine

# A program with one resource. While the pipe `started` lies in the project, it says there that it runs, and waits.
PROGRAM = """
import os
import pulumi
from pulumi_azure_native import resources

if os.path.exists("started"):
    with open("started", "w") as pipe:
        pipe.write("yes")
    with open("never") as pipe:
        pipe.read()
resources.ResourceGroup("group", resource_group_name="rg-example", location="westeurope")
pulumi.export("cloud", pulumi.Config("digital-twins-rbac").require_object("cloud"))
"""


@pytest.fixture(scope="module")
def environ(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A shell whose local Azure runs in a folder of its own, and that has an account of its own at hand."""
    local = tmp_path_factory.mktemp("local")
    shell = {**os.environ, "TWIN_RBAC_LOCAL": str(local), "PULUMI_BACKEND_URL": "https://api.pulumi.com"}
    run([sys.executable, "-m", "emulator", "up", "--detach"], CHECKOUT, shell)
    yield shell
    run([sys.executable, "-m", "emulator", "down"], CHECKOUT, shell)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    folder = tmp_path / "program"
    folder.mkdir()
    runtime = {"name": "python", "options": {"virtualenv": str(VENV)}}
    (folder / "Pulumi.yaml").write_text(json.dumps({"name": f"example-{tmp_path.name.strip('_')}", "runtime": runtime}))
    shutil.copy(CHECKOUT / "Pulumi.local.yaml", folder)
    (folder / "__main__.py").write_text(PROGRAM)
    return folder


def run(command: Sequence[str], folder: Path, environ: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def pulumi_local(line: str, program: Path, environ: dict[str, str]) -> str:
    return run([str(CHECKOUT / "tools/pulumi-local"), *line.split()], program, environ)


def test_a_stack_is_made_found_again_and_removed_and_the_project_stays_as_it_was(
    program: Path, environ: dict[str, str]
) -> None:
    committed = (program / "Pulumi.local.yaml").read_text()
    first = pulumi_local("up --skip-preview --yes", program, environ)
    assert "2 created" in first
    # What Pulumi says, up to ten times a run, about a plugin that it finds on PATH.
    assert "warning" not in first
    assert "2 unchanged" in pulumi_local("up --skip-preview --yes", program, environ)
    cloud = json.loads(pulumi_local("stack output --json", program, environ))["cloud"]
    assert cloud["resourceManager"].startswith("https://localhost:")
    pulumi_local("destroy --skip-preview --yes", program, environ)
    pulumi_local("stack rm --yes", program, environ)
    assert (program / "Pulumi.local.yaml").read_text() == committed
    left = {file.name for file in program.iterdir()} - {"__pycache__"}
    assert left == {"Pulumi.yaml", "Pulumi.local.yaml", "__main__.py"}


def test_after_a_kill_of_the_engine_nothing_of_the_run_is_left_and_the_next_one_goes_through(
    program: Path, environ: dict[str, str]
) -> None:
    os.mkfifo(program / "started")
    os.mkfifo(program / "never")
    command = [str(CHECKOUT / "tools/pulumi-local"), "up", "--skip-preview", "--yes"]
    with subprocess.Popen(command, cwd=program, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as up:
        wait_for(program / "started")
        engine = json.loads((Path(environ["TWIN_RBAC_LOCAL"]) / "pulumi-run.json").read_text())["leader"]
        os.kill(engine, signal.SIGKILL)
        assert up.wait(60) == 128 + signal.SIGKILL
    assert members(engine) == []
    (program / "started").unlink()
    assert "2 created" in pulumi_local("up --skip-preview --yes", program, environ)
    pulumi_local("destroy --skip-preview --yes", program, environ)


def wait_for(pipe: Path) -> None:
    descriptor = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert select.select([descriptor], [], [], 60)[0], "the program was not started"
    finally:
        os.close(descriptor)
