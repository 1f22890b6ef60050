from typing import Any

import pytest

from emulator.resource_manager.private_links import has_private_endpoint, is_reachable

GROUP = "/subscriptions/5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002/resourceGroups/rg-test"
NETWORK_CONTRIBUTOR_TO_BE = "77b20000-0000-4000-8000-000000000003"


def connections(net: Any) -> Any:
    return net.arm.make("GET", net.instance)["properties"]["privateEndpointConnections"]


def test_an_instance_lets_a_private_endpoint_in_at_once_and_shows_it(net: Any) -> None:
    made = net.make_endpoint()

    link = made["properties"]["privateLinkServiceConnections"][0]
    assert link["properties"]["privateLinkServiceConnectionState"]["status"] == "Approved"
    assert made["properties"]["customDnsConfigs"] == [{"fqdn": "localhost:1", "ipAddresses": []}]
    (seen,) = connections(net)
    assert seen["id"].startswith(f"{net.instance}/privateEndpointConnections/pe.")
    assert seen["properties"]["privateEndpoint"] == {"id": net.endpoint}
    assert seen["properties"]["groupIds"] == ["API"]
    assert seen["properties"]["privateLinkServiceConnectionState"]["status"] == "Approved"


def test_the_connection_goes_with_the_endpoint_and_stays_over_a_change_of_the_instance(net: Any) -> None:
    net.make_endpoint()

    body = {"location": "westeurope", "properties": {"publicNetworkAccess": "Disabled"}}
    changed = net.arm.make("PUT", net.instance, body)
    assert len(changed["properties"]["privateEndpointConnections"]) == 1
    net.arm.make("DELETE", net.endpoint)
    assert connections(net) == []


@pytest.mark.parametrize("access", ["Enabled", "Disabled"])
def test_an_instance_is_reachable_in_public_or_through_its_endpoint(net: Any, access: str) -> None:
    body = {"location": "westeurope", "properties": {"publicNetworkAccess": access}}
    instance = net.arm.make("PUT", net.instance, body)

    assert is_reachable(net.arm.storage, instance) is (access == "Enabled")
    net.make_endpoint()
    assert is_reachable(net.arm.storage, instance)
    assert has_private_endpoint(net.arm.storage, net.instance.upper())
    assert not has_private_endpoint(net.arm.storage, f"{net.instance}-2")


def test_an_endpoint_does_not_lead_to_what_is_made_again(net: Any) -> None:
    net.make_endpoint()
    net.arm.make("DELETE", net.instance)
    net.arm.make("PUT", net.instance, {"location": "westeurope"})

    link = net.arm.make("GET", net.endpoint)["properties"]["privateLinkServiceConnections"][0]
    assert link["properties"]["privateLinkServiceConnectionState"]["status"] == "Disconnected"
    assert not has_private_endpoint(net.arm.storage, net.instance)
    net.make_endpoint()
    assert has_private_endpoint(net.arm.storage, net.instance)


def test_a_site_takes_one_too(net: Any, web: Any) -> None:
    web.make_site()

    net.make_endpoint(target=web.site, group_id="sites")

    assert has_private_endpoint(net.arm.storage, web.site)
    net.arm.make("DELETE", web.site)
    assert not has_private_endpoint(net.arm.storage, web.site)


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        ({"group_id": "api"}, "InvalidGroupId", "['api'] are not valid for a Microsoft.DigitalTwins/digitalTwins"),
        ({"group_id": "sites"}, "InvalidGroupId", "it has only 'API'"),
        ({"target": f"{GROUP}"}, "InvalidGroupId", "it has none"),
        ({"target": f"{GROUP}/providers/Microsoft.Web/sites/none"}, "InvalidResourceReference", "sites/none"),
        ({"subnet": f"{GROUP}/x"}, "InvalidResourceReference", "was not found"),
    ],
)
def test_an_endpoint_that_leads_nowhere_is_refused(net: Any, options: Any, code: str, message: str) -> None:
    answer = net.arm.call("PUT", net.endpoint, net.endpoint_body(**options))

    assert net.arm.refusal_of(answer) == (400, code)
    assert message in answer.json()["error"]["message"]


