"""Private endpoints as their targets see them: who has one, and what stays reachable without.

The connections of a target are kept with the private endpoints alone; whatever answers a target's connections reads
them here.
"""

from typing import Any
from uuid import UUID, uuid5

from emulator.resource_manager.kinds.kind import RESOURCES
from emulator.resource_manager.resource_types.network import PRIVATE_ENDPOINT
from emulator.resource_manager.scopes import normalise
from emulator.storage import Document, Storage

APPROVED = {"status": "Approved", "description": "Auto-approved", "actionsRequired": "None"}
"""How the target sees an endpoint that it lets in; one of the same owner is let in at once."""
DISCONNECTED = {"status": "Disconnected", "description": "Deleted state", "actionsRequired": "None"}
"""How an endpoint sees a target that is gone; it stays so when the target is made again."""

_NAMES = UUID("b1f0a3d2-41c5-4d0e-9f63-2a7c5e80d914")


def has_private_endpoint(storage: Storage, resource_id: str) -> bool:
    """Whether an approved private endpoint leads to the resource."""
    states = [connection["privateLinkServiceConnectionState"] for _, connection in _to(storage, resource_id)]
    return APPROVED in states


def is_reachable(storage: Storage, document: Document) -> bool:
    """Whether the resource can be reached from here: loopback is the internet, and inside every network too."""
    is_public = document["properties"].get("publicNetworkAccess", "Enabled") != "Disabled"
    return is_public or has_private_endpoint(storage, document["id"])


def connections_of(storage: Storage, target: Document) -> list[dict[str, Any]]:
    """`privateEndpointConnections` as the target answers them."""
    return [_as_target_sees(target, endpoint, connection) for endpoint, connection in _to(storage, target["id"])]


def connection_id(target_id: str, endpoint: Document) -> str:
    """The id, below the target, of an endpoint's connection to it."""
    suffix = uuid5(_NAMES, f"{normalise(endpoint['id'])}|{normalise(target_id)}")
    return f"{target_id}/privateEndpointConnections/{endpoint['name']}.{suffix}"


def target_of(endpoint: Document) -> str:
    """The id of the resource that a private endpoint leads to."""
    return str(endpoint["properties"]["privateLinkServiceConnections"][0]["properties"]["privateLinkServiceId"])


def disconnect(storage: Storage, target_id: str) -> None:
    """The target is about to go: the private endpoints that lead to it lead nowhere from now on."""
    for endpoint, connection in _to(storage, target_id):
        told = {**connection, "privateLinkServiceConnectionState": DISCONNECTED}
        links = [{**endpoint["properties"]["privateLinkServiceConnections"][0], "properties": told}]
        properties = {**endpoint["properties"], "privateLinkServiceConnections": links}
        storage.put(RESOURCES, normalise(endpoint["id"]), {**endpoint, "properties": properties})


def _to(storage: Storage, resource_id: str) -> list[tuple[Document, Document]]:
    """The private endpoints that lead to the resource, and how they do."""
    endpoints = [item for _, item in storage.items(RESOURCES) if item["type"] == PRIVATE_ENDPOINT.type]
    return [
        (endpoint, endpoint["properties"]["privateLinkServiceConnections"][0]["properties"])
        for endpoint in endpoints
        if normalise(target_of(endpoint)) == normalise(resource_id)
    ]


def _as_target_sees(target: Document, endpoint: Document, connection: Document) -> dict[str, Any]:
    found = connection_id(target["id"], endpoint)
    return {
        "id": found,
        "name": found.rsplit("/", 1)[-1],
        "type": f"{target['type']}/privateEndpointConnections",
        "properties": {
            "groupIds": connection["groupIds"],
            "privateEndpoint": {"id": endpoint["id"]},
            "privateLinkServiceConnectionState": connection["privateLinkServiceConnectionState"],
            "provisioningState": "Succeeded",
        },
    }
