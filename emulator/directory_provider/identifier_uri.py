"""azuread's ApplicationIdentifierUri: one more identifier URI of an application that is there already."""

import base64
from typing import ClassVar

from emulator.directory_provider.graph import Graph
from emulator.directory_provider.resource import Resource, Values
from emulator.provider.errors import AlreadyExists, ProviderError
from emulator.resource_manager.schema import Shape, an_object

_SEGMENT = "/identifierUris/"


class ApplicationIdentifierUri(Resource):
    """The id holds the application's and, in base 64, the URI."""

    pulumi_type: ClassVar[str] = "azuread:index/applicationIdentifierUri:ApplicationIdentifierUri"
    shape: ClassVar[Shape] = an_object({"applicationId": Shape(required=True), "identifierUri": Shape(required=True)})
    replaces: ClassVar[frozenset[str]] = frozenset({"applicationId", "identifierUri"})

    def create(self, graph: Graph, inputs: Values) -> str:
        """Adds the URI to those that the application has."""
        application, uri = inputs["applicationId"], inputs["identifierUri"]
        resource_id = f"{application}{_SEGMENT}{base64.b64encode(uri.encode()).decode()}"
        uris = _uris(graph, application)
        if uris is None:
            raise ProviderError(f"{application} was not found; create the application first")
        if uri in uris:
            raise AlreadyExists(resource_id)
        graph.patch(application, {"identifierUris": [*uris, uri]})
        return resource_id

    def read(self, graph: Graph, resource_id: str) -> Values | None:
        """The URI, if the application has it still."""
        application, uri = _parts(resource_id)
        if uri not in (_uris(graph, application) or []):
            return None
        return {"applicationId": application, "identifierUri": uri}

    def delete(self, graph: Graph, resource_id: str) -> None:
        """Takes the URI off the application, and leaves the others."""
        application, uri = _parts(resource_id)
        uris = _uris(graph, application) or []
        if uri in uris:
            graph.patch(application, {"identifierUris": [other for other in uris if other != uri]})


def _uris(graph: Graph, application: str) -> list[str] | None:
    document = graph.get(application)
    return None if document is None else list(document["identifierUris"])


def _parts(resource_id: str) -> tuple[str, str]:
    application, _, segment = resource_id.partition(_SEGMENT)
    return application, base64.b64decode(segment).decode()
