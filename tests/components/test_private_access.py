from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from components.private_access import INSTANCE_ZONE, SITE_ZONE, PrivateAccess, PrivateAccessArgs

Build = Callable[..., Any]
ENDPOINT = "azure-native:network:PrivateEndpoint"
ZONE = "azure-native:privatedns:PrivateZone"
LINK = "azure-native:privatedns:VirtualNetworkLink"
ZONE_GROUP = "azure-native:network:PrivateDnsZoneGroup"


def program(**changes: Any) -> Callable[[], dict[str, Any]]:
    def build() -> dict[str, Any]:
        args: dict[str, Any] = {
            "resource_group_name": "rg",
            "endpoint_name": "pe-adt",
            "target_id": "/instances/adt-1",
            "group_id": "API",
            "zone_name": INSTANCE_ZONE,
            "subnet_id": "/networks/n/subnets/pe",
            "network_id": "/networks/n",
            **changes,
        }
        access = PrivateAccess("access", PrivateAccessArgs(**args))
        return {"waits_for": pulumi.Output.all(*[resource.urn for resource in access.resources])}

    return build


def test_a_private_endpoint_leads_to_the_part_of_the_instance_that_is_called(build_in_both_modes: Build) -> None:
    assert build_in_both_modes(program()).one(ENDPOINT).inputs == {
        "resourceGroupName": "rg",
        "privateEndpointName": "pe-adt",
        "subnet": {"id": "/networks/n/subnets/pe"},
        "privateLinkServiceConnections": [
            {"name": "API", "privateLinkServiceId": "/instances/adt-1", "groupIds": ["API"]}
        ],
    }


@pytest.mark.parametrize(
    ("group", "zone"),
    [("API", "privatelink.digitaltwins.azure.net"), ("sites", "privatelink.azurewebsites.net")],
)
def test_its_zone_is_made_without_a_region_and_linked_to_the_network(
    build_in_both_modes: Build, group: str, zone: str
) -> None:
    built = build_in_both_modes(program(group_id=group, zone_name=zone))

    assert zone in {INSTANCE_ZONE, SITE_ZONE}
    assert built.one(ZONE).inputs == {"resourceGroupName": "rg", "privateZoneName": zone, "location": "global"}
    assert built.one(LINK).inputs == {
        "resourceGroupName": "rg",
        "privateZoneName": zone,
        "virtualNetworkLinkName": "pe-adt",
        "location": "global",
        "registrationEnabled": False,
        "virtualNetwork": {"id": "/networks/n"},
    }
    assert built.one(ENDPOINT).inputs["privateLinkServiceConnections"][0]["groupIds"] == [group]


def test_the_zone_gets_the_endpoints_addresses(build: Build) -> None:
    assert build(program()).one(ZONE_GROUP).inputs == {
        "resourceGroupName": "rg",
        "privateEndpointName": "pe-adt",
        "privateDnsZoneGroupName": "default",
        "privateDnsZoneConfigs": [{"name": "privatelink-digitaltwins-azure-net", "privateDnsZoneId": "access-zone-id"}],
    }


def test_a_given_zone_is_used_and_neither_made_nor_linked(build_in_both_modes: Build) -> None:
    built = build_in_both_modes(program(zone_id="/zones/z"))

    assert built.of_type(ZONE) + built.of_type(LINK) == []
    (config,) = built.one(ZONE_GROUP).inputs["privateDnsZoneConfigs"]
    assert config["privateDnsZoneId"] == "/zones/z"


@pytest.mark.parametrize(
    ("changes", "names"),
    [({}, ["access-zone-link", "access-zone-group"]), ({"zone_id": "/zones/z"}, ["access-zone-group"])],
)
def test_what_calls_the_resource_by_name_can_wait_for_the_name(
    build: Build, changes: dict[str, str], names: list[str]
) -> None:
    waits_for = build(program(**changes)).outputs["waits_for"]

    assert [urn.rsplit("::", 1)[1] for urn in waits_for] == names
