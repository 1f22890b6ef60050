"""A local Azure and a stack of its own for the tests that need the engine."""

import gc
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import requests
from azure.core.credentials import AccessToken
from azure.digitaltwins.core import DigitalTwinsClient
from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent
MANIFEST = "examples/tenants/role-tags.yaml"


def pytest_collection_finish() -> None:
    """What the imports made stays to the end: without this every collection of garbage walks all of azure-native."""
    gc.collect()
    gc.freeze()


@dataclass(frozen=True)
class FixedToken:
    """A credential of the official clients that always has the same token."""

    token: str

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken(self.token, 4_000_000_000)


@dataclass(frozen=True)
class LocalAzure:
    """A project folder and a local folder of their own: nothing here meets a person's `make up`."""

    project: Path
    local: Path

    @cached_property
    def environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("ARM_", "AZURE_"))}
        # A compiled program starts in half the time, and pytest's own setting would reach the engine's plugins.
        return {**kept, "TWIN_RBAC_LOCAL": str(self.local), "PYTHONDONTWRITEBYTECODE": ""}

    def run(
        self, *command: str | Path, timeout: float = 300, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(part) for part in command],
            cwd=self.project,
            env={**self.environment, **(environment or {})},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def pulumi(self, *arguments: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        return self.run(ROOT / "tools" / "pulumi-local", *arguments, timeout=timeout)

    def make(self, step: str) -> subprocess.CompletedProcess[str]:
        """What `make up`, `make preview` and `make down` run once the packages are installed."""
        return self.run(sys.executable, "-m", "tools", step)

    def start(self) -> None:
        """Starts the local Azure, for a test that puts something into it before the first `up`."""
        started = self.emulator("up", "--detach")
        assert started.returncode == 0, started.stdout + started.stderr

    def emulator(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run(sys.executable, "-m", "emulator", *arguments)

    def twin_rbac(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run(Path(sys.executable).parent / "twin-rbac", *arguments)

    def status(self) -> dict[str, Any]:
        return dict(json.loads(self.emulator("status", "--output", "json").stdout))

    def twin_writes(self) -> int:
        return int(self.status()["counters"]["twinWrites"])

    def token(self, name: str, audience: str = "instance") -> str:
        return self.emulator("token", name, "--audience", audience).stdout.strip()

    def manage(
        self, method: str, path: str, body: Any = None, *, version: str = "2022-04-01", name: str = "deployer"
    ) -> Any:
        """A raw call of Resource Manager that has to succeed."""
        port = json.loads((self.local / "ports.json").read_text())["resourceManager"]
        answer = requests.request(
            method,
            f"https://localhost:{port}{path}",
            params={"api-version": version},
            json=body,
            headers={"Authorization": f"Bearer {self.token(name, 'resource-manager')}"},
            verify=self.ca_file,
            timeout=60,
        )
        assert answer.status_code < 400, answer.text
        return answer.json() if answer.content else None

    def control(self, method: str, path: str, body: object) -> Any:
        """Calls the emulator's control interface."""
        port = json.loads((self.local / "ports.json").read_text())["resourceManager"]
        token = (self.local / "control-token").read_text().strip()
        answer = requests.request(
            method,
            f"https://localhost:{port}{path}",
            data=json.dumps(body),
            headers={"Authorization": f"Bearer {token}"},
            verify=self.ca_file,
            timeout=30,
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def outputs(self) -> dict[str, Any]:
        return dict(json.loads(self.pulumi("stack", "output", "--json").stdout))

    @property
    def ca_file(self) -> str:
        return str(self.local / "tls" / "bundle.pem")

    def client(self, name: str = "owner") -> DigitalTwinsClient:
        """The official client, as a principal of the directory."""
        endpoint = self.status()["digitalTwinsEndpoint"]
        return DigitalTwinsClient(endpoint, FixedToken(self.token(name)), connection_verify=self.ca_file)

    def gateway_token(self, name: str) -> str:
        return self.emulator("token", name).stdout.strip()

    def gateway_client(self, name: str) -> DigitalTwinsClient:
        """The official client at the gateway, with a tenant's own token."""
        endpoint = self.status()["gatewayEndpoint"]
        return DigitalTwinsClient(endpoint, FixedToken(self.gateway_token(name)), connection_verify=self.ca_file)

    def seen_by(self, name: str) -> set[str]:
        """The twins that the gateway shows a caller."""
        return {twin["$dtId"] for twin in self.gateway_client(name).query_twins("SELECT * FROM DIGITALTWINS")}

    def role_of(self, twin_id: str) -> str | None:
        return (self.client().get_digital_twin(twin_id).get("tags") or {}).get("role")

    def rewrite(self, path: str, old: str, new: str) -> None:
        text = (self.project / path).read_text()
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path}"
        (self.project / path).write_text(text.replace(old, new))

    def configure(self, **sections: object) -> None:
        """Sets whole sections of the stack's config; None takes one out."""
        yaml = YAML()
        path = self.project / "Pulumi.local.yaml"
        document = yaml.load(path)
        for name, value in sections.items():
            document["config"][f"digital-twins-rbac:{name}"] = value
            if value is None:
                del document["config"][f"digital-twins-rbac:{name}"]
        yaml.dump(document, path)

    def restore(self) -> None:
        """Puts the project's files back as they stand in the checkout."""
        shutil.copytree(ROOT / "examples" / "tenants", self.project / "examples" / "tenants", dirs_exist_ok=True)
        shutil.copy(ROOT / "Pulumi.local.yaml", self.project)


def make_project(folder: Path) -> Path:
    """A copy of the checkout's program, whose files a test may change."""
    folder.mkdir(parents=True)
    text = (ROOT / "Pulumi.yaml").read_text().replace("virtualenv: .venv", f"virtualenv: {sys.prefix}")
    (folder / "Pulumi.yaml").write_text(text)
    shutil.copy(ROOT / "__main__.py", folder)
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the program with the settings of a first environment in Azure."""
    folder = make_project(tmp_path / "project")
    shutil.copytree(ROOT / "examples", folder / "examples")
    shutil.copy(ROOT / "Pulumi.dev.yaml", folder)
    return folder


@contextmanager
def local_azure(folder: Path) -> Iterator[LocalAzure]:
    """A project and a local Azure that nothing runs in yet, and that ends with the block."""
    azure = LocalAzure(make_project(folder / "project"), folder / "local")
    azure.restore()
    try:
        yield azure
    finally:
        azure.emulator("down")


@pytest.fixture(scope="session")
def shared_azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAzure]:
    folder = tmp_path_factory.mktemp("azure")
    with local_azure(folder) as azure:
        first = azure.make("up")
        assert first.returncode == 0, first.stdout + first.stderr
        (folder / "first-up.txt").write_text(first.stdout + first.stderr)
        yield azure


@pytest.fixture
def azure_at_rest(shared_azure: LocalAzure) -> Iterator[LocalAzure]:
    """The shared stack for a test that deploys nothing: only the project's files are put back."""
    yield shared_azure
    shared_azure.restore()


@pytest.fixture
def azure(shared_azure: LocalAzure) -> Iterator[LocalAzure]:
    """The shared stack, deployed and in sync; what a test changed is put back afterwards."""
    yield shared_azure
    shared_azure.restore()
    _remove_strangers(shared_azure)
    again = shared_azure.make("up")
    assert again.returncode == 0, again.stdout + again.stderr


def _remove_strangers(azure: LocalAzure) -> None:
    client = azure.client()
    for twin in client.query_twins("SELECT * FROM DIGITALTWINS"):
        if twin["$dtId"] not in {"A", "B", "1", "2", "3"}:
            client.delete_digital_twin(twin["$dtId"])


@pytest.fixture
def control(shared_azure: LocalAzure) -> Callable[[str, str, object], Any]:
    """Calls the emulator's control interface."""
    return shared_azure.control
