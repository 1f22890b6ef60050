from typing import Any

import jwt
import pytest
import requests

SUBSCRIPTION = "/subscriptions/5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002"


def refusal(emulator: Any, method: str, path: str, body: Any) -> str:
    answer = requests.request(
        method,
        f"{emulator.resource_manager}/_control/{path}",
        json=body,
        headers={"Authorization": f"Bearer {emulator.home.control_token}"},
        verify=emulator.ca_file,
        timeout=10,
    )
    assert answer.status_code == 400
    return str(answer.json()["error"])


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer wrong", "Basic x", "Bearer é"])
@pytest.mark.parametrize("path", ["status", "faults", "counters"])
def test_the_door_opens_for_the_folders_token_alone(token: str, path: str, emulator: Any) -> None:
    answer = requests.get(
        f"{emulator.resource_manager}/_control/{path}",
        headers={"Authorization": token.encode()},
        verify=emulator.ca_file,
        timeout=10,
    )

    assert answer.status_code == 401
    assert "control-token" in answer.json()["error"]


def test_faults_are_set_by_name_and_the_others_stay(emulator: Any) -> None:
    emulator.control("PUT", "faults", {"query_lag": 5})
    emulator.control("PUT", "faults", {"write_latency": 1})

    faults = emulator.control("GET", "faults")

    assert (faults["query_lag"], faults["write_latency"], faults["latency"]) == (5.0, 1.0, 0.0)


def test_a_wrong_fault_changes_none_of_the_right_ones_beside_it(emulator: Any) -> None:
    assert "unknown fault 'leg'" in refusal(emulator, "PUT", "faults", {"query_lag": 5, "leg": 1})
    assert "could not convert" in refusal(emulator, "PUT", "faults", {"query_lag": 5, "latency": "x"})

    assert emulator.control("GET", "faults")["query_lag"] == 0.0


@pytest.mark.parametrize("body", [{"advance": -1}, {"advance": "soon"}, {"forward": 1}, [], {"advance": 1e300}])
def test_the_clock_only_moves_forward_and_not_out_of_sight(body: object, emulator: Any) -> None:
    before = emulator.control("POST", "clock", {"advance": 0})["now"]

    refusal(emulator, "POST", "clock", body)

    assert emulator.control("POST", "clock", {"advance": 0})["now"][:10] == before[:10]


def test_a_token_expires_when_the_clock_says_so(another_emulator: Any) -> None:
    another_emulator.start()
    path = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments"
    token = another_emulator.token("deployer", lifetime=60)
    assert another_emulator.call("GET", path, token=token).status_code == 200

    another_emulator.control("POST", "clock", {"advance": 61})

    assert another_emulator.call("GET", path, token=token).status_code == 401
    assert another_emulator.call("GET", path).status_code == 200


def test_resource_manager_refuses_a_token_of_another_tenant(emulator: Any) -> None:
    path = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments"
    token = emulator.token("deployer", tid="11111111-2222-4333-8444-555555555555")

    answer = emulator.call("GET", path, token=token)

    assert answer.status_code == 401
    assert "another tenant" in answer.json()["error"]["message"]


def test_counters_count_over_instances_and_status_shows_them(emulator: Any) -> None:
    before = emulator.control("GET", "counters")
    endpoint = emulator.endpoint(emulator.make_instance())
    requests.get(f"{endpoint}/models", verify=emulator.ca_file, timeout=10)

    assert emulator.control("GET", "counters")["instanceCalls"] == before["instanceCalls"] + 1
    assert emulator.control("GET", "status")["counters"] == emulator.control("GET", "counters")


def test_status_names_what_scripts_rely_on(emulator: Any) -> None:
    assert emulator.control("GET", "status")["digitalTwinsEndpoint"] is None
    endpoint = emulator.endpoint(emulator.make_instance())

    status = emulator.control("GET", "status")

    assert status == {
        "running": True,
        "resourceManager": emulator.resource_manager,
        "digitalTwinsEndpoint": endpoint,
        "gatewayEndpoint": None,
        "caFile": emulator.ca_file,
        "counters": {"twinWrites": 0, "instanceCalls": 0},
    }


def test_reset_forgets_resources_and_instances_and_keeps_tokens(emulator: Any) -> None:
    instance_id = emulator.make_instance()
    endpoint = emulator.endpoint(instance_id)
    token = emulator.token("deployer")

    emulator.control("POST", "reset")

    group = instance_id.split("/providers")[0]
    assert emulator.call("GET", group, version="2021-04-01", token=token).status_code == 404
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{endpoint}/models", verify=emulator.ca_file, timeout=10)


def test_an_instance_made_again_has_its_address_of_before_and_no_data(emulator: Any) -> None:
    instance_id = emulator.make_instance()
    endpoint = emulator.endpoint(instance_id)
    headers = {"Authorization": f"Bearer {emulator.token('owner', 'instance')}"}
    url = f"{endpoint}/models?api-version=2023-10-31"
    model = {"@id": "dtmi:example:Room;1", "@type": "Interface", "@context": "dtmi:dtdl:context;3"}
    posted = requests.post(url, json=[model], headers=headers, verify=emulator.ca_file, timeout=10)
    emulator.call("DELETE", instance_id, version="2023-01-31").raise_for_status()

    emulator.make_instance()

    assert posted.status_code == 201
    assert emulator.endpoint(instance_id) == endpoint
    assert requests.get(url, headers=headers, verify=emulator.ca_file, timeout=10).json()["value"] == []


def test_the_owners_token_is_for_the_instance_unless_another_audience_is_asked(emulator: Any) -> None:
    token = emulator.control("POST", "token", {"name": "owner"})["token"]

    assert jwt.decode(token, options={"verify_signature": False})["aud"] == "https://digitaltwins.azure.net"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"name": "earth"}, "no gateway is deployed: use --audience instance"),
        ({"name": "earth", "audience": "gateway"}, "no gateway is deployed"),
        ({"name": "nobody"}, "there are deployer, drift"),
        ({"name": "earth-tenant", "audience": "instance"}, "take one of its members, earth"),
        ({}, "'name' is missing"),
    ],
)
def test_a_token_that_cannot_be_is_refused_with_a_reason(body: object, problem: str, emulator: Any) -> None:
    assert problem in refusal(emulator, "POST", "token", body)
