import json
import socket
from pathlib import Path
from typing import Any

import pytest
import requests
from azure.core.credentials import AccessToken
from azure.digitaltwins.core import DigitalTwinsClient

from emulator.errors import AlreadyRunning, PortInUse
from emulator.ports import close, listen


class GivenToken:
    def __init__(self, token: str) -> None:
        self._token = token

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken(self._token, 4_000_000_000)


MODEL = {"@id": "dtmi:example:Room;1", "@type": "Interface", "@context": "dtmi:dtdl:context;3", "contents": []}


def test_an_instance_keeps_its_address_and_its_twins_over_a_restart(another_emulator: Any) -> None:
    another_emulator.start()
    instance_id = another_emulator.make_instance()
    endpoint = another_emulator.endpoint(instance_id)
    client = DigitalTwinsClient(
        endpoint,
        GivenToken(another_emulator.token("owner", "instance")),
        connection_verify=another_emulator.ca_file,
    )
    client.create_models([MODEL])
    client.upsert_digital_twin("r1", {"$metadata": {"$model": MODEL["@id"]}})
    another_emulator.stop()

    another_emulator.start()

    assert another_emulator.endpoint(instance_id) == endpoint
    assert client.get_digital_twin("r1")["$dtId"] == "r1"  # the token of before still holds: so does its key


def test_a_second_emulator_of_one_folder_is_refused(another_emulator: Any) -> None:
    another_emulator.start()
    second = type(another_emulator)(another_emulator.home)

    with pytest.raises(AlreadyRunning, match="python -m emulator down"):
        second.start()


def test_a_deleted_instance_is_not_served_any_more(emulator: Any) -> None:
    instance_id = emulator.make_instance()
    endpoint = emulator.endpoint(instance_id)
    requests.get(f"{endpoint}/models", verify=emulator.ca_file, timeout=10)

    emulator.call("DELETE", instance_id, version="2023-01-31").raise_for_status()

    with pytest.raises(requests.ConnectionError):
        requests.get(f"{endpoint}/models", verify=emulator.ca_file, timeout=10)


def test_the_control_interface_is_closed_without_its_token(emulator: Any) -> None:
    answer = requests.get(f"{emulator.resource_manager}/_control/status", verify=emulator.ca_file, timeout=10)

    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("name", "status"),
    [("owner", 200), ("deployer", 403), ("tagger", 403), ("earth", 403), ("stranger", 403)],
)
def test_without_a_role_only_the_owner_may_call_an_instance(name: str, status: int, emulator: Any) -> None:
    endpoint = emulator.endpoint(emulator.make_instance())
    headers = {"Authorization": f"Bearer {emulator.token(name, 'instance')}"}

    answer = requests.get(
        f"{endpoint}/models?api-version=2023-10-31", headers=headers, verify=emulator.ca_file, timeout=10
    )

    assert answer.status_code == status


def test_a_token_for_another_audience_or_tenant_does_not_open_an_instance(emulator: Any) -> None:
    endpoint = emulator.endpoint(emulator.make_instance())
    tokens = {
        401: emulator.token("owner", "https://vault.azure.net"),
        404: emulator.token("owner", "instance", tid="11111111-2222-4333-8444-555555555555"),
    }

    for status, token in tokens.items():
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{endpoint}/models?api-version=2023-10-31"
        assert requests.get(url, headers=headers, verify=emulator.ca_file, timeout=10).status_code == status


@pytest.mark.parametrize(
    ("key", "service"),
    [("resourceManager", "the emulator's Resource Manager"), ("entra", "the emulator's Entra ID"), ("adt", "adt-test")],
)
def test_an_emulator_that_cannot_listen_does_not_start_and_changes_nothing(
    key: str, service: str, another_emulator: Any
) -> None:
    another_emulator.start()
    another_emulator.make_instance()
    another_emulator.stop()
    before = _files_of(another_emulator.home.folder)
    kept = json.loads(before["ports.json"])
    ports = {
        "resourceManager": kept["resourceManager"],
        "entra": kept["entra"],
        "adt": next(iter(kept["instances"].values())),
    }

    with socket.create_server(("127.0.0.1", ports[key])), pytest.raises(PortInUse) as refused:
        another_emulator.start()

    assert (refused.value.port, service in refused.value.service) == (ports[key], True)
    assert _files_of(another_emulator.home.folder) == before
    assert not another_emulator.home.is_held
    for port in ports.values():
        close(listen(port, "nothing is left listening"))


def _files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
