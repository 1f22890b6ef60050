"""The whole local Azure in a thread of the test's own process: quick, and reached as everybody reaches it."""

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from emulator.commands import DIRECTORY
from emulator.entra.directory_file import load_directory
from emulator.home import Home
from emulator.server import serve

SUBSCRIPTION = "5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002"


@dataclass
class RunningEmulator:
    """An emulator that serves a folder until `stop`."""

    home: Home

    def start(self) -> None:
        # One connection for all calls: reading the roots for each takes longer than the call.
        self._session = requests.Session()
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        self._ready.wait(30)
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        self._session.close()
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)

    @property
    def resource_manager(self) -> str:
        return f"https://localhost:{self._ports['resourceManager']}"

    @property
    def entra(self) -> str:
        return f"https://localhost:{self._ports['entra']}"

    @property
    def ca_file(self) -> str:
        return str(self.home.tls_folder / "bundle.pem")

    def environment(self, name: str) -> dict[str, str]:
        """What makes a process the principal of that name."""
        secret = json.loads((self.home.folder / "identities.json").read_text())[name]
        return {
            "IDENTITY_ENDPOINT": f"{self.entra}/msi/token",
            "IDENTITY_HEADER": secret,
            "SSL_CERT_FILE": self.ca_file,
            "REQUESTS_CA_BUNDLE": self.ca_file,
            "NO_PROXY": "localhost",
            "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential",
            "TWIN_RBAC_LOCAL": str(self.home.folder),
        }

    def control(self, method: str, path: str, body: object = None) -> Any:
        headers = {"Authorization": f"Bearer {self.home.control_token}"}
        answer = self._send(method, f"{self.resource_manager}/_control/{path}", headers, body)
        answer.raise_for_status()
        return answer.json()

    def token(self, name: str, audience: str = "resource-manager", **claims: object) -> str:
        body = {"name": name, "audience": audience, "claims": claims}
        return str(self.control("POST", "token", body)["token"])

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        name: str = "deployer",
        version: str | None = "2022-04-01",
        token: str | None = None,
    ) -> requests.Response:
        """Calls Resource Manager as a principal."""
        headers = {"Authorization": f"Bearer {token or self.token(name)}"}
        url = f"{self.resource_manager}{path}" + (f"?api-version={version}" if version else "")
        return self._send(method, url, headers, body)

    def make_instance(self, name: str = "adt-test", group: str = "rg-test") -> str:
        """A resource group with an instance in it; returns the instance's id."""
        group_id = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}"
        instance_id = f"{group_id}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/{name}"
        self.call("PUT", group_id, {"location": "westeurope"}, version="2021-04-01").raise_for_status()
        self.call("PUT", instance_id, {"location": "westeurope"}, version="2023-01-31").raise_for_status()
        return instance_id

    def endpoint(self, instance_id: str) -> str:
        document = self.call("GET", instance_id, version="2023-01-31").json()
        return f"https://{document['properties']['hostName']}"

    @property
    def _ports(self) -> dict[str, Any]:
        return dict(json.loads(self.home.ports_file.read_text()))

    def _send(self, method: str, url: str, headers: dict[str, str], body: object) -> requests.Response:
        data = None if body is None else json.dumps(body)
        return self._session.request(method, url, data=data, headers=headers, verify=self.ca_file, timeout=30)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        try:
            await serve(self.home, load_directory(DIRECTORY), ready=self._ready.set, stop=self._stop)
        except BaseException as error:
            self._failure = error
            self._ready.set()


@pytest.fixture(scope="session")
def shared_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    emulator = RunningEmulator(Home(tmp_path_factory.mktemp("emulator") / "local"))
    emulator.start()
    yield emulator
    emulator.stop()


@pytest.fixture
def emulator(shared_emulator: RunningEmulator) -> RunningEmulator:
    """An empty local Azure, without faults."""
    shared_emulator.control("POST", "reset")
    seconds = ("query_lag", "role_propagation", "latency", "write_latency", "publish_seconds")
    off = {**dict.fromkeys(seconds, 0), "failing_publishes": 0, "failing_calls": [], "outside": False}
    shared_emulator.control("PUT", "faults", off)
    return shared_emulator


@pytest.fixture
def another_emulator(tmp_path: Path) -> Iterator[RunningEmulator]:
    """An emulator of its own, for tests of starting and stopping; not started yet."""
    emulator = RunningEmulator(Home(tmp_path / "local"))
    yield emulator
    if emulator.home.is_held:
        emulator.stop()
