"""Service principals of the tenant's own applications."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulator.entra.graph.access import Caller
from emulator.entra.graph.bodies import OWNERS, read_guid
from emulator.entra.graph.errors import BadRequest, Conflict, NotFound, RequestDenied
from emulator.entra.graph.owners import change_owners, first_owners
from emulator.entra.principals import Principals
from emulator.entra.registrations import APP_ROLE_ASSIGNMENTS, SERVICE_PRINCIPALS, Registrations, scopes_of
from emulator.storage import Document

_NEW: Mapping[str, Any] = {
    "accountEnabled": True,
    "appRoleAssignmentRequired": False,
    "description": None,
    "notes": None,
    "tags": [],
}


@dataclass(frozen=True)
class ServicePrincipals:
    """The service principals that were made for applications."""

    registrations: Registrations
    principals: Principals
    tenant_id: str

    def create(self, caller: Caller, body: Mapping[str, Any]) -> Document:
        """Makes the service principal of an application.

        Raises:
            GraphError: the caller may not, there is no such application, or it has one already.
        """
        client_id = read_guid(body["appId"], "appId")
        application = self.registrations.by_client_id(client_id)
        if application is None:
            message = f"The appId '{client_id}' of the service principal does not reference a valid application object."
            raise BadRequest(message, "NoBackingApplicationObject")
        if not caller.may_write(application):
            raise RequestDenied
        if self.registrations.service_principal_of(client_id) is not None:
            raise Conflict(
                "The service principal cannot be created, updated, or restored because the service principal name "
                f"{client_id} is already in use."
            )
        document = {
            "id": str(uuid.uuid4()),
            "appId": client_id,
            "displayName": application["displayName"],
            "servicePrincipalType": "Application",
            "appOwnerOrganizationId": self.tenant_id,
            **_NEW,
            **_said({key: value for key, value in body.items() if key not in {"appId", OWNERS}}),
            "owners": first_owners(caller, body, self.principals),
        }
        return self._put(document)

    def get(self, caller: Caller, object_id: str) -> Document:
        """A service principal.

        Raises:
            GraphError: there is none, or the caller may not read it.
        """
        document = self.find(object_id)
        if not caller.may_read(document):
            raise RequestDenied
        return document

    def readable_by(self, caller: Caller) -> list[Document]:
        """The service principals that the caller may read."""
        documents = (document for _, document in self.registrations.storage.items(SERVICE_PRINCIPALS))
        return [document for document in documents if caller.may_read(document)]

    def update(self, caller: Caller, object_id: str, body: Mapping[str, Any]) -> None:
        """Changes what the body names.

        Raises:
            GraphError: there is no such service principal, or the caller may not.
        """
        self._put({**self._find_to_write(caller, object_id), **_said(body)})

    def delete(self, caller: Caller, object_id: str) -> None:
        """Removes a service principal, and who is assigned to its application.

        Raises:
            GraphError: there is none, or the caller may not.
        """
        document = self._find_to_write(caller, object_id)
        with self.registrations.storage.transaction():
            self.forget(document["appId"])

    def change_owners(self, caller: Caller, object_id: str, *, add: str = "", remove: str = "") -> None:
        """Adds or removes an owner.

        Raises:
            GraphError: there is no such service principal, or the caller may not.
        """
        document = self._find_to_write(caller, object_id)
        self._put(change_owners(document, self.principals, add=add, remove=remove))

    def forget(self, client_id: str) -> None:
        """Removes what there is of an application's service principal, if it has one."""
        document = self.registrations.service_principal_of(client_id)
        if document is None:
            return
        for key, assignment in self.registrations.storage.items(APP_ROLE_ASSIGNMENTS):
            if document["id"] in (assignment["resourceId"], assignment["principalId"]):
                self.registrations.storage.delete(APP_ROLE_ASSIGNMENTS, key)
        self.registrations.storage.delete(SERVICE_PRINCIPALS, document["id"])

    def find(self, object_id: str) -> Document:
        """A service principal, for whoever asks.

        Raises:
            NotFound: there is none.
        """
        document = self.registrations.storage.get(SERVICE_PRINCIPALS, object_id.lower())
        if document is None:
            raise NotFound(object_id)
        return document

    def answer(self, document: Document) -> dict[str, Any]:
        """The document with what Graph shows of the application in it."""
        application = self.registrations.by_client_id(document["appId"])
        if application is None:
            raise NotFound(document["appId"])
        return {
            **document,
            "displayName": application["displayName"],
            "appRoles": [{**role, "origin": "Application"} for role in application["appRoles"]],
            "oauth2PermissionScopes": scopes_of(application),
            "servicePrincipalNames": [document["appId"], *application["identifierUris"]],
            "signInAudience": application["signInAudience"],
            "homepage": application["web"]["homePageUrl"],
            "logoutUrl": application["web"]["logoutUrl"],
            "replyUrls": application["web"]["redirectUris"],
        }

    def _find_to_write(self, caller: Caller, object_id: str) -> Document:
        document = self.find(object_id)
        if not caller.may_write(document):
            raise RequestDenied
        return document

    def _put(self, document: Document) -> Document:
        self.registrations.storage.put(SERVICE_PRINCIPALS, document["id"], document)
        return document


def _said(body: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _NEW[key] if value is None else value for key, value in body.items()}
