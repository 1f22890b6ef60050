"""Applications: what Graph makes of a body, and what else it changes."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.entra.graph.access import Caller
from emulator.entra.graph.application_rules import VERIFIED_DOMAIN, check_application, check_removed
from emulator.entra.graph.bodies import OWNERS
from emulator.entra.graph.errors import NotFound, RequestDenied
from emulator.entra.graph.owners import change_owners, first_owners
from emulator.entra.graph.service_principals import ServicePrincipals
from emulator.entra.registrations import APPLICATIONS, Registrations
from emulator.storage import Document

_NEW: Mapping[str, Any] = {
    "description": None,
    "notes": None,
    "signInAudience": "AzureADMyOrg",
    "groupMembershipClaims": None,
    "identifierUris": [],
    "tags": [],
    "api": {
        "acceptMappedClaims": None,
        "knownClientApplications": [],
        "oauth2PermissionScopes": [],
        "preAuthorizedApplications": [],
        "requestedAccessTokenVersion": None,
    },
    "appRoles": [],
    "web": {
        "homePageUrl": None,
        "logoutUrl": None,
        "redirectUris": [],
        "implicitGrantSettings": {"enableAccessTokenIssuance": False, "enableIdTokenIssuance": False},
    },
    "spa": {"redirectUris": []},
    "publicClient": {"redirectUris": []},
    "requiredResourceAccess": [],
    "optionalClaims": None,
}
_NEW_SCOPE: Mapping[str, Any] = {
    "value": None,
    "type": "User",
    "isEnabled": True,
    "adminConsentDisplayName": None,
    "adminConsentDescription": None,
    "userConsentDisplayName": None,
    "userConsentDescription": None,
}
_NEW_ROLE: Mapping[str, Any] = {"value": None, "isEnabled": True}


@dataclass(frozen=True)
class Applications:
    """The applications of the tenant."""

    registrations: Registrations
    service_principals: ServicePrincipals
    tenant_id: str
    timestamp: Callable[[], str]

    def create(self, caller: Caller, body: Mapping[str, Any]) -> Document:
        """Registers an application; who does it becomes an owner.

        Raises:
            GraphError: the caller may not, or the body breaks a rule.
        """
        if not caller.may_create():
            raise RequestDenied
        owners = first_owners(caller, body, self.service_principals.principals)
        document = _merge(
            {
                "id": str(uuid.uuid4()),
                "appId": str(uuid.uuid4()),
                "createdDateTime": self.timestamp(),
                "publisherDomain": VERIFIED_DOMAIN,
                **_NEW,
                "owners": owners,
            },
            {key: value for key, value in body.items() if key != OWNERS},
        )
        return self._put(document)

    def get(self, caller: Caller, object_id: str) -> Document:
        """An application.

        Raises:
            GraphError: there is none, or the caller may not read it.
        """
        document = self._find(object_id)
        if not caller.may_read(document):
            raise RequestDenied
        return document

    def readable_by(self, caller: Caller) -> list[Document]:
        """The applications that the caller may read."""
        documents = (document for _, document in self.registrations.storage.items(APPLICATIONS))
        return [document for document in documents if caller.may_read(document)]

    def update(self, caller: Caller, object_id: str, body: Mapping[str, Any]) -> None:
        """Changes what the body names.

        Raises:
            GraphError: there is no such application, the caller may not, or the body breaks a rule.
        """
        old = self._find_to_write(caller, object_id)
        new = _merge(old, body)
        check_removed(old, new)
        self._put(new)

    def delete(self, caller: Caller, object_id: str) -> None:
        """Removes an application, its service principal and who is assigned to it.

        Raises:
            GraphError: there is none, or the caller may not.
        """
        document = self._find_to_write(caller, object_id)
        storage = self.registrations.storage
        with storage.transaction():
            self.service_principals.forget(document["appId"])
            storage.delete(APPLICATIONS, document["appId"])

    def change_owners(self, caller: Caller, object_id: str, *, add: str = "", remove: str = "") -> None:
        """Adds or removes an owner.

        Raises:
            GraphError: there is no such application, or the caller may not.
        """
        document = self._find_to_write(caller, object_id)
        changed = change_owners(document, self.service_principals.principals, add=add, remove=remove)
        self.registrations.storage.put(APPLICATIONS, document["appId"], changed)

    def answer(self, document: Document) -> Document:
        """The document as Graph shows it."""
        return document

    def _find(self, object_id: str) -> Document:
        document = self.registrations.by_object_id(object_id)
        if document is None:
            raise NotFound(object_id)
        return document

    def _find_to_write(self, caller: Caller, object_id: str) -> Document:
        document = self._find(object_id)
        if not caller.may_write(document):
            raise RequestDenied
        return document

    def _put(self, document: Document) -> Document:
        storage = self.registrations.storage
        others = (other for _, other in storage.items(APPLICATIONS) if other["id"] != document["id"])
        uris = [uri for other in others for uri in other["identifierUris"]]
        check_application(document, tenant_id=self.tenant_id, uris_of_others=uris)
        storage.put(APPLICATIONS, document["appId"], document)
        return document


def _merge(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """The document with what a body sets: an object is merged, a list replaced, null is what a new document has."""
    merged = dict(old)
    for key, value in new.items():
        usual = _NEW.get(key)
        if value is None:
            merged[key] = usual
        elif isinstance(usual, Mapping):
            merged[key] = _merge_object(old[key], value, usual)
        else:
            merged[key] = [_complete(_NEW_ROLE, item) for item in value] if key == "appRoles" else value
    scopes = [_complete(_NEW_SCOPE, scope) for scope in merged["api"]["oauth2PermissionScopes"]]
    clients = [_complete_client(client) for client in merged["api"]["preAuthorizedApplications"]]
    return {
        **merged,
        "api": {**merged["api"], "oauth2PermissionScopes": scopes, "preAuthorizedApplications": clients},
    }


def _merge_object(old: Mapping[str, Any], new: Mapping[str, Any], usual: Mapping[str, Any]) -> Mapping[str, Any]:
    merged = dict(old)
    for key, value in new.items():
        inner = usual[key]
        if value is None:
            merged[key] = inner
        else:
            merged[key] = _merge_object(old[key], value, inner) if isinstance(inner, Mapping) else value
    return merged


def _complete(usual: Mapping[str, Any], item: Mapping[str, Any]) -> Mapping[str, Any]:
    said = {key: value for key, value in item.items() if value is not None}
    return {**usual, **said, "id": str(said["id"]).lower()}


def _complete_client(client: Mapping[str, Any]) -> Mapping[str, Any]:
    permissions = client.get("delegatedPermissionIds") or []
    return {
        "appId": str(client["appId"]).lower(),
        "delegatedPermissionIds": [str(item).lower() for item in permissions],
    }
