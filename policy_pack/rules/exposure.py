"""Who can reach what from the internet."""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import Any

from .resource import UNKNOWN, Resource, Stack

_EVERYWHERE = ip_network("0.0.0.0/0")
_WIDEST_V4, _WIDEST_V6 = 8, 16
"""The shortest prefixes that can still be somebody's own addresses."""


def check_no_public_access_in_prod(resource: Resource, stack: Stack) -> Iterator[str]:
    """In production the instance takes no call from the internet, and the gateway none from everywhere."""
    if not stack.is_prod:
        return
    if resource.type == "azure-native:digitaltwins:DigitalTwin":
        if resource.hides("publicNetworkAccess") or resource.is_not("Disabled", "publicNetworkAccess"):
            yield (
                "The instance can be called from the internet, or nobody knows yet; give it a private endpoint "
                "(instance.privateEndpoint) and set publicNetworkAccess to Disabled."
            )
    elif resource.type == "azure-native:web:WebApp" and _is_open(resource):
        yield (
            "The app can be called from everywhere; set publicNetworkAccess to Disabled, or list the addresses that "
            "may call it (gateway.allowedAddresses), with no service tag and no range that is half the internet."
        )


def _is_open(app: Resource) -> bool:
    if not app.is_not("Disabled", "publicNetworkAccess"):
        return False
    default = app.get("siteConfig", "ipSecurityRestrictionsDefaultAction")
    if default is not UNKNOWN and not _denies(default):
        return True
    rules = (rule for rule in app.items("siteConfig", "ipSecurityRestrictions") if isinstance(rule, Mapping))
    return _is_everybody([part for rule in rules if not _denies(rule.get("action")) for part in _networks_of(rule)])


def _denies(action: Any) -> bool:
    return str(action).casefold() == "deny"


def _is_everybody(networks: list[IPv4Network | IPv6Network]) -> bool:
    # Neighbours are taken together: two halves of the internet are all of it.
    v4 = collapse_addresses(item for item in networks if isinstance(item, IPv4Network))
    v6 = collapse_addresses(item for item in networks if isinstance(item, IPv6Network))
    return any(item.prefixlen < _WIDEST_V4 for item in v4) or any(item.prefixlen < _WIDEST_V6 for item in v6)


def _networks_of(rule: Mapping[str, Any]) -> Iterator[IPv4Network | IPv6Network]:
    """The addresses that a rule is for; all there are for a service tag, or what is no address, such as Any."""
    addresses, mask = rule.get("ipAddress"), rule.get("subnetMask")
    if addresses is UNKNOWN or (addresses is None and rule.get("vnetSubnetResourceId") is not None):
        return
    for address in str(addresses).split(","):
        text = f"{address.strip()}/{mask}" if isinstance(mask, str) and "/" not in address else address.strip()
        try:
            yield ip_network(text, strict=False)
        except ValueError:
            yield _EVERYWHERE
