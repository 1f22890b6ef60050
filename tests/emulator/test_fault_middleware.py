from typing import Any

import pytest
import requests

INSTANCE_PATH = "/subscriptions/5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002/resourceGroups/rg-test"


def fail(emulator: Any, **call: object) -> None:
    emulator.control("PUT", "faults", {"failing_calls": [call]})


def get_models(emulator: Any, endpoint: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {emulator.token('owner', 'instance')}"}
    url = f"{endpoint}/models?api-version=2023-10-31"
    return requests.get(url, headers=headers, verify=emulator.ca_file, timeout=10)


def test_a_call_of_an_instance_fails_in_the_services_shape_as_often_as_asked(emulator: Any) -> None:
    endpoint = emulator.endpoint(emulator.make_instance())
    fail(emulator, service="digital-twins", method="GET", path="/models", status=429, retry_after=3, skip=1, times=1)

    answers = [get_models(emulator, endpoint) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 429, 200]
    assert answers[1].headers["Retry-After"] == "3"
    assert answers[1].json()["error"]["statusCode"] == 429


def test_a_call_of_resource_manager_fails_in_its_shape(emulator: Any) -> None:
    fail(emulator, service="resource-manager", method="PUT", status=409, code="AnotherOperationInProgress")

    answer = emulator.call("PUT", INSTANCE_PATH, {"location": "westeurope"}, version="2021-04-01")

    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "AnotherOperationInProgress"
    assert emulator.call("GET", INSTANCE_PATH, version="2021-04-01").status_code == 404


def test_a_call_of_entra_fails_in_its_shape(emulator: Any) -> None:
    fail(emulator, service="entra", path="/msi/token", status=503, retry_after=1)

    answer = requests.get(f"{emulator.entra}/msi/token", verify=emulator.ca_file, timeout=10)

    assert answer.status_code == 503
    assert answer.json()["error"] == "temporarily_unavailable"
    assert answer.json()["statusCode"] == 503


def test_a_fault_without_a_status_drops_the_connection_and_serves_the_next(emulator: Any) -> None:
    endpoint = emulator.endpoint(emulator.make_instance())
    fail(emulator, service="digital-twins")

    with pytest.raises(requests.ConnectionError):
        get_models(emulator, endpoint)

    assert get_models(emulator, endpoint).status_code == 200


def test_a_fault_of_one_service_leaves_the_others_and_the_control_interface_alone(emulator: Any) -> None:
    endpoint = emulator.endpoint(emulator.make_instance())
    fail(emulator, service="resource-manager", status=500, times=100)

    assert get_models(emulator, endpoint).status_code == 200
    assert emulator.control("GET", "status")["running"] is True
