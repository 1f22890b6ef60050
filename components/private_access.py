"""Lets a network reach a resource without the internet: a private endpoint, and the name that leads to it."""

from dataclasses import dataclass
from typing import Literal

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_azure_native import network, privatedns

INSTANCE_ZONE = "privatelink.digitaltwins.azure.net"
SITE_ZONE = "privatelink.azurewebsites.net"
"""Of a function app; its publish address lies in the same zone."""


@dataclass(frozen=True, kw_only=True)
class PrivateAccessArgs:
    """What is reached, and from where."""

    resource_group_name: Input[str]
    """The resource group of the private endpoint and of a zone that is made."""
    endpoint_name: Input[str]
    """The private endpoint's name."""
    target_id: Input[str]
    """The resource id of what is reached."""
    group_id: Literal["API", "sites"]
    """The part of it that is reached: `API` of an Azure Digital Twins instance, `sites` of a function app."""
    zone_name: str
    """The private DNS zone of such resources: `INSTANCE_ZONE` or `SITE_ZONE`."""
    zone_id: Input[str] | None = None
    """A zone that there is already, linked to the network by whoever keeps it; made and linked when left out."""
    subnet_id: Input[str]
    """Where the private endpoint lies."""
    network_id: Input[str]
    """The virtual network that a zone that is made is linked to."""


class PrivateAccess(pulumi.ComponentResource):
    """A private endpoint with its name in a private DNS zone; Azure approves it where the deployer owns the target."""

    resources: list[pulumi.Resource]
    """What must be there before the resource is called by its name from inside the network."""

    def __init__(self, name: str, args: PrivateAccessArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("digital-twins-rbac:index:PrivateAccess", name, None, opts)
        endpoint = self._create_endpoint(name, args)
        self.resources = []
        zone_id = self._create_zone(name, args) if args.zone_id is None else Output.from_input(args.zone_id)
        zone_group = network.PrivateDnsZoneGroup(
            f"{name}-zone-group",
            resource_group_name=args.resource_group_name,
            private_endpoint_name=endpoint.name,
            private_dns_zone_group_name="default",
            private_dns_zone_configs=[
                network.PrivateDnsZoneConfigArgs(name=args.zone_name.replace(".", "-"), private_dns_zone_id=zone_id)
            ],
            opts=ResourceOptions(parent=self),
        )
        self.resources.append(zone_group)
        self.register_outputs({})

    def _create_endpoint(self, name: str, args: PrivateAccessArgs) -> network.PrivateEndpoint:
        return network.PrivateEndpoint(
            name,
            resource_group_name=args.resource_group_name,
            private_endpoint_name=args.endpoint_name,
            # Its id alone: the SDK's class would add settings of a subnet, which the endpoint is not to change.
            subnet=network.SubnetArgsDict(id=args.subnet_id),
            private_link_service_connections=[
                network.PrivateLinkServiceConnectionArgs(
                    name=args.group_id, private_link_service_id=args.target_id, group_ids=[args.group_id]
                )
            ],
            opts=ResourceOptions(parent=self),
        )

    def _create_zone(self, name: str, args: PrivateAccessArgs) -> Output[str]:
        # Without this location azure-native would send the resource group's, which Azure refuses (pulumi-azure, 5.2).
        zone = privatedns.PrivateZone(
            f"{name}-zone",
            resource_group_name=args.resource_group_name,
            private_zone_name=args.zone_name,
            location="global",
            opts=ResourceOptions(parent=self),
        )
        link = privatedns.VirtualNetworkLink(
            f"{name}-zone-link",
            resource_group_name=args.resource_group_name,
            private_zone_name=zone.name,
            virtual_network_link_name=args.endpoint_name,
            location="global",
            registration_enabled=False,
            virtual_network=privatedns.SubResourceArgs(id=args.network_id),
            opts=ResourceOptions(parent=self),
        )
        self.resources.append(link)
        return zone.id
