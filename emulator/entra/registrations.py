"""Application registrations as the storage holds them: what Graph writes and what tokens are made from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulator.storage import Document, Storage

APPLICATIONS = "applications"
"""Kind of document: lower-case client id -> application, in Graph's shape, and its `owners`."""
SERVICE_PRINCIPALS = "service-principals"
"""Kind of document: object id -> service principal of an application, in Graph's shape, and its `owners`."""
APP_ROLE_ASSIGNMENTS = "app-role-assignments"
"""Kind of document: id -> assignment of an app role, in Graph's shape."""
DEFAULT_ROLE = "00000000-0000-0000-0000-000000000000"
"""The app role that stands for being assigned without a role."""


@dataclass(frozen=True)
class Registrations:
    """Finds applications, and what hangs on them."""

    storage: Storage

    def by_object_id(self, object_id: str) -> Document | None:
        """The application with that object id."""
        found = (document for _, document in self.storage.items(APPLICATIONS) if document["id"] == object_id.lower())
        return next(found, None)

    def by_client_id(self, client_id: str) -> Document | None:
        """The application with that client id."""
        return self.storage.get(APPLICATIONS, client_id.lower())

    def by_audience(self, audience: str) -> Document | None:
        """The application whose client id or identifier URI that is."""
        owning = (
            document for _, document in self.storage.items(APPLICATIONS) if audience in document["identifierUris"]
        )
        return self.by_client_id(audience) or next(owning, None)

    def service_principal_of(self, client_id: str) -> Document | None:
        """The service principal of an application."""
        return next((item for _, item in self.storage.items(SERVICE_PRINCIPALS) if item["appId"] == client_id), None)

    def assignments_to(self, service_principal_id: str) -> list[Document]:
        """The assignments of the app roles of a service principal's application."""
        assignments = (document for _, document in self.storage.items(APP_ROLE_ASSIGNMENTS))
        return [document for document in assignments if document["resourceId"] == service_principal_id]


def scopes_of(application: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """An application's delegated permissions."""
    return list(application["api"]["oauth2PermissionScopes"])
