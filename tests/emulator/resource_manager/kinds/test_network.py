from typing import Any

import pytest
from azure.core.pipeline.transport import RequestsTransport
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.network.models import AddressSpace, Delegation, Subnet, VirtualNetwork

SUBSCRIPTION_ID = "5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002"


def test_azures_client_makes_a_network_with_a_delegated_subnet(arm: Any) -> None:
    transport = RequestsTransport(session=arm.session, session_owner=False)
    with NetworkManagementClient(
        arm.credential(), SUBSCRIPTION_ID, base_url=arm.address, transport=transport, polling_interval=0
    ) as client:
        space = AddressSpace(address_prefixes=["10.0.0.0/16"])
        client.virtual_networks.begin_create_or_update(
            "rg-test", "vnet", VirtualNetwork(location="westeurope", address_space=space), api_version="2024-05-01"
        ).result()
        delegation = Delegation(name="flex", service_name="Microsoft.App/environments")
        made = client.subnets.begin_create_or_update(
            "rg-test",
            "vnet",
            "outbound",
            Subnet(address_prefix="10.0.0.0/24", delegations=[delegation]),
            api_version="2024-05-01",
        ).result()
        read = client.virtual_networks.get("rg-test", "vnet", api_version="2024-05-01")

    (delegated,) = made.delegations or []
    assert delegated.service_name == "Microsoft.App/environments"
    assert delegated.provisioning_state == "Succeeded"
    assert [subnet.name for subnet in read.subnets or []] == ["outbound"]
    assert made.private_endpoint_network_policies == "Disabled"


@pytest.mark.parametrize(
    ("prefix", "code"),
    [
        ("10.1.0.0/24", "NetcfgInvalidSubnet"),
        ("10.0.0.128/25", "NetcfgSubnetRangesOverlap"),
        ("10.0.0.1/24", "InvalidCIDRNotation"),
        ("fd00::/64", "NetcfgInvalidSubnet"),
    ],
)
def test_a_subnet_needs_a_place_of_its_own_in_its_network(net: Any, prefix: str, code: str) -> None:
    body = {"properties": {"addressPrefix": prefix}}

    assert net.arm.refusal("PUT", f"{net.network}/subnets/more", body) == (400, code)


def test_a_subnet_needs_a_prefix_and_a_network(net: Any) -> None:
    body = {"properties": {"addressPrefix": "10.0.2.0/24"}}

    assert net.arm.refusal("PUT", f"{net.network}/subnets/more", {"properties": {}}) == (400, "InvalidRequestFormat")
    assert net.arm.refusal("PUT", f"{net.network}-2/subnets/more", body) == (404, "ParentResourceNotFound")


@pytest.mark.parametrize(("prefixes", "code"), [([], "InvalidRequestFormat"), (["10.0.0.0/25"], "NetcfgInvalidSubnet")])
def test_a_network_keeps_room_for_its_subnets(net: Any, prefixes: list[str], code: str) -> None:
    body = {"location": "westeurope", "properties": {"addressSpace": {"addressPrefixes": prefixes}}}

    assert net.arm.refusal("PUT", net.network, body) == (400, code)


def test_a_network_and_a_subnet_with_something_in_it_stay(net: Any, web: Any) -> None:
    net.make_endpoint()
    web.arm.make("PUT", web.site, web.body("properties/virtualNetworkSubnetId", net.outbound))

    for path in (net.network, net.endpoints, net.outbound):
        assert net.arm.refusal("DELETE", path) == (400, "InUseSubnetCannotBeDeleted")
    undelegated = {"properties": {"addressPrefix": "10.0.1.0/24"}}
    assert net.arm.refusal("PUT", net.outbound, undelegated) == (400, "InUseSubnetCannotBeDeleted")
    net.arm.make("DELETE", net.endpoint)
    net.arm.make("DELETE", net.endpoints)
    net.arm.make("DELETE", web.site)
    net.arm.make("DELETE", net.network)
    assert net.arm.call("GET", net.network).status_code == 404
