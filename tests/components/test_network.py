from collections.abc import Callable
from typing import Any

import pytest

from components.network import Network, NetworkArgs
from tests.components.scenario import SUBSCRIPTION

Build = Callable[..., Any]
NETWORK = "azure-native:network:VirtualNetwork"
SUBNET = "azure-native:network:Subnet"
MADE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/vnet-1"
HUB = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-hub/providers/Microsoft.Network/virtualNetworks/hub"


def program(**given: str) -> Callable[[], dict[str, Any]]:
    def build() -> dict[str, Any]:
        made = Network("network", NetworkArgs(resource_group_name="rg", network_name="vnet-1", **given))
        return {
            "network": made.network_id,
            "endpoints": made.private_endpoint_subnet_id,
            "gateway": made.gateway_subnet_id,
        }

    return build


def test_without_a_subnet_a_small_network_with_two_of_them_is_made(build_in_both_modes: Build) -> None:
    built = build_in_both_modes(program())

    assert built.one(NETWORK).inputs == {
        "resourceGroupName": "rg",
        "virtualNetworkName": "vnet-1",
        "addressSpace": {"addressPrefixes": ["10.90.0.0/24"]},
        # Defaults of the SDK.
        "enableDdosProtection": False,
        "enableVmProtection": False,
    }
    assert [item.name for item in built.of_type(SUBNET)] == ["network-private-endpoints", "network-gateway"]


def test_private_endpoints_lie_in_a_subnet_that_calls_nobody(build_in_both_modes: Build) -> None:
    inputs = build_in_both_modes(program()).named("network-private-endpoints").inputs

    assert (inputs["virtualNetworkName"], inputs["subnetName"]) == ("vnet-1", "private-endpoints")
    assert (inputs["addressPrefix"], inputs["defaultOutboundAccess"]) == ("10.90.0.0/27", False)
    assert "delegations" not in inputs


def test_the_gateways_subnet_belongs_to_flex_consumption_and_has_no_underscore(build_in_both_modes: Build) -> None:
    inputs = build_in_both_modes(program()).named("network-gateway").inputs

    assert inputs["delegations"] == [{"name": "gateway", "serviceName": "Microsoft.App/environments"}]
    assert (inputs["subnetName"], inputs["addressPrefix"]) == ("gateway", "10.90.0.64/26")


def test_the_subnets_are_made_one_after_the_other(build: Build) -> None:
    depends_on = list(build(program()).requests["network-gateway"].dependencies)

    assert [urn.rsplit("::", 1)[1] for urn in depends_on if "Subnet" in urn] == ["network-private-endpoints"]


def test_what_is_made_is_told(build: Build) -> None:
    assert build(program()).outputs == {
        "network": MADE,
        "endpoints": f"{MADE}/subnets/private-endpoints",
        "gateway": f"{MADE}/subnets/gateway",
    }


def test_given_subnets_are_used_and_nothing_is_made(build_in_both_modes: Build) -> None:
    given = {"private_endpoint_subnet_id": f"{HUB}/subnets/pe", "gateway_subnet_id": f"{HUB}/subnets/flex"}
    built = build_in_both_modes(program(**given))

    assert [item for item in built.created if item.custom] == []
    assert built.outputs == {"network": HUB, "endpoints": f"{HUB}/subnets/pe", "gateway": f"{HUB}/subnets/flex"}


def test_for_a_given_subnet_of_private_endpoints_no_subnet_is_made_that_would_not_reach_it(build: Build) -> None:
    built = build(program(private_endpoint_subnet_id=f"{HUB}/Subnets/pe"))

    assert [item for item in built.created if item.custom] == []
    assert (built.outputs["network"], built.outputs["gateway"]) == (HUB, None)


def test_with_a_given_subnet_of_the_gateway_alone_it_calls_from_there_and_nothing_is_made(build: Build) -> None:
    def alone() -> dict[str, Any]:
        args = NetworkArgs(resource_group_name="rg", network_name="vnet-1", gateway_subnet_id=f"{HUB}/subnets/flex")
        made = Network("network", args)
        return {"network": made.network_id, "gateway": made.gateway_subnet_id}

    built = build(alone)

    assert [item for item in built.created if item.custom] == []
    assert built.outputs == {"network": HUB, "gateway": f"{HUB}/subnets/flex"}


def test_a_private_endpoint_that_such_a_gateway_would_not_reach_is_refused_with_what_to_do(build: Build) -> None:
    with pytest.raises(ValueError, match=r"the gateway's subnet is given .* give both, or neither"):
        build(program(gateway_subnet_id=f"{HUB}/subnets/flex"))


def test_a_network_in_place_of_a_subnet_is_refused(build: Build) -> None:
    with pytest.raises(ValueError, match="is not the id of a subnet"):
        build(program(private_endpoint_subnet_id=HUB))
