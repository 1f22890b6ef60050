"""Who reaches the gateway's app, and which way the app takes to what it calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_network

from pulumi import Input
from pulumi_azure_native import web

_FIRST_PRIORITY = 100
_MOST_RULES = 512
"""How many rules App Service takes for one app."""


@dataclass(frozen=True, kw_only=True)
class GatewayEndpoint:
    """Where the app's private endpoint lies."""

    subnet_id: Input[str]
    """The subnet of private endpoints."""
    network_id: Input[str]
    """The virtual network in which the app's name leads to it."""
    zone_id: Input[str] | None = None
    """The zone privatelink.azurewebsites.net; made when left out."""


@dataclass(frozen=True, kw_only=True)
class GatewayAccess:
    """Which networks the gateway stands in.

    Raises:
        ValueError: an address range is none, there are too many, or there are some although the app is not public.
    """

    public: bool
    """Whether the app can be called from outside a network; if not, its private endpoint is the only way in."""
    allowed_addresses: Sequence[str]
    """The ranges, IPv4 or IPv6 with a mask (`203.0.113.0/24`), that may call a public app; none means nobody."""
    private_endpoint: GatewayEndpoint | None = None
    """Its way in from inside a network; none when left out."""
    outbound_subnet_id: Input[str] | None = None
    """The subnet that the app's own calls go through, delegated to Microsoft.App/environments."""
    zone_redundant: bool = False
    """Whether its instances stand in several zones of the region, at least two of them always ready."""

    def __post_init__(self) -> None:
        for address in self.allowed_addresses:
            ip_network(address)
        if len(self.allowed_addresses) > _MOST_RULES:
            raise ValueError(f"{len(self.allowed_addresses)} address ranges: App Service takes {_MOST_RULES} of an app")
        if self.allowed_addresses and not self.public:
            raise ValueError("an app without public access takes no address ranges: they would let nobody in")

    @property
    def public_network_access(self) -> str:
        """What `publicNetworkAccess` is, in the app's own properties and in its configuration."""
        return "Enabled" if self.public else "Disabled"

    @property
    def rules(self) -> list[web.IpSecurityRestrictionArgs]:
        """A rule for each range; whom none of them names is refused by the default action, which is Deny."""
        return [
            web.IpSecurityRestrictionArgs(
                name=f"allowed-{position}",
                action="Allow",
                priority=_FIRST_PRIORITY + position,
                ip_address=str(ip_network(address)),
            )
            for position, address in enumerate(self.allowed_addresses)
        ]

    @property
    def scm_default_action(self) -> web.DefaultAction:
        """Whether the publish endpoint of a public app takes calls from everywhere.

        It does, since whoever publishes needs a token with the right to, and passwords are off: the machine that runs
        `pulumi up` need not be one that calls the gateway.
        """
        return web.DefaultAction.ALLOW if self.public else web.DefaultAction.DENY
