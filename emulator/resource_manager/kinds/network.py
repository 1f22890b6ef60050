"""Virtual networks and their subnets; nothing flows in them."""

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any
from uuid import UUID, uuid5

from emulator.resource_manager.errors import InvalidRequest
from emulator.resource_manager.kinds.kind import SUCCEEDED, Kind, Put
from emulator.resource_manager.resource_types.network import PRIVATE_ENDPOINT, SUBNET
from emulator.resource_manager.resource_types.web import SITE
from emulator.resource_manager.scopes import normalise
from emulator.storage import Document

SUBNET_JOIN = "Microsoft.Network/virtualNetworks/subnets/join/action"
"""What it takes to put something into a subnet."""

_GUIDS = UUID("7c4ab0d6-9d0e-4b62-8a57-05f3e1d2c6b8")

Network = IPv4Network | IPv6Network


class VirtualNetworkKind(Kind):
    """Virtual networks."""

    def check(self, put: Put) -> None:
        """Returns when the address space is one, and holds the subnets that there are."""
        space = _networks(put.properties["addressSpace"].get("addressPrefixes", []))
        if not space:
            raise InvalidRequest("addressSpace.addressPrefixes needs a range of addresses.", "InvalidRequestFormat")
        for subnet in self.find_all(SUBNET.type, put.id):
            _require_inside(subnet["name"], prefixes_of(subnet["properties"]), space, put.name)

    async def properties(self, put: Put) -> Mapping[str, Any]:
        """With its own GUID."""
        return {**await super().properties(put), "resourceGuid": str(uuid5(_GUIDS, normalise(put.id)))}

    def current(self, document: Document) -> Document:
        """With its subnets."""
        subnets = self.find_all(SUBNET.type, document["id"])
        return {**document, "properties": {**document["properties"], "subnets": subnets}}

    def check_delete(self, document: Document) -> None:
        """Returns when nothing is in its subnets."""
        for subnet in self.find_all(SUBNET.type, document["id"]):
            refuse_in_use(self, subnet)


class SubnetKind(Kind):
    """Subnets."""

    def check(self, put: Put) -> None:
        """Returns when the subnet has a place in its network, and leaves room for what is in it already."""
        network = self.find(put.row.parent_of(put.id)) or {}
        wanted = prefixes_of(put.properties)
        if not wanted:
            raise InvalidRequest(f"The subnet '{put.name}' needs addressPrefix.", "InvalidRequestFormat")
        space = _networks(network["properties"]["addressSpace"]["addressPrefixes"])
        _require_inside(put.name, wanted, space, network["name"])
        for other in self.find_all(SUBNET.type, network["id"]):
            if normalise(other["id"]) != normalise(put.id):
                _refuse_overlap(put.name, wanted, other, network["name"])
        if put.existing is not None and delegations_of(put.existing) != _delegations(put.properties):
            refuse_in_use(self, put.existing)

    async def properties(self, put: Put) -> Mapping[str, Any]:
        """With each delegation as one that is done."""
        delegations = [
            {
                **item,
                "id": f"{put.id}/delegations/{item.get('name', '')}",
                "properties": {**item.get("properties", {}), **SUCCEEDED},
            }
            for item in put.properties.get("delegations", [])
        ]
        return {**await super().properties(put), "delegations": delegations}

    def check_delete(self, document: Document) -> None:
        """Returns when nothing is in it."""
        refuse_in_use(self, document)


def prefixes_of(properties: Mapping[str, Any]) -> list[Network]:
    """The ranges of a subnet."""
    single = [properties["addressPrefix"]] if "addressPrefix" in properties else []
    return _networks([*single, *properties.get("addressPrefixes", [])])


def delegations_of(subnet: Document) -> list[str]:
    """The services that a subnet is delegated to."""
    return _delegations(subnet["properties"])


def refuse_in_use(kind: Kind, subnet: Document) -> None:
    """Returns when neither a private endpoint nor a site is in the subnet.

    Raises:
        InvalidRequest: one is.
    """
    users = [user["id"] for user in _users_of(kind, subnet["id"])]
    if users:
        message = (
            f"Subnet {subnet['name']} is in use by {users[0]} and cannot be deleted or delegated otherwise. In order "
            "to delete the subnet, delete all the resources within the subnet. See aka.ms/deletesubnet."
        )
        raise InvalidRequest(message, "InUseSubnetCannotBeDeleted")


def _users_of(kind: Kind, subnet_id: str) -> Iterator[Document]:
    for endpoint in kind.find_all(PRIVATE_ENDPOINT.type):
        if normalise(endpoint["properties"]["subnet"]["id"]) == normalise(subnet_id):
            yield endpoint
    for site in kind.find_all(SITE.type):
        if normalise(site["properties"].get("virtualNetworkSubnetId") or "") == normalise(subnet_id):
            yield site


def _delegations(properties: Mapping[str, Any]) -> list[str]:
    return [str(item.get("properties", {}).get("serviceName")) for item in properties.get("delegations", [])]


def _networks(prefixes: Sequence[str]) -> list[Network]:
    try:
        return [ip_network(prefix) for prefix in prefixes]
    except ValueError as exc:
        message = f"A prefix is no range of addresses such as 10.0.0.0/24: {exc}."
        raise InvalidRequest(message, "InvalidCIDRNotation") from exc


def _require_inside(name: str, wanted: Sequence[Network], space: Sequence[Network], network: str) -> None:
    if not all(any(_holds(outer, prefix) for outer in space) for prefix in wanted):
        message = f"Subnet '{name}' is not valid in virtual network '{network}'."
        raise InvalidRequest(message, "NetcfgInvalidSubnet")


def _holds(outer: Network, prefix: Network) -> bool:
    if outer.version != prefix.version:
        return False
    first, last = int(outer.network_address), int(outer.broadcast_address)
    return first <= int(prefix.network_address) and int(prefix.broadcast_address) <= last


def _refuse_overlap(name: str, wanted: Sequence[Network], other: Document, network: str) -> None:
    taken = prefixes_of(other["properties"])
    if any(one.version == two.version and one.overlaps(two) for one in wanted for two in taken):
        message = (
            f"Subnet '{name}' is not valid because its IP address range overlaps with that of '{other['name']}' in "
            f"virtual network '{network}'."
        )
        raise InvalidRequest(message, "NetcfgSubnetRangesOverlap")
