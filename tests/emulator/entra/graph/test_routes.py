from typing import Any

import pytest
import requests


@pytest.mark.parametrize("audience", ["https://graph.microsoft.com/", "00000003-0000-0000-c000-000000000000"])
def test_graph_has_several_names(audience: str, graph: Any, emulator: Any) -> None:
    token = emulator.token("drift", audience)

    assert graph.call("GET", "/applications", token=token).status_code == 200


@pytest.mark.parametrize(
    ("audience", "claims"),
    [
        ("https://management.azure.com/", {}),
        ("https://graph.microsoft.com", {"tid": "11111111-2222-4333-8444-555555555555"}),
        ("https://graph.microsoft.com", {"exp": 1}),
    ],
)
def test_a_token_that_is_not_for_it_is_refused(
    audience: str, claims: dict[str, Any], graph: Any, emulator: Any
) -> None:
    token = emulator.token("deployer", audience, **claims)

    answer = graph.call("GET", "/applications", token=token)

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "InvalidAuthenticationToken"


def test_so_is_a_call_without_one(emulator: Any) -> None:
    answer = requests.get(f"{emulator.entra}/graph/v1.0/applications", verify=emulator.ca_file, timeout=30)

    assert answer.status_code == 401


def test_a_body_that_is_no_json_is_named(graph: Any, emulator: Any) -> None:
    answer = requests.post(
        f"{emulator.entra}/graph/v1.0/applications",
        data="{",
        headers={"Authorization": f"Bearer {emulator.token('deployer', 'https://graph.microsoft.com')}"},
        verify=emulator.ca_file,
        timeout=30,
    )

    assert answer.status_code == 400
    assert "Unable to read JSON request payload" in answer.json()["error"]["message"]


@pytest.mark.parametrize(("method", "path"), [("GET", "/users"), ("PUT", "/applications"), ("DELETE", "/applications")])
def test_what_the_local_graph_does_not_have_is_named(method: str, path: str, graph: Any) -> None:
    status, code, message = graph.refusal(method, path)

    assert (status, code) == (400, "BadRequest")
    assert f"the local Graph has no {method} {path}" in message


def test_it_fails_on_demand_in_its_own_words_and_entra_does_not(graph: Any, emulator: Any) -> None:
    fault = {"service": "graph", "method": "POST", "path": ".*/applications", "status": 429, "retry_after": 3}
    emulator.control("PUT", "faults", {"failing_calls": [fault]})

    answer = graph.call("POST", "/applications", {"displayName": "gateway"})

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")
    assert answer.json()["error"]["code"] == "TooManyRequests"
    assert graph.call("POST", "/applications", {"displayName": "gateway"}).status_code == 201


def test_a_fault_of_entra_leaves_graph_alone(graph: Any, emulator: Any) -> None:
    emulator.control("PUT", "faults", {"failing_calls": [{"service": "entra", "status": 500}]})

    assert graph.call("GET", "/applications").status_code == 200


def test_registrations_outlive_a_restart(another_emulator: Any) -> None:
    another_emulator.start()

    def call(method: str) -> Any:
        token = another_emulator.token("deployer", "https://graph.microsoft.com")
        return requests.request(
            method,
            f"{another_emulator.entra}/graph/v1.0/applications",
            json={"displayName": "gateway"} if method == "POST" else None,
            headers={"Authorization": f"Bearer {token}"},
            verify=another_emulator.ca_file,
            timeout=30,
        ).json()

    made = call("POST")
    another_emulator.stop()
    another_emulator.start()

    assert [item["id"] for item in call("GET")["value"]] == [made["id"]]
