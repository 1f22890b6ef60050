from typing import Any

import pytest

ENDPOINT = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/privateEndpoints/pe"


def set_public_access(emulated: Any, access: str | None) -> None:
    properties = {} if access is None else {"publicNetworkAccess": access}
    document = {"id": emulated.instance.key, "properties": properties, "type": "…"}
    emulated.instance.storage.put("resources", emulated.instance.key, document)


def add_private_endpoint(emulated: Any, status: str = "Approved") -> None:
    state = {"status": status, "description": "Auto-approved", "actionsRequired": "None"}
    link = {"privateLinkServiceId": emulated.instance.key.upper(), "privateLinkServiceConnectionState": state}
    document = {
        "id": ENDPOINT,
        "type": "Microsoft.Network/privateEndpoints",
        "properties": {"privateLinkServiceConnections": [{"properties": link}]},
    }
    emulated.instance.storage.put("resources", ENDPOINT.lower(), document)


def status(emulated: Any, token: str | None = "all") -> int:
    return int(emulated.request("GET", "/models", token=token).status)


@pytest.mark.parametrize("access", ["Enabled", None])
@pytest.mark.parametrize("outside", [True, False])
def test_an_instance_with_public_access_takes_calls_from_everywhere(
    emulated: Any, access: str | None, *, outside: bool
) -> None:
    set_public_access(emulated, access)
    emulated.faults.outside = outside

    assert status(emulated) == 200


def test_one_without_answers_403_to_everybody_before_it_looks_at_the_call(emulated: Any) -> None:
    set_public_access(emulated, "Disabled")

    assert {status(emulated, token) for token in ("all", None, "foreign")} == {403}
    refused = emulated.request("GET", "/nowhere")
    assert (refused.status, refused.error["code"]) == (403, "Forbidden")


def test_loopback_is_inside_the_network_of_an_approved_private_endpoint(emulated: Any) -> None:
    set_public_access(emulated, "Disabled")

    add_private_endpoint(emulated, "Disconnected")
    assert status(emulated) == 403
    add_private_endpoint(emulated)
    assert (status(emulated), status(emulated, None)) == (200, 401)


def test_loopback_is_outside_when_told_so(emulated: Any) -> None:
    set_public_access(emulated, "Disabled")
    add_private_endpoint(emulated)
    emulated.faults.outside = True

    assert status(emulated) == 403


def test_an_instance_that_resource_manager_does_not_know_takes_calls(emulated: Any) -> None:
    emulated.faults.outside = True

    assert status(emulated) == 200