def test_an_endpoint_needs_an_undelegated_subnet_of_its_region_for_good(net: Any) -> None:
    delegated = net.endpoint_body(subnet=net.outbound)
    elsewhere = {**net.endpoint_body(), "location": "northeurope"}

    code = "PrivateEndpointCreationNotAllowedAsSubnetIsDelegated"
    assert net.arm.refusal("PUT", net.endpoint, delegated) == (400, code)
    assert net.arm.refusal("PUT", net.endpoint, elsewhere) == (400, "InvalidResourceReference")
    net.make_endpoint()
    net.arm.make("PUT", f"{net.network}/subnets/more", {"properties": {"addressPrefix": "10.0.3.0/24"}})
    moved = net.endpoint_body(subnet=f"{net.network}/subnets/more")
    assert net.arm.refusal("PUT", net.endpoint, moved) == (400, "PrivateEndpointSubnetCannotBeChanged")


def test_an_endpoint_has_one_connection(net: Any) -> None:
    body = net.endpoint_body()
    body["properties"]["privateLinkServiceConnections"] *= 2

    assert net.arm.refusal("PUT", net.endpoint, body) == (400, "InvalidRequestFormat")


def test_whoever_makes_one_may_use_the_subnet_and_let_it_into_the_target(net: Any) -> None:
    guid = "aaaaaaaa-0000-4000-8000-000000000001"
    only_writes = [{"actions": ["Microsoft.Network/privateEndpoints/*"]}]
    net.arm.put_role(guid, permissions=only_writes).raise_for_status()
    asked = {
        "principalId": NETWORK_CONTRIBUTOR_TO_BE,
        "roleDefinitionId": f"/providers/Microsoft.Authorization/roleDefinitions/{guid}",
    }
    net.arm.put_assignment("11111111-0000-4000-8000-000000000001", asked, scope=GROUP).raise_for_status()

    def refusal() -> str:
        answer = net.arm.call("PUT", net.endpoint, net.endpoint_body(), name="drift")
        assert answer.status_code == 403
        return str(answer.json()["error"]["message"])

    assert "Microsoft.Network/virtualNetworks/subnets/join/action" in refusal()
    joins = [{"actions": [*only_writes[0]["actions"], "Microsoft.Network/virtualNetworks/subnets/join/action"]}]
    net.arm.put_role(guid, permissions=joins).raise_for_status()
    assert "PrivateEndpointConnectionsApproval/action" in refusal()


def test_a_zone_group_names_zones_that_there_are(net: Any) -> None:
    net.make_endpoint()
    config = {"name": "digitaltwins", "properties": {"privateDnsZoneId": net.zone}}
    body = {"properties": {"privateDnsZoneConfigs": [config]}}
    group = f"{net.endpoint}/privateDnsZoneGroups/default"

    assert net.arm.refusal("PUT", group, body) == (400, "InvalidResourceReference")
    net.arm.make("PUT", net.zone, {"location": "global"})
    assert net.arm.make("PUT", group, body)["properties"]["privateDnsZoneConfigs"] == [config]
    net.arm.make("DELETE", net.endpoint)
    assert net.arm.call("GET", group).status_code == 404


def test_the_endpoint_of_a_locked_target_stays(net: Any) -> None:
    net.make_endpoint()
    lock = f"{net.instance}/providers/Microsoft.Authorization/locks/keep"
    net.arm.make("PUT", lock, {"properties": {"level": "CanNotDelete"}})

    assert net.arm.refusal("DELETE", net.endpoint) == (409, "ScopeLocked")
    net.arm.make("DELETE", lock)
    net.arm.make("DELETE", net.endpoint)
