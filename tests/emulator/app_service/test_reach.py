"""Who reaches a site: a table of rules and callers, then the same through a real site."""

from typing import Any

import pytest

from emulator.app_service.reach import Reach
from tests.emulator.app_service.local_site import GROUP, SITE, LocalSite, make_package

ENDPOINT = f"{GROUP}/providers/Microsoft.Network/privateEndpoints/pe-site"
NETWORK = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet-test"
LOOPBACK = [
    {"name": "one", "action": "Allow", "priority": 100, "ipAddress": "127.0.0.0/8"},
    {"name": "two", "action": "Allow", "priority": 101, "ipAddress": "::1/128"},
]


def allow(address: str, priority: int = 100) -> dict[str, Any]:
    return {"action": "Allow", "ipAddress": address, "priority": priority}


def deny(address: str, priority: int = 100) -> dict[str, Any]:
    return {"action": "Deny", "ipAddress": address, "priority": priority}


# name, rules, default action, address, whether it gets in
TABLE: list[tuple[str, list[dict[str, Any]], str | None, str, bool]] = [
    ("nothing is said", [], None, "203.0.113.9", True),
    ("the default is Deny", [], "Deny", "203.0.113.9", False),
    ("the default is Allow", [], "Allow", "203.0.113.9", True),
    ("a range that has it", [allow("203.0.113.0/24")], "Deny", "203.0.113.9", True),
    ("a range that has it not", [allow("203.0.113.0/24")], "Deny", "198.51.100.1", False),
    ("rules without a default deny the rest", [allow("203.0.113.0/24")], None, "198.51.100.1", False),
    ("one address", [allow("203.0.113.9/32")], "Deny", "203.0.113.9", True),
    ("IPv6", [allow("2001:db8::/32")], "Deny", "2001:db8::7", True),
    ("IPv6, another range", [allow("2001:db8::/32")], "Deny", "2001:db9::7", False),
    ("IPv4 meets no range of IPv6", [allow("::/0")], "Deny", "203.0.113.9", False),
    ("IPv4 in the clothes of IPv6", [allow("203.0.113.0/24")], "Deny", "::ffff:203.0.113.9", True),
    ("anybody", [allow("Any")], "Deny", "203.0.113.9", True),
    ("the lower priority counts", [allow("Any", 200), deny("203.0.113.0/24", 100)], "Allow", "203.0.113.9", False),
    ("of the same priority the first", [allow("Any"), deny("203.0.113.0/24")], "Deny", "203.0.113.9", True),
    ("a rule without an address names nobody", [{"action": "Allow", "priority": 100}], "Deny", "203.0.113.9", False),
]


@pytest.mark.parametrize(
    ("rules", "default", "address", "admitted"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_rules_are_read_by_priority_and_the_default_is_for_the_rest(
    *, rules: list[dict[str, Any]], default: str | None, address: str, admitted: bool
) -> None:
    reach = Reach(is_public=True, rules=rules, default_action=default)

    assert reach.admits(address) is admitted


def test_without_public_access_no_rule_lets_anybody_in() -> None:
    reach = Reach(is_public=False, rules=[allow("Any")], default_action="Allow")

    assert reach.admits("203.0.113.9") is False


def make_private_endpoint(site: LocalSite) -> None:
    spaces = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}
    site.put(NETWORK, {"location": "westeurope", "properties": spaces}, "2024-05-01")
    subnet = f"{NETWORK}/subnets/endpoints"
    site.put(subnet, {"properties": {"addressPrefix": "10.0.0.0/24"}}, "2024-05-01")
    connection = {"name": "site", "properties": {"privateLinkServiceId": SITE, "groupIds": ["sites"]}}
    properties = {"subnet": {"id": subnet}, "privateLinkServiceConnections": [connection]}
    site.put(ENDPOINT, {"location": "westeurope", "properties": properties}, "2024-05-01")


def test_a_caller_that_no_rule_names_is_refused_before_authentication_and_the_health_check_too(
    site: LocalSite,
) -> None:
    site.publish(make_package())
    site.put_site({}, config={"ipSecurityRestrictions": [], "ipSecurityRestrictionsDefaultAction": "Deny"})

    answer = site.call("/healthz")

    assert answer.status_code == 403
    assert answer.headers["x-ms-forbidden-ip"] in {"127.0.0.1", "::1"}
    assert "Ip Forbidden" in answer.text


def test_the_publish_endpoint_has_rules_of_its_own(site: LocalSite) -> None:
    closed = {"ipSecurityRestrictions": [], "ipSecurityRestrictionsDefaultAction": "Deny"}
    own = {"scmIpSecurityRestrictions": [], "scmIpSecurityRestrictionsUseMain": False}
    site.put_site({}, config={**closed, **own, "scmIpSecurityRestrictionsDefaultAction": "Allow"})
    assert site.publish(make_package())["status"] == 4

    site.put_site({}, config={**closed, "scmIpSecurityRestrictionsUseMain": True})
    assert site.send_package(make_package()).headers.get("x-ms-forbidden-ip")


def test_an_address_that_is_allowed_gets_in_and_a_rule_that_goes_lets_it_in_no_more(site: LocalSite) -> None:
    site.publish(make_package())
    config = {"ipSecurityRestrictionsDefaultAction": "Deny"}

    site.put_site({}, config={**config, "ipSecurityRestrictions": LOOPBACK})
    assert site.call("/").status_code == 200
    site.put_site({}, config={**config, "ipSecurityRestrictions": []})
    assert site.call("/").status_code == 403


def test_a_site_without_public_access_answers_403_on_both_of_its_hosts(site: LocalSite) -> None:
    site.publish(make_package())
    site.put_site({}, properties={"publicNetworkAccess": "Disabled"})

    for answer in (site.call("/"), site.send_package(make_package())):
        assert (answer.status_code, "x-ms-forbidden-ip" in answer.headers) == (403, True)


def test_a_private_endpoint_makes_this_machine_a_part_of_the_network_where_no_rule_counts(site: LocalSite) -> None:
    closed = {"ipSecurityRestrictionsDefaultAction": "Deny", "scmIpSecurityRestrictionsDefaultAction": "Deny"}
    site.put_site({}, properties={"publicNetworkAccess": "Disabled"}, config=closed)
    make_private_endpoint(site)

    assert site.publish(make_package())["status"] == 4
    assert site.call("/").status_code == 200


def test_outside_of_every_network_a_private_endpoint_does_not_help(site: LocalSite, emulator: Any) -> None:
    site.put_site({}, properties={"publicNetworkAccess": "Disabled"})
    make_private_endpoint(site)
    emulator.control("PUT", "faults", {"outside": True})

    assert site.send_package(make_package()).status_code == 403
    emulator.control("PUT", "faults", {"outside": False})
    assert site.send_package(make_package()).status_code == 202
