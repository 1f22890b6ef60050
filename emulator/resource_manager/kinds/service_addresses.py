"""What the addresses in endpoints of an instance lead to: event hubs, topics and blob containers."""

from urllib.parse import urlsplit

from emulator.resource_manager.errors import InvalidRequest
from emulator.resource_manager.kinds.kind import Kind
from emulator.resource_manager.resource_types.storage import CONTAINER
from emulator.storage import Document


def namespace_of(uri: str) -> str:
    """The name of the namespace in an address such as sb://name.servicebus.windows.net/.

    Raises:
        InvalidRequest: it is no such address.
    """
    parts = urlsplit(uri)
    if parts.scheme != "sb" or not parts.hostname or "." not in parts.hostname:
        message = f"The address '{uri}' is not valid: it is sb://NAMESPACE.servicebus.windows.net/."
        raise InvalidRequest(message, "InvalidEndpointUri")
    return parts.hostname.split(".")[0]


def find_entity(kind: Kind, type_name: str, namespace: str, name: str) -> Document | None:
    """The event hub or topic of a namespace, by names; those of namespaces are unique in Azure."""
    for document in kind.find_all(type_name):
        parts = document["id"].split("/")
        if parts[8].lower() == namespace.lower() and document["name"].lower() == name.lower():
            return document
    return None


def find_container(kind: Kind, uri: str) -> Document | None:
    """The container in an address such as https://account.blob.core.windows.net/container, or the local form of it."""
    parts = urlsplit(uri)
    for container in kind.find_all(CONTAINER.type):
        account = container["id"].split("/")[8]
        local = f"{kind.context.blobs.endpoint(account)}{container['name']}"
        public = (parts.hostname or "").startswith(f"{account}.blob.") and parts.path.strip("/") == container["name"]
        if parts.scheme == "https" and (public or uri.rstrip("/") == local):
            return container
    return None
