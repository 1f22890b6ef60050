import stat
import sys
from pathlib import Path

import pytest

from tools.checkout import VENV
from tools.documents import read_yaml
from tools.errors import ToolError
from tools.local_azure import LocalAzure
from tools.stack import LocalStack


def test_the_runs_config_is_the_committed_one_with_the_local_addresses(azure: LocalAzure, project: Path) -> None:
    stack = LocalStack(azure.folder, project)
    stack.write_config(azure)
    assert read_yaml(azure.folder / "Pulumi.local.yaml") == {
        "config": {
            "example:colour": "red",
            "digital-twins-rbac:cloud": {
                "resourceManager": "https://localhost:43001",
                "authority": "https://localhost:43002",
                "resourceManagerAudience": "https://management.azure.com/",
                "digitalTwinsAudience": "https://digitaltwins.azure.net",
                "functionWheels": "host",
            },
        }
    }


def test_making_the_stack_leaves_the_project_as_it_was(azure: LocalAzure, project: Path, tmp_path: Path) -> None:
    # As the real one: the salt of the passphrase goes into the config file of the folder it runs in.
    pulumi = tmp_path / "pulumi"
    pulumi.write_text(f"#!{sys.executable}\nopen('Pulumi.local.yaml', 'w').write('encryptionsalt: v1:abc\\n')\n")
    pulumi.chmod(stat.S_IRWXU)
    before = {file.name: file.read_text() for file in project.iterdir()}
    stack = LocalStack(azure.folder, project)
    stack.create(pulumi, {})
    stack.write_config(azure)
    assert {file.name: file.read_text() for file in project.iterdir()} == before
    assert read_yaml(stack.config_file)["encryptionsalt"] == "v1:abc"


def test_a_stack_exists_once_the_backend_has_its_state(azure: LocalAzure, project: Path) -> None:
    stack = LocalStack(azure.folder, project)
    assert not stack.exists
    state = azure.folder / "backend/.pulumi/stacks/example/local.json"
    state.parent.mkdir(parents=True)
    state.write_text("{}")
    assert stack.exists


def test_a_stack_is_locked_while_the_backend_holds_a_lock_file(azure: LocalAzure, project: Path) -> None:
    stack = LocalStack(azure.folder, project)
    assert not stack.is_locked
    lock = azure.folder / "backend/.pulumi/locks/organization/example/local/4f.json"
    lock.parent.mkdir(parents=True)
    lock.write_text("{}")
    assert stack.is_locked


def test_a_folder_without_a_project_is_refused_by_name(azure: LocalAzure, tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"Pulumi\.yaml has no `name`"):
        LocalStack(azure.folder, tmp_path)


def test_a_config_file_that_is_no_yaml_is_named_with_the_place(azure: LocalAzure, project: Path) -> None:
    (project / "Pulumi.local.yaml").write_text("config:\n  a: [1\n")
    with pytest.raises(ToolError, match=r"Pulumi\.local\.yaml.*line 3"):
        LocalStack(azure.folder, project).write_config(azure)


@pytest.mark.parametrize("text", ["- a\n", "config: 5\n"])
def test_a_config_that_is_no_mapping_of_settings_is_named(text: str, azure: LocalAzure, project: Path) -> None:
    (project / "Pulumi.local.yaml").write_text(text)

    with pytest.raises(ToolError, match=r"Pulumi\.local\.yaml: "):
        LocalStack(azure.folder, project).write_config(azure)


def test_a_cloud_of_the_projects_own_is_refused_and_not_silently_replaced(azure: LocalAzure, project: Path) -> None:
    (project / "Pulumi.local.yaml").write_text("config:\n  digital-twins-rbac:cloud: {authorty: x}\n")
    with pytest.raises(ToolError, match="take out digital-twins-rbac:cloud"):
        LocalStack(azure.folder, project).write_config(azure)


def test_a_project_with_an_environment_of_its_own_runs_on_it(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / ".venv" / "bin").mkdir(parents=True)
    (project / ".venv" / "bin" / "python").touch()
    (project / "Pulumi.yaml").write_text("name: p\nruntime: {name: python, options: {virtualenv: .venv}}\n")

    assert LocalStack(tmp_path, project).python == project / ".venv" / "bin" / "python"


@pytest.mark.parametrize("runtime", ["python", "{name: python}", "{name: python, options: {virtualenv: gone}}"])
def test_a_project_without_one_runs_on_the_checkouts(tmp_path: Path, runtime: str) -> None:
    (tmp_path / "Pulumi.yaml").write_text(f"name: p\nruntime: {runtime}\n")

    assert LocalStack(tmp_path, tmp_path).python == VENV / "bin" / "python"
