"""What a service does with a resource beyond keeping it, and where it keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulator.resource_manager.context import ResourceManagerContext
from emulator.resource_manager.errors import Conflict, InvalidRequest, LinkedAuthorizationFailed
from emulator.resource_manager.resource_types import ResourceType
from emulator.resource_manager.scopes import covers, normalise
from emulator.storage import Document

RESOURCES = "resources"
"""Kind of document: lower-case id -> resource, as Resource Manager answers it."""
SUCCEEDED = {"provisioningState": "Succeeded"}


@dataclass(frozen=True, kw_only=True)
class Put:
    """A PUT of a resource whose body has the right shape and whose parent there is."""

    row: ResourceType
    id: str
    """As it was first spelled."""
    body: Mapping[str, Any]
    existing: Document | None
    caller: str
    """The caller's object id."""

    @property
    def name(self) -> str:
        """The resource's name; a part of a site goes by its site's."""
        return self.row.name_of(self.id)

    @property
    def properties(self) -> Mapping[str, Any]:
        """What is asked for in `properties`."""
        properties: Mapping[str, Any] = self.body.get("properties", {})
        return properties

    def earlier(self, key: str, otherwise: Any) -> Any:
        """A property as it was answered before, or another value for a new resource."""
        return self.existing["properties"].get(key, otherwise) if self.existing else otherwise


class Kind:
    """A type whose service only keeps what it is told; the other types' classes add to it."""

    def __init__(self, context: ResourceManagerContext) -> None:
        self.context = context
        self.storage = context.storage

    def check(self, put: Put) -> None:
        """Returns when the service would take the PUT.

        Raises:
            ResourceManagerError: it would not.
        """

    def refuse_move(self, put: Put, now: str) -> None:
        """Raises what the service says to a resource that would move to another region.

        Raises:
            Conflict: always.
        """
        group = put.id.split("/")[4]
        message = (
            f"The resource '{put.name}' already exists in location '{now}' in resource group '{group}'. A resource "
            f"with the same name cannot be created in location '{put.body['location']}'. Please select a new resource "
            "name."
        )
        raise Conflict(message, "InvalidResourceLocation")

    async def properties(self, put: Put) -> Mapping[str, Any]:
        """`properties` as the service answers them."""
        return {**put.row.answered, **put.properties, **SUCCEEDED}

    async def stored(self, put: Put) -> None:
        """The resource stands in the storage now."""

    def check_delete(self, document: Document) -> None:
        """Returns when the service would let the resource be deleted by itself.

        Raises:
            ResourceManagerError: it would not.
        """

    async def removed(self, document: Document) -> None:
        """The resource is about to leave the storage, perhaps with all of its group."""

    def current(self, document: Document) -> Document:
        """The resource as it is answered: what other resources make of it stands in it too."""
        return document

    def is_listed(self, scope: str, document: Document) -> bool:
        """Whether a list at the scope shows the resource."""
        return covers(scope, document["id"])

    def find(self, resource_id: str, type_name: str = "") -> Document | None:
        """Another resource; None also for one of another type."""
        document = self.storage.get(RESOURCES, normalise(resource_id))
        return document if document is not None and type_name in {"", document["type"]} else None

    def find_all(self, type_name: str, below: str = "") -> list[Document]:
        """Other resources of a type, below an id where one is given."""
        documents = (document for _, document in self.storage.items(RESOURCES))
        return [item for item in documents if item["type"] == type_name and covers(below, item["id"])]

    def require_linked(self, put: Put, action: str, resource_id: str) -> None:
        """Returns when the caller may use another resource that the PUT names.

        Raises:
            LinkedAuthorizationFailed: it may not.
        """
        access = self.context.access
        if not access.allows(put.caller, action, resource_id):
            raise LinkedAuthorizationFailed(
                access.client_id(put.caller),
                put.caller,
                action=f"{put.row.operations}/write",
                scope=put.id,
                linked=(action, resource_id),
            )


def require_global(put: Put) -> None:
    """Returns when the resource is one of no region.

    Raises:
        InvalidRequest: it would be in one.
    """
    location = put.body["location"]
    if location.lower() != "global":
        message = (
            f"The provided location '{location}' is not available for resource type '{put.row.type}'. List of "
            "available regions for the resource type is 'global'."
        )
        raise InvalidRequest(message, "LocationNotAvailableForResourceType")
