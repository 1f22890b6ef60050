"""Private endpoints: their targets let them in at once, and which part of a target they lead to is checked."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

from emulator.resource_manager.errors import InvalidRequest
from emulator.resource_manager.kinds.kind import SUCCEEDED, Kind, Put
from emulator.resource_manager.kinds.network import SUBNET_JOIN, delegations_of
from emulator.resource_manager.locks import Locks
from emulator.resource_manager.private_links import APPROVED, connection_id, target_of
from emulator.resource_manager.resource_types.groups import INSTANCE
from emulator.resource_manager.resource_types.network import SUBNET
from emulator.resource_manager.resource_types.private_dns import PRIVATE_ZONE
from emulator.resource_manager.resource_types.web import SITE
from emulator.resource_manager.scopes import normalise
from emulator.storage import Document

GROUP_IDS: Mapping[str, str] = {INSTANCE.type: "API", SITE.type: "sites"}
"""Type of a target -> the one part of it that a private endpoint can lead to, letter by letter."""

_APPROVE: Mapping[str, str] = {
    INSTANCE.type: f"{INSTANCE.type}/PrivateEndpointConnectionsApproval/action",
    SITE.type: f"{SITE.type}/privateEndpointConnectionsApproval/action",
}
_ZONE_JOIN = f"{PRIVATE_ZONE.type}/join/action"
_INTERFACES = UUID("c2d7f0b4-6e13-4c5f-b1a9-3d8e54a07f26")


class PrivateEndpointKind(Kind):
    """Private endpoints; codes are Azure's, except InvalidGroupId."""

    def check(self, put: Put) -> None:
        """Returns when the endpoint has a place in a network, and its target is one that takes it."""
        self._check_subnet(put)
        self._check_target(put)

    async def properties(self, put: Put) -> Mapping[str, Any]:
        """With the connection that the target approves, unless it is gone since."""
        link = put.properties["privateLinkServiceConnections"][0]
        target = self.find(link["properties"]["privateLinkServiceId"]) or {}
        inner = {**link["properties"], "privateLinkServiceConnectionState": APPROVED, **SUCCEEDED}
        named = {"id": f"{put.id}/privateLinkServiceConnections/{link['name']}", **link}
        network = put.id.rpartition("/privateEndpoints/")[0]
        interface = f"{put.name}.nic.{uuid5(_INTERFACES, normalise(put.id))}"
        return {
            **await super().properties(put),
            "subnet": {"id": put.properties["subnet"]["id"]},
            "privateLinkServiceConnections": [{**named, "properties": inner}],
            "manualPrivateLinkServiceConnections": [],
            "customDnsConfigs": _dns(target),
            "networkInterfaces": [{"id": f"{network}/networkInterfaces/{interface}"}],
        }

    def check_delete(self, document: Document) -> None:
        """Returns unless the target is locked: its connection goes with the endpoint."""
        target = self.find(target_of(document))
        if target is not None:
            Locks(self.storage).refuse_delete(connection_id(target["id"], document))

    def _check_subnet(self, put: Put) -> None:
        subnet_id = put.properties["subnet"]["id"]
        subnet = self.find(subnet_id, SUBNET.type)
        network = self.find(SUBNET.parent_of(subnet_id))
        place = put.body["location"].replace(" ", "").lower()
        if subnet is None or network is None or network["location"] != place:
            raise _not_referenced(subnet_id, put)
        if delegations_of(subnet):
            message = f"Private endpoint {put.id} cannot be created in subnet {subnet_id} since it is delegated."
            raise InvalidRequest(message, "PrivateEndpointCreationNotAllowedAsSubnetIsDelegated")
        if put.existing is not None and normalise(put.earlier("subnet", {})["id"]) != normalise(subnet_id):
            message = f"The subnet of the private endpoint {put.id} cannot be changed."
            raise InvalidRequest(message, "PrivateEndpointSubnetCannotBeChanged")
        self.require_linked(put, SUBNET_JOIN, subnet_id)

    def _check_target(self, put: Put) -> None:
        links = put.properties["privateLinkServiceConnections"]
        if len(links) != 1:
            message = f"A private endpoint has one connection, and {put.name} has {len(links)}."
            raise InvalidRequest(message, "InvalidRequestFormat")
        asked = links[0]["properties"]
        target = self.find(asked["privateLinkServiceId"])
        if target is None:
            raise _not_referenced(asked["privateLinkServiceId"], put)
        group_id = GROUP_IDS.get(target["type"])
        if asked["groupIds"] != [group_id]:
            # Letters count: "api" is not "API".
            known = f"only '{group_id}'" if group_id else "none, as far as the local Azure knows"
            message = f"The group ids {asked['groupIds']} are not valid for a {target['type']}; it has {known}."
            raise InvalidRequest(message, "InvalidGroupId")
        self.require_linked(put, _APPROVE[target["type"]], target["id"])


class ZoneGroupKind(Kind):
    """Which private DNS zones hold the names of an endpoint."""

    def check(self, put: Put) -> None:
        """Returns when the zones are there."""
        for config in put.properties.get("privateDnsZoneConfigs", []):
            zone_id = config["properties"]["privateDnsZoneId"]
            if self.find(zone_id, PRIVATE_ZONE.type) is None:
                raise _not_referenced(zone_id, put)
            self.require_linked(put, _ZONE_JOIN, zone_id)


def _dns(target: Document) -> list[dict[str, Any]]:
    host = target.get("properties", {}).get("hostName")
    return [{"fqdn": host, "ipAddresses": []}] if host else []


def _not_referenced(resource_id: str, put: Put) -> InvalidRequest:
    message = (
        f"Resource {resource_id} referenced by resource {put.id} was not found. Please make sure that the referenced "
        "resource exists, and that both resources are in the same region."
    )
    return InvalidRequest(message, "InvalidResourceReference")
