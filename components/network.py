"""The virtual network of a stack that is given none: where private endpoints lie, and where the gateway calls from."""

import re
from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_azure_native import network

ADDRESS_SPACE = "10.90.0.0/24"
"""Small, and not for joining with other networks: who joins them gives subnets of their own."""
ENDPOINT_ADDRESSES = "10.90.0.0/27"
GATEWAY_ADDRESSES = "10.90.0.64/26"
GATEWAY_DELEGATION = "Microsoft.App/environments"
"""Whom the gateway's subnet belongs to: Flex Consumption runs there (pulumi-azure, 2.1)."""


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """Which subnets there are already."""

    resource_group_name: Input[str]
    """The resource group of a network that is made."""
    network_name: Input[str]
    """The name of a network that is made."""
    private_endpoint_subnet_id: Input[str] | None = None
    """The subnet for private endpoints; made when neither is given."""
    gateway_subnet_id: Input[str] | None = None
    """The subnet that the gateway calls from; made when neither is given."""


class Network(pulumi.ComponentResource):
    """Subnets that reach one another: given ones, or two that are made.

    With one of the two given, the other is not made: from a network of its own it would not reach the given one.
    """

    network_id: Output[str]
    """The virtual network that both lie in."""
    gateway_subnet_id: Output[str] | None
    """Where the gateway calls from; None when only the other subnet is given."""
    _endpoint_subnet_id: Output[str] | None

    def __init__(self, name: str, args: NetworkArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("digital-twins-rbac:index:Network", name, None, opts)
        given = args.gateway_subnet_id if args.private_endpoint_subnet_id is None else args.private_endpoint_subnet_id
        if given is None:
            self._create_network(name, args)
        else:
            self._endpoint_subnet_id = _output_of(args.private_endpoint_subnet_id)
            self.gateway_subnet_id = _output_of(args.gateway_subnet_id)
            self.network_id = Output.from_input(given).apply(_network_of)
        self.register_outputs({"network_id": self.network_id})

    @property
    def private_endpoint_subnet_id(self) -> Output[str]:
        """Where private endpoints lie.

        Raises:
            ValueError: only the gateway's subnet is given.
        """
        if self._endpoint_subnet_id is None:
            raise ValueError(
                "the gateway's subnet is given and the subnet of private endpoints is not: the gateway would not reach "
                "a private endpoint in a network that is made; give both, or neither"
            )
        return self._endpoint_subnet_id

    def _create_network(self, name: str, args: NetworkArgs) -> None:
        made = network.VirtualNetwork(
            name,
            resource_group_name=args.resource_group_name,
            virtual_network_name=args.network_name,
            address_space=network.AddressSpaceArgs(address_prefixes=[ADDRESS_SPACE]),
            opts=ResourceOptions(parent=self),
        )
        endpoints = network.Subnet(
            f"{name}-private-endpoints",
            resource_group_name=args.resource_group_name,
            virtual_network_name=made.name,
            subnet_name="private-endpoints",
            address_prefix=ENDPOINT_ADDRESSES,
            # Nothing in it calls anybody.
            default_outbound_access=False,
            opts=ResourceOptions(parent=self),
        )
        gateway = network.Subnet(
            f"{name}-gateway",
            resource_group_name=args.resource_group_name,
            virtual_network_name=made.name,
            subnet_name="gateway",
            address_prefix=GATEWAY_ADDRESSES,
            delegations=[network.DelegationArgs(name="gateway", service_name=GATEWAY_DELEGATION)],
            # Azure changes one subnet of a network at a time, and refuses a second one meanwhile.
            opts=ResourceOptions(parent=self, depends_on=[endpoints]),
        )
        self.network_id = made.id
        self._endpoint_subnet_id = endpoints.id
        self.gateway_subnet_id = gateway.id


def _output_of(given: Input[str] | None) -> Output[str] | None:
    return None if given is None else Output.from_input(given)


def _network_of(subnet_id: str) -> str:
    network_id, *rest = re.split("/subnets/", subnet_id, flags=re.IGNORECASE)
    if len(rest) != 1:
        raise ValueError(f"{subnet_id!r} is not the id of a subnet: it must end with /subnets/<name>")
    return network_id
