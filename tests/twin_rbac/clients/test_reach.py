"""Is it the network that refuses? Resource Manager and the instance are the same scripted server here."""

import asyncio
import socket
from typing import Any

import pytest

from twin_rbac.clients.cloud import Cloud
from twin_rbac.clients.errors import InvalidRequest, OutsideNetwork
from twin_rbac.clients.reach import require_inside
from twin_rbac.clients.resource_manager import ResourceManagerClient

INSTANCE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt-1"
NAME = "https://adt-1.api.weu.digitaltwins.azure.net"
PRIVATE = {"id": INSTANCE, "properties": {"publicNetworkAccess": "Disabled"}}
SENTENCE = (
    "the instance adt-1 takes calls from inside its network alone (public network access is off): "
    "run this inside the network"
)


@pytest.fixture
def require(instance: Any, credential: Any) -> Any:
    def require(endpoint: str) -> None:
        async def run() -> None:
            async with ResourceManagerClient(credential, cloud=Cloud(resource_manager=instance.endpoint)) as client:
                await require_inside(client, INSTANCE, endpoint)

        asyncio.run(run())

    return require


@pytest.fixture
def resolve(instance: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes the instance's name lead to an address; every other name leads where it does."""
    real = socket.getaddrinfo

    def resolve(*addresses: str) -> None:
        def look_up(host: Any, port: Any, *rest: Any, **options: Any) -> Any:
            if host != NAME.removeprefix("https://"):
                return real(host, port, *rest, **options)
            if not addresses:
                raise socket.gaierror(socket.EAI_NONAME, "no such name")
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)

    return resolve


@pytest.mark.parametrize("properties", [{"publicNetworkAccess": "Enabled"}, {}])
def test_an_instance_with_public_access_does_not_refuse_by_network(
    require: Any, instance: Any, scripted: Any, properties: dict[str, str]
) -> None:
    instance.script = [scripted(200, {"id": INSTANCE, "properties": properties})]

    require(instance.endpoint)

    assert len(instance.received) == 1


@pytest.mark.parametrize(
    ("status", "code"), [(403, "AuthorizationFailed"), (404, "ResourceNotFound"), (404, "ResourceGroupNotFound")]
)
def test_nothing_is_said_of_an_instance_that_the_caller_does_not_see(
    require: Any, instance: Any, scripted: Any, status: int, code: str
) -> None:
    instance.script = [scripted(status, {"error": {"code": code, "message": "…"}})]

    require(instance.endpoint)

    # Resource Manager was asked, and the instance was not.
    assert len(instance.received) == 1


def test_a_resource_manager_that_refuses_for_another_reason_is_not_passed_over(
    require: Any, instance: Any, scripted: Any
) -> None:
    instance.script = [scripted(400, {"error": {"code": "NoRegisteredProviderFound", "message": "…"}})]

    with pytest.raises(InvalidRequest):
        require(instance.endpoint)


@pytest.mark.parametrize("addresses", [["20.61.99.1"], ["10.0.0.4", "20.61.99.1"], []])
def test_a_name_that_leads_to_no_private_address_is_called_from_outside(
    require: Any, instance: Any, scripted: Any, resolve: Any, addresses: list[str]
) -> None:
    instance.script = [scripted(200, PRIVATE)]
    resolve(*addresses)

    with pytest.raises(OutsideNetwork) as caught:
        require(NAME)
    assert str(caught.value) == SENTENCE


def test_a_name_that_leads_to_a_private_endpoint_is_called_from_inside(
    require: Any, instance: Any, scripted: Any, resolve: Any
) -> None:
    instance.script = [scripted(200, PRIVATE)]
    resolve("10.0.0.4")

    require(NAME)

    assert [call.path for call in instance.received] == [f"{INSTANCE}?api-version=2023-01-31"]


def test_on_loopback_who_is_not_even_asked_for_a_token_is_outside(require: Any, instance: Any, scripted: Any) -> None:
    instance.script = [scripted(200, PRIVATE), scripted(403)]
    with pytest.raises(OutsideNetwork):
        require(instance.endpoint)

    instance.script = [scripted(200, PRIVATE), scripted(401)]
    require(instance.endpoint)

    assert "Authorization" not in instance.received[-1].headers


def test_an_instance_that_does_not_answer_is_not_said_to_refuse(require: Any, instance: Any, scripted: Any) -> None:
    instance.script = [scripted(200, PRIVATE), scripted(None)]

    require(instance.endpoint)

    # After Resource Manager the instance was asked, without a token.
    asked, *tried = instance.received
    assert "Authorization" in asked.headers
    assert tried
    assert all("Authorization" not in call.headers for call in tried)
