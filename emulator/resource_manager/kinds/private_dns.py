"""Private DNS zones and their links; no name is ever resolved in them."""

from collections.abc import Mapping
from typing import Any

from emulator.resource_manager.errors import Conflict, InvalidRequest, ResourceNotFound
from emulator.resource_manager.kinds.kind import Kind, Put, require_global
from emulator.resource_manager.resource_types.network import VIRTUAL_NETWORK
from emulator.resource_manager.resource_types.private_dns import VIRTUAL_NETWORK_LINK
from emulator.resource_manager.scopes import normalise
from emulator.storage import Document

_JOIN = f"{VIRTUAL_NETWORK.type}/join/action"


class ZoneKind(Kind):
    """Zones."""

    def check(self, put: Put) -> None:
        """Returns when the zone is one of no region."""
        require_global(put)

    async def properties(self, put: Put) -> Mapping[str, Any]:
        """With the limits of a zone."""
        return {**await super().properties(put), "maxNumberOfVirtualNetworkLinks": 1000, "numberOfRecordSets": 1}

    def current(self, document: Document) -> Document:
        """With how many networks see it."""
        links = len(self.find_all(VIRTUAL_NETWORK_LINK.type, document["id"]))
        return {**document, "properties": {**document["properties"], "numberOfVirtualNetworkLinks": links}}

    def check_delete(self, document: Document) -> None:
        """Returns when no network sees it any more."""
        links = self.find_all(VIRTUAL_NETWORK_LINK.type, document["id"])
        if links:
            message = (
                f"Can not delete resource '{document['name']}' before nested resources are deleted: it has the virtual "
                f"network link '{links[0]['name']}'."
            )
            raise Conflict(message, "CannotDeleteResource")


class LinkKind(Kind):
    """Links of a zone to virtual networks."""

    def check(self, put: Put) -> None:
        """Returns when the network is there and sees no zone of that name yet."""
        require_global(put)
        network_id = put.properties["virtualNetwork"]["id"]
        if self.find(network_id, VIRTUAL_NETWORK.type) is None:
            raise ResourceNotFound(f"The virtual network '{network_id}' was not found.")
        if put.existing is not None and normalise(put.earlier("virtualNetwork", {})["id"]) != normalise(network_id):
            raise InvalidRequest(f"The network of the link '{put.name}' cannot be changed.", "BadRequest")
        self._refuse_second(put, network_id)
        self.require_linked(put, _JOIN, network_id)

    def _refuse_second(self, put: Put, network_id: str) -> None:
        zone = put.row.parent_of(put.id).rsplit("/", 1)[-1].lower()
        for link in self.find_all(put.row.type):
            other = put.row.parent_of(link["id"]).rsplit("/", 1)[-1].lower()
            same = normalise(link["properties"]["virtualNetwork"]["id"]) == normalise(network_id) and other == zone
            if same and normalise(link["id"]) != normalise(put.id):
                message = (
                    f"A virtual network cannot be linked to multiple zones with overlapping namespaces. You tried to "
                    f"link virtual network with '{zone}' and it is linked by '{link['id']}' already."
                )
                raise Conflict(message, "Conflict")
