"""What App Service asks of a site's networks: the subnet of its own calls, and the rules about who calls it.

Codes and messages are ours, except where a comment says otherwise.
"""

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

from emulator.resource_manager.errors import InvalidRequest
from emulator.resource_manager.kinds.kind import Put
from emulator.resource_manager.kinds.network import delegations_of
from emulator.storage import Document

FLEX_DELEGATION = "Microsoft.App/environments"
"""What the subnet of a Flex Consumption app has to be delegated to (fact sheet pulumi-azure, section 2.1)."""


def check_subnet(put: Put, subnet: Document | None, network: Document | None) -> None:
    """Returns when the site's calls can go out through the subnet.

    Raises:
        InvalidRequest: there is no such subnet, it is in another region, or it is not delegated.
    """
    subnet_id = put.properties["virtualNetworkSubnetId"]
    if subnet is None or network is None:
        raise _bad_request(f"The subnet '{subnet_id}' of virtualNetworkSubnetId was not found.")
    if network["location"] != put.body["location"].replace(" ", "").lower():
        message = f"The virtual network '{network['name']}' is in {network['location']}, and the site is not."
        raise _bad_request(message)
    if FLEX_DELEGATION not in delegations_of(subnet):
        # In App Service's words.
        message = (
            f"Subnet {subnet['name']} in VNET {network['name']} is missing a delegation to {FLEX_DELEGATION}. Please "
            "add the delegation and try again."
        )
        raise _bad_request(message)


def check_address_rules(put: Put) -> None:
    """Returns when every address in the site's rules is one.

    Raises:
        InvalidRequest: it is none.
    """
    config = put.properties.get("siteConfig", {})
    for name in ("ipSecurityRestrictions", "scmIpSecurityRestrictions"):
        for rule in config.get(name, []):
            _check_rule(name, rule)


def _check_rule(name: str, rule: Mapping[str, Any]) -> None:
    if rule["ipAddress"] == "Any":
        return
    try:
        ip_network(rule["ipAddress"], strict=False)
    except ValueError as exc:
        message = f"{name}: '{rule['ipAddress']}' is no range of addresses such as 203.0.113.0/24: {exc}."
        raise _bad_request(message) from exc


def _bad_request(message: str) -> InvalidRequest:
    return InvalidRequest(message, "BadRequest")
