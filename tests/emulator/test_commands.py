"""The emulator as a process of its own, from its command line."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from emulator.client import get_status
from emulator.commands import get_token
from emulator.errors import PortInUse
from emulator.home import Home
from emulator.ports import close, listen, load_ports

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parent.parent.parent
SUBSCRIPTION = "/subscriptions/5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002"
INSTANCE = f"{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt-1"
ROLES = "providers/Microsoft.Authorization"
DATA_OWNER = f"{SUBSCRIPTION}/{ROLES}/roleDefinitions/bcd981a7-7f74-457b-83e1-cceb9e632ffe"
TAGGER = "77b20000-0000-4000-8000-000000000002"
MODEL = {"@id": "dtmi:example:Room;1", "@type": "Interface", "@context": "dtmi:dtdl:context;3", "contents": []}


@dataclass(frozen=True)
class CommandLine:
    home: Home

    def __call__(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "emulator", *arguments],
            cwd=ROOT,
            env={**os.environ, "TWIN_RBAC_LOCAL": str(self.home.folder), **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def status(self) -> Mapping[str, Any]:
        return get_status(self.home)

    def token(self, name: str, audience: str) -> str:
        return get_token(self.home, name, audience)

    def manage(self, method: str, path: str, version: str, body: Any = None) -> requests.Response:
        """Calls Resource Manager as the deployer."""
        answer = requests.request(
            method,
            f"{self.status()['resourceManager']}{path}?api-version={version}",
            json=body,
            headers={"Authorization": f"Bearer {self.token('deployer', 'resource-manager')}"},
            verify=self.status()["caFile"],
            timeout=30,
        )
        answer.raise_for_status()
        return answer

    def make_instance(self) -> str:
        """An instance; returns its host name."""
        self.manage("PUT", INSTANCE.split("/providers", maxsplit=1)[0], "2021-04-01", {"location": "westeurope"})
        answer = self.manage("PUT", INSTANCE, "2023-01-31", {"location": "westeurope"})
        return str(answer.json()["properties"]["hostName"])

    def twin(self, method: str, path: str, body: Any = None, *, name: str = "owner") -> requests.Response:
        """Calls the instance."""
        return requests.request(
            method,
            f"{self.status()['digitalTwinsEndpoint']}{path}?api-version=2023-10-31",
            json=body,
            headers={"Authorization": f"Bearer {self.token(name, 'instance')}"},
            verify=self.status()["caFile"],
            timeout=30,
        )

    def kill(self) -> None:
        assert self.home.holder is not None
        os.kill(self.home.holder, signal.SIGKILL)
        while self.home.is_held:
            pass


def is_free(port: int) -> bool:
    try:
        close(listen(port, "a test"))
    except PortInUse:
        return False
    return True


@pytest.fixture
def emulator_command(tmp_path: Path) -> Iterator[CommandLine]:
    command = CommandLine(Home(tmp_path / "local"))
    yield command
    command("down")


def test_an_emulator_killed_at_any_moment_starts_again_with_all_that_it_had(emulator_command: CommandLine) -> None:
    started = emulator_command("up", "--detach")
    assert started.returncode == 0, started.stderr
    host_name = emulator_command.make_instance()
    assignment = {"properties": {"roleDefinitionId": DATA_OWNER, "principalId": TAGGER}}
    assignment["properties"]["principalType"] = "ServicePrincipal"
    path = f"{INSTANCE}/{ROLES}/roleAssignments/0e7a5f0e-6f0b-4b3f-9d52-0f7c7b3c1a01"
    emulator_command.manage("PUT", path, "2022-04-01", assignment)
    assert emulator_command.twin("POST", "/models", [MODEL], name="tagger").status_code == 201
    twin = {"$metadata": {"$model": MODEL["@id"]}}
    assert emulator_command.twin("PUT", "/digitaltwins/r1", twin, name="tagger").status_code == 200

    emulator_command.kill()

    status = json.loads(emulator_command("status", "--output", "json").stdout)
    assert status["running"] is False
    assert status["counters"] == {"twinWrites": 1, "instanceCalls": 2}
    assert emulator_command("up", "--detach").returncode == 0
    assert emulator_command.status()["digitalTwinsEndpoint"] == f"https://{host_name}"
    assert emulator_command.twin("GET", "/digitaltwins/r1", name="tagger").json()["$dtId"] == "r1"
    assert emulator_command.twin("GET", "/digitaltwins/r1", name="earth").status_code == 403


def test_starts_at_the_same_time_end_with_one_emulator_and_no_error(emulator_command: CommandLine) -> None:
    with ThreadPoolExecutor() as pool:
        started = [pool.submit(emulator_command, "up", "--detach") for _ in range(3)]

    assert [(one.result().returncode, one.result().stderr) for one in started] == [(0, "")] * 3
    assert emulator_command.status()["running"] is True


def test_a_port_in_use_is_named_with_its_service_and_the_way_out_and_nothing_changes(
    emulator_command: CommandLine,
) -> None:
    emulator_command("up", "--detach")
    emulator_command("down")
    kept = emulator_command.home.ports_file.read_text()

    with socket.create_server(("127.0.0.1", json.loads(kept)["entra"])) as taken:
        refused = emulator_command("up", "--detach")

    assert refused.returncode == 1
    assert re.fullmatch(
        rf"error: port {json.loads(kept)['entra']} .*Entra ID.*in use.*make up PORT=.*\n", refused.stderr
    )
    assert emulator_command.home.ports_file.read_text() == kept
    assert taken.fileno() == -1
    assert emulator_command("up", "--detach").returncode == 0


def test_other_ports_take_an_instance_with_them(emulator_command: CommandLine) -> None:
    first = next(port for port in range(19000, 19900, 4) if all(map(is_free, range(port, port + 4))))
    emulator_command("up", "--detach")
    emulator_command.make_instance()
    refused = emulator_command("up", "--detach", PORT=str(first))
    emulator_command("down")

    moved = emulator_command("up", "--detach", PORT=str(first))

    assert refused.returncode == 1
    assert "leave PORT out" in refused.stderr
    assert moved.returncode == 0, moved.stderr
    assert load_ports(emulator_command.home).services == {
        "resourceManager": first,
        "entra": first + 1,
        "blob": first + 2,
    }
    document = emulator_command.manage("GET", INSTANCE, "2023-01-31").json()
    assert document["properties"]["hostName"] == f"localhost:{first + 3}"
    assert emulator_command.twin("GET", "/models").status_code == 200


def test_down_is_quick_and_content_whatever_clients_hold_open(emulator_command: CommandLine) -> None:
    emulator_command("up", "--detach")
    port = load_ports(emulator_command.home).services["resourceManager"]

    with requests.Session() as session, socket.create_connection(("127.0.0.1", port)):
        session.get(f"https://localhost:{port}/", verify=emulator_command.status()["caFile"], timeout=10)
        stopped = emulator_command("down")

    assert stopped.returncode == 0
    assert not emulator_command.home.is_held
    assert emulator_command("down").stdout == "The local Azure is not running.\n"


def test_a_stopped_emulator_is_reset_and_keeps_ports_secrets_and_key(emulator_command: CommandLine) -> None:
    emulator_command("up", "--detach")
    emulator_command.make_instance()
    token = emulator_command.token("owner", "resource-manager")
    emulator_command("down")
    kept = {name: (emulator_command.home.folder / name).read_text() for name in ("identities.json", "ports.json")}

    reset = emulator_command("reset")

    assert reset.returncode == 0
    emulator_command("up", "--detach")
    assert emulator_command.status()["digitalTwinsEndpoint"] is None
    assert {name: (emulator_command.home.folder / name).read_text() for name in kept} == kept
    answer = requests.get(
        f"{emulator_command.status()['resourceManager']}{SUBSCRIPTION}/{ROLES}/roleAssignments?api-version=2022-04-01",
        headers={"Authorization": f"Bearer {token}"},
        verify=emulator_command.status()["caFile"],
        timeout=10,
    )
    assert answer.status_code == 200


def test_a_token_is_refused_with_what_there_is_instead(emulator_command: CommandLine) -> None:
    assert "python -m emulator up --detach" in emulator_command("token", "owner").stderr
    emulator_command("up", "--detach")

    assert "use --audience instance" in emulator_command("token", "earth").stderr
    assert "take one of its members, earth" in emulator_command("token", "earth-tenant").stderr
    assert "there are deployer, drift, earth" in emulator_command("token", "nobody").stderr
    assert emulator_command("token", "owner").stdout.count(".") == 2


def test_a_wrong_file_of_faults_or_principals_stops_the_start_with_its_place(
    emulator_command: CommandLine, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("query_leg: 3\n")

    faults = emulator_command("up", "--detach", "--faults", str(wrong))
    directory = emulator_command("up", "--detach", "--directory", str(wrong))

    assert re.match(rf"error: {re.escape(str(wrong))}: unknown fault 'query_leg'; there are: query_lag", faults.stderr)
    assert re.match(rf"error: {re.escape(str(wrong))}:1:1: unknown key 'query_leg'", directory.stderr)
    assert (faults.returncode, directory.returncode) == (1, 1)
    assert emulator_command.status()["running"] is False


def test_a_stand_alone_instance_says_where_it_is_over_tls_and_ends_on_a_signal(emulator_command: CommandLine) -> None:
    arguments = [sys.executable, "-m", "emulator", "data-plane", "--port", "0", "--token", "secret", "--tls"]
    environment = {**os.environ, "TWIN_RBAC_LOCAL": str(emulator_command.home.folder)}

    with subprocess.Popen(
        arguments, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        ready = json.loads(process.stdout.readline())
        answer = requests.get(
            f"{ready['endpoint']}/models?api-version=2023-10-31",
            headers={"Authorization": "Bearer secret"},
            verify=ready["caFile"],
            timeout=10,
        )
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()

    assert answer.json() == {"value": [], "nextLink": None}
    assert "Traceback" not in said
    assert "secret" not in said
