from typing import Any

import pytest

SUBSCRIPTION = "/subscriptions/5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-test"


def test_a_call_without_a_good_token_is_refused(arm: Any) -> None:
    answer = arm.call("GET", GROUP, name="nonsense")

    assert arm.refusal_of(answer) == (401, "InvalidAuthenticationToken")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("version", "code"), [(None, "MissingApiVersionParameter"), ("2022-04-01", "InvalidApiVersionParameter")]
)
def test_the_api_version_must_be_one_of_the_types(arm: Any, version: str | None, code: str) -> None:
    assert arm.refusal_of(arm.send("GET", GROUP, name="deployer", version=version)) == (400, code)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg", 404, "SubscriptionNotFound"),
        ("GET", f"{SUBSCRIPTION}/resourceGroups/other", 404, "ResourceGroupNotFound"),
        ("GET", f"{GROUP}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/other", 404, "ResourceNotFound"),
        ("GET", f"{GROUP}/providers/Microsoft.Compute/disks/d", 404, "InvalidResourceType"),
        ("POST", GROUP, 405, "MethodNotAllowed"),
        ("DELETE", f"{GROUP}/providers/Microsoft.Authorization/permissions", 405, "MethodNotAllowed"),
    ],
)
def test_what_is_not_there_is_said_in_azures_words(arm: Any, method: str, path: str, status: int, code: str) -> None:
    assert arm.refusal(method, path) == (status, code)


def test_a_body_that_is_no_json_is_refused(arm: Any) -> None:
    answer = arm.send("PUT", GROUP, name="deployer", version="2021-04-01", data=b"{")

    assert arm.refusal_of(answer) == (400, "InvalidRequestContent")


def test_a_token_for_the_instances_does_not_open_resource_manager(emulator: Any) -> None:
    token = emulator.token("deployer", "instance")

    assert emulator.call("GET", GROUP, version="2021-04-01", token=token).status_code == 401


def test_a_fault_on_demand_answers_in_resource_managers_shape(emulator: Any) -> None:
    fault = {"service": "resource-manager", "method": "GET", "path": ".*rg-test", "status": 429, "retry_after": 7}
    emulator.control("PUT", "faults", {"failing_calls": [fault]})

    answer = emulator.call("GET", GROUP, version="2021-04-01")

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert answer.json()["error"]["code"] == "TooManyRequests"
    assert emulator.call("GET", GROUP, version="2021-04-01").status_code == 404
