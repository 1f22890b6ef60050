from typing import Any

from azure.core.pipeline.transport import RequestsTransport
from azure.mgmt.privatedns import PrivateDnsManagementClient
from azure.mgmt.privatedns.models import PrivateZone, SubResource, VirtualNetworkLink, VirtualNetworkLinkProperties

SUBSCRIPTION_ID = "5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002"
ZONE = "privatelink.digitaltwins.azure.net"


def link_body(net: Any, location: str = "global") -> dict[str, Any]:
    return {"location": location, "properties": {"virtualNetwork": {"id": net.network}, "registrationEnabled": False}}


def test_azures_client_makes_a_zone_and_links_it(net: Any) -> None:
    transport = RequestsTransport(session=net.arm.session, session_owner=False)
    with PrivateDnsManagementClient(
        net.arm.credential(), SUBSCRIPTION_ID, base_url=net.arm.address, transport=transport, polling_interval=0
    ) as client:
        client.private_zones.begin_create_or_update("rg-test", ZONE, PrivateZone(location="global")).result()
        link = VirtualNetworkLink(
            location="global",
            properties=VirtualNetworkLinkProperties(
                virtual_network=SubResource(id=net.network), registration_enabled=False
            ),
        )
        made = client.virtual_network_links.begin_create_or_update("rg-test", ZONE, "link", link).result()
        zone = client.private_zones.get("rg-test", ZONE)

    assert made.virtual_network_link_state == "Completed"
    assert zone.number_of_virtual_network_links == 1


def test_zone_and_link_are_of_no_region(net: Any) -> None:
    code = (400, "LocationNotAvailableForResourceType")

    assert net.arm.refusal("PUT", net.zone, {"location": "westeurope"}) == code
    net.arm.make("PUT", net.zone, {"location": "global"})
    assert net.arm.refusal("PUT", f"{net.zone}/virtualNetworkLinks/l", link_body(net, "westeurope")) == code


def test_a_link_needs_its_network_and_a_network_sees_a_zone_once(net: Any) -> None:
    net.arm.make("PUT", net.zone, {"location": "global"})
    nowhere = link_body(net)
    nowhere["properties"]["virtualNetwork"] = {"id": f"{net.network}-2"}
    link = f"{net.zone}/virtualNetworkLinks/l"

    assert net.arm.refusal("PUT", link, nowhere) == (404, "ResourceNotFound")
    net.arm.make("PUT", link, link_body(net))
    assert net.arm.refusal("PUT", f"{link}-2", link_body(net)) == (409, "Conflict")
    space = {"addressSpace": {"addressPrefixes": ["10.9.0.0/16"]}}
    net.arm.make("PUT", f"{net.network}-2", {"location": "westeurope", "properties": space})
    assert net.arm.refusal("PUT", link, nowhere) == (400, "BadRequest")


def test_a_zone_goes_after_its_links(net: Any) -> None:
    net.arm.make("PUT", net.zone, {"location": "global"})
    net.arm.make("PUT", f"{net.zone}/virtualNetworkLinks/l", link_body(net))

    assert net.arm.refusal("DELETE", net.zone) == (409, "CannotDeleteResource")
    net.arm.make("DELETE", f"{net.zone}/virtualNetworkLinks/l")
    net.arm.make("DELETE", net.zone)
