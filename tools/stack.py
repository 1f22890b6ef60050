"""The stack `local` of a project: its state in the local folder, its config beside it, and nothing in tracked files."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from tools.arguments import STACK
from tools.checkout import VENV
from tools.documents import read_yaml, write_yaml
from tools.errors import StepFailed, ToolError
from tools.local_azure import LocalAzure

_CONFIG_FILE = f"Pulumi.{STACK}.yaml"
_CLOUD = "digital-twins-rbac:cloud"


class LocalStack:
    """Stack `local` of one project, in one local folder."""

    def __init__(self, folder: Path, project: Path) -> None:
        """Looks at the project.

        Raises:
            ToolError: the folder holds no Pulumi project.
        """
        self.folder = folder
        self.project = project
        document = read_yaml(project / "Pulumi.yaml")
        self.name = document.get("name")
        self.python = _find_python(project, document)
        """The Python that its program runs on: that of the virtualenv in Pulumi.yaml, else the checkout's."""
        if not isinstance(self.name, str):
            raise ToolError(f"{project / 'Pulumi.yaml'} has no `name`: not a Pulumi project")
        # Where Pulumi's file backend keeps things.
        store = folder / "backend" / ".pulumi"
        self._state = store / "stacks" / self.name / f"{STACK}.json"
        self._locks = store / "locks" / "organization" / self.name / STACK
        self._cradle = folder / "projects" / self.name

    @property
    def config_file(self) -> Path:
        """The config that a run gets: the committed one and the addresses of the local Azure."""
        return self.folder / _CONFIG_FILE

    @property
    def exists(self) -> bool:
        """Whether the backend has the stack."""
        return self._state.exists()

    @property
    def is_locked(self) -> bool:
        """Whether the backend holds a lock on the stack: a run is going on, or was killed."""
        return any(self._locks.glob("*.json"))

    def create(self, pulumi: Path, environ: Mapping[str, str]) -> None:
        """Makes the stack.

        `pulumi stack init` writes the salt of the passphrase into the stack's config file in the project. Git may
        track that one, so this happens in a folder that has only the project's name.

        Raises:
            StepFailed: pulumi failed, after saying why.
        """
        write_yaml(self._cradle / "Pulumi.yaml", {"name": self.name, "runtime": "python"})
        (self.folder / "backend").mkdir(parents=True, exist_ok=True)
        command = [str(pulumi), "stack", "init", STACK, "--non-interactive"]
        # To stderr: whoever reads the output of the command that follows reads nothing else.
        done = subprocess.run(command, cwd=self._cradle, env=environ, stdout=2, check=False)
        if done.returncode:
            raise StepFailed("pulumi stack init", done.returncode)

    def write_config(self, azure: LocalAzure) -> None:
        """Writes the config that a run gets.

        Raises:
            ToolError: the committed one is no mapping of settings, or names a cloud.
        """
        committed = read_yaml(self.project / _CONFIG_FILE)
        own = read_yaml(self._cradle / _CONFIG_FILE)
        config = committed.get("config") or {}
        if not isinstance(config, dict):
            raise ToolError(f"{self.project / _CONFIG_FILE}: `config:` must hold the settings, one a line")
        if _CLOUD in config:
            raise ToolError(f"{self.project / _CONFIG_FILE}: take out {_CLOUD}, which the local stack sets by itself")
        write_yaml(self.config_file, with_local_cloud({**committed, **own}, config, azure))


def _find_python(project: Path, document: Mapping[str, object]) -> Path:
    # The engine built here does not look at that setting itself.
    runtime = document.get("runtime")
    options = runtime.get("options") if isinstance(runtime, dict) else None
    virtualenv = options.get("virtualenv") if isinstance(options, dict) else None
    own = project / str(virtualenv) / "bin" / "python"
    return own if virtualenv and own.exists() else VENV / "bin" / "python"


def with_local_cloud(
    document: Mapping[str, object], config: Mapping[str, object], azure: LocalAzure
) -> dict[str, object]:
    """A stack's config file with the addresses of the local Azure in it."""
    cloud = {
        "resourceManager": azure.resource_manager,
        "authority": azure.authority,
        "resourceManagerAudience": "https://management.azure.com/",
        "digitalTwinsAudience": "https://digitaltwins.azure.net",
        # A site's package really runs, on this machine's Python.
        "functionWheels": "host",
    }
    return {**document, "config": {**config, _CLOUD: cloud}}
