"""What a person meets on the way: something exists already, and another machine goes on."""

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import LocalAzure, local_azure

pytestmark = pytest.mark.acceptance

GROUP = "/subscriptions/5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002/resourceGroups/rg-digital-twins-rbac-local"
INSTANCE = f"{GROUP}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt-taken"


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAzure]:
    """A local Azure in which somebody made the group and the instance by hand."""
    with local_azure(tmp_path_factory.mktemp("taken")) as azure:
        azure.configure(instance={"name": "adt-taken", "protect": False})
        azure.start()
        azure.manage("PUT", GROUP, {"location": "westeurope", "tags": {"profile": "dev"}}, version="2024-03-01")
        body = {"location": "westeurope", "identity": {"type": "SystemAssigned"}}
        azure.manage("PUT", INSTANCE, body, version="2023-01-31")
        yield azure


def import_commands(text: str) -> list[list[str]]:
    """The commands that a refusal prints, without `pulumi`."""
    return [shlex.split(line)[1:] for line in re.findall(r"pulumi import [^\n]+", text)]


def test_what_exists_already_is_refused_with_the_command_that_takes_it_over_and_then_the_next_up_converges(
    taken: LocalAzure,
) -> None:
    seen: set[str] = set()
    for _ in range(3):
        up = taken.make("up")
        if up.returncode == 0:
            break
        said = up.stdout + up.stderr
        assert "cannot create already existing resource" in said
        for command in import_commands(said):
            if " ".join(command) not in seen:
                seen.add(" ".join(command))
                done = taken.pulumi(*command, "--yes", "--protect=false")
                assert done.returncode == 0, done.stdout + done.stderr
    assert up.returncode == 0, up.stdout + up.stderr
    assert any("azure-native:resources:ResourceGroup" in command for command in seen)
    assert any("azure-native:digitaltwins:DigitalTwin" in command for command in seen)
    again = taken.make("up")
    assert re.search(r"Resources:\s+\d+ unchanged", again.stdout), again.stdout


def test_another_machine_goes_on_and_replaces_nothing(taken: LocalAzure, tmp_path: Path) -> None:
    project = tmp_path / "another" / "checkout"
    shutil.copytree(taken.project, project)
    laptop = LocalAzure(project, taken.local)
    writes = laptop.twin_writes()

    up = laptop.make("up")

    assert up.returncode == 0, up.stdout + up.stderr
    assert re.search(r"Resources:\s+\d+ unchanged", up.stdout), up.stdout
    assert laptop.twin_writes() == writes
