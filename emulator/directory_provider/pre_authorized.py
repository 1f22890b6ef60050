"""azuread's ApplicationPreAuthorized: a client that may ask for an application's tokens without consent."""

from collections.abc import Mapping
from threading import Lock
from typing import Any, ClassVar

from emulator.directory_provider.graph import Graph
from emulator.directory_provider.resource import Resource, Values
from emulator.provider.errors import AlreadyExists, ProviderError
from emulator.resource_manager.schema import Shape, an_object

_SEGMENT = "/preAuthorizedApplication/"

Client = Mapping[str, Any]


class ApplicationPreAuthorized(Resource):
    """The id is azuread's own: the application's object id and the client id, no path of Graph."""

    pulumi_type: ClassVar[str] = "azuread:index/applicationPreAuthorized:ApplicationPreAuthorized"
    shape: ClassVar[Shape] = an_object(
        {
            "applicationId": Shape(required=True),
            "authorizedClientId": Shape(required=True),
            "permissionIds": Shape(type="array", required=True, items=Shape()),
        }
    )
    replaces: ClassVar[frozenset[str]] = frozenset({"applicationId", "authorizedClientId"})
    # Graph takes the whole list, and the engine makes several clients at a time: without it one would undo another.
    _writing: ClassVar[Lock] = Lock()

    def create(self, graph: Graph, inputs: Values) -> str:
        """Adds the client to those that the application has."""
        application, client_id = inputs["applicationId"], inputs["authorizedClientId"]
        resource_id = f"{application.removeprefix('/applications/')}{_SEGMENT}{client_id}"
        with self._writing:
            clients = _clients(graph, application)
            if clients is None:
                raise ProviderError(f"{application} was not found; create the application first")
            if _find(clients, client_id) is not None:
                raise AlreadyExists(resource_id)
            _write(graph, application, [*clients, _client(client_id, inputs["permissionIds"])])
        return resource_id

    def read(self, graph: Graph, resource_id: str) -> Values | None:
        """The client's permissions, if the application has it still."""
        application, client_id = _parts(resource_id)
        client = _find(_clients(graph, application) or [], client_id)
        if client is None:
            return None
        return {
            "applicationId": application,
            "authorizedClientId": client_id,
            "permissionIds": client["delegatedPermissionIds"],
        }

    def update(self, graph: Graph, resource_id: str, changed: Values) -> None:
        """Gives the client other permissions; everything else replaces it."""
        application, client_id = _parts(resource_id)
        with self._writing:
            clients = _clients(graph, application) or []
            if _find(clients, client_id) is None:
                raise ProviderError(f"{resource_id} was not found; refresh the stack, and run the command again")
            _write(graph, application, [*_without(clients, client_id), _client(client_id, changed["permissionIds"])])

    def delete(self, graph: Graph, resource_id: str) -> None:
        """Takes the client off the application, and leaves the others."""
        application, client_id = _parts(resource_id)
        with self._writing:
            clients = _clients(graph, application) or []
            if _find(clients, client_id) is not None:
                _write(graph, application, _without(clients, client_id))


def _clients(graph: Graph, application: str) -> list[Client] | None:
    document = graph.get(application)
    return None if document is None else list(document["api"]["preAuthorizedApplications"])


def _find(clients: list[Client], client_id: str) -> Client | None:
    return next((client for client in clients if client["appId"] == client_id.lower()), None)


def _without(clients: list[Client], client_id: str) -> list[Client]:
    return [client for client in clients if client["appId"] != client_id.lower()]


def _client(client_id: str, permission_ids: list[str]) -> Client:
    return {"appId": client_id, "delegatedPermissionIds": permission_ids}


def _write(graph: Graph, application: str, clients: list[Client]) -> None:
    graph.patch(application, {"api": {"preAuthorizedApplications": clients}})


def _parts(resource_id: str) -> tuple[str, str]:
    object_id, _, client_id = resource_id.partition(_SEGMENT)
    return f"/applications/{object_id}", client_id
