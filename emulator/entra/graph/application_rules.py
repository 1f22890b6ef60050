"""What an application must look like, beyond the shape of its body."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from emulator.entra.graph.bodies import read_guid
from emulator.entra.graph.errors import BadRequest

VERIFIED_DOMAIN = "digital-twins-rbac.onmicrosoft.com"
"""The one domain that the local tenant can prove to be its own."""
_GROUP_CLAIMS = ("None", "SecurityGroup", "DirectoryRole", "ApplicationGroup", "All")


def check_application(document: Mapping[str, Any], *, tenant_id: str, uris_of_others: Iterable[str]) -> None:
    """Returns when Graph would take the application.

    Raises:
        BadRequest: it would not.
    """
    if not str(document["displayName"] or "").strip():
        raise BadRequest("Invalid value specified for property 'displayName' of resource 'Application'.")
    _check_entitlements([*document["api"]["oauth2PermissionScopes"], *document["appRoles"]])
    _check_pre_authorized(document)
    _check_group_claims(document["groupMembershipClaims"])
    _check_uris(document, tenant_id, set(uris_of_others))


def check_removed(old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Returns when every scope and role that goes was disabled before.

    Raises:
        BadRequest: one was enabled.
    """
    for name, before, after in (
        ("oauth2PermissionScopes", old["api"]["oauth2PermissionScopes"], new["api"]["oauth2PermissionScopes"]),
        ("appRoles", old["appRoles"], new["appRoles"]),
    ):
        kept = {item["id"] for item in after}
        if any(item["isEnabled"] and item["id"] not in kept for item in before):
            message = f"Property {name} value cannot be deleted unless it is disabled first."
            raise BadRequest(message, "CannotDeleteOrUpdateEnabledEntitlement")


def _check_entitlements(items: list[Mapping[str, Any]]) -> None:
    ids = Counter(read_guid(item["id"], "id") for item in items)
    values = Counter(item["value"] for item in items if item["value"])
    for what, count in (("id", ids), ("value", values)):
        for value, times in count.items():
            if times > 1:
                message = f"Permission scopes and app roles must differ in their {what}: '{value}' is there twice."
                raise BadRequest(message, "DuplicateValue")


def _check_pre_authorized(document: Mapping[str, Any]) -> None:
    clients = document["api"]["preAuthorizedApplications"]
    for client_id, times in Counter(read_guid(client["appId"], "appId") for client in clients).items():
        if times > 1:
            message = f"Property api.preAuthorizedApplications names the client '{client_id}' twice."
            raise BadRequest(message, "DuplicateValue")
    known = {item["id"] for item in (*document["api"]["oauth2PermissionScopes"], *document["appRoles"])}
    if not all(known.issuperset(client["delegatedPermissionIds"]) for client in clients):
        message = (
            "Property api.preAuthorizedApplications.delegatedPermissionIds has a Permission Id that cannot be found in "
            "the AppPermissions sets."
        )
        raise BadRequest(message, "InvalidValue")


def _check_group_claims(text: str | None) -> None:
    for claim in (text or "None").replace(" ", "").split(","):
        if claim not in _GROUP_CLAIMS:
            known = ", ".join(_GROUP_CLAIMS)
            raise BadRequest(f"groupMembershipClaims is '{claim}', and must be one of: {known}.")


def _check_uris(document: Mapping[str, Any], tenant_id: str, others: set[str]) -> None:
    uris = document["identifierUris"]
    own = rf"api://({tenant_id}/)?{document['appId']}(/[^/]+)*"
    domain = rf"(api|https)://([\w-]+\.)*{re.escape(VERIFIED_DOMAIN)}(/.*)?"
    for uri in uris:
        if not re.fullmatch(f"{own}|{domain}", uri, re.IGNORECASE):
            message = (
                "Values of identifierUris property must use a verified domain of the organization or its subdomain, "
                f"or be api://{document['appId']}: '{uri}'"
            )
            raise BadRequest(message, "HostNameNotOnVerifiedDomain")
        if uri in others or uris.count(uri) > 1:
            message = "Another object with the same value for property identifierUris already exists."
            raise BadRequest(message, "Request_MultipleObjectsWithSameKeyValue")
