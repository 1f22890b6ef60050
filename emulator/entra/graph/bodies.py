"""What Graph takes in a body: the properties of applications, service principals and app role assignments."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from emulator.entra.graph.errors import BadRequest
from emulator.resource_manager.schema import Shape, a_list, an_object, booleans, find_problems, strings

OWNERS = "owners@odata.bind"
"""The property of a new application or service principal that names its owners, each by its address."""

_SCOPE = an_object(
    {
        "id": Shape(required=True),
        "type": Shape(enum=("User", "Admin")),
        **booleans("isEnabled"),
        **strings(
            "value",
            "adminConsentDisplayName",
            "adminConsentDescription",
            "userConsentDisplayName",
            "userConsentDescription",
        ),
    }
)
_APP_ROLE = an_object(
    {
        "id": Shape(required=True),
        "displayName": Shape(required=True),
        "description": Shape(required=True),
        "allowedMemberTypes": Shape(type="array", required=True, items=Shape(enum=("User", "Application"))),
        **strings("value"),
        **booleans("isEnabled"),
    }
)
_PRE_AUTHORIZED = an_object({"appId": Shape(required=True), "delegatedPermissionIds": a_list()})
_CLAIM = an_object(
    {
        "name": Shape(required=True),
        "additionalProperties": a_list(),
        **strings("source"),
        **booleans("essential"),
    }
)
_RESOURCE_ACCESS = an_object({"id": Shape(required=True), "type": Shape(required=True, enum=("Role", "Scope"))})
_REQUIRED_ACCESS = an_object(
    {
        "resourceAppId": Shape(required=True),
        "resourceAccess": Shape(type="array", required=True, items=_RESOURCE_ACCESS),
    }
)
_AUDIENCES = ("AzureADMyOrg", "AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount")
_APPLICATION: Mapping[str, Shape] = {
    **strings("description", "notes", "groupMembershipClaims"),
    "signInAudience": Shape(enum=_AUDIENCES),
    "identifierUris": a_list(),
    "tags": a_list(),
    "api": an_object(
        {
            **booleans("acceptMappedClaims"),
            "knownClientApplications": a_list(),
            "oauth2PermissionScopes": a_list(_SCOPE),
            "preAuthorizedApplications": a_list(_PRE_AUTHORIZED),
            "requestedAccessTokenVersion": Shape(type="integer", least=1, most=2),
        }
    ),
    "appRoles": a_list(_APP_ROLE),
    "web": an_object(
        {
            **strings("homePageUrl", "logoutUrl"),
            "redirectUris": a_list(),
            "implicitGrantSettings": an_object(booleans("enableAccessTokenIssuance", "enableIdTokenIssuance")),
        }
    ),
    "spa": an_object({"redirectUris": a_list()}),
    "publicClient": an_object({"redirectUris": a_list()}),
    "requiredResourceAccess": a_list(_REQUIRED_ACCESS),
    "optionalClaims": an_object(dict.fromkeys(("accessToken", "idToken", "saml2Token"), a_list(_CLAIM))),
}
_SERVICE_PRINCIPAL: Mapping[str, Shape] = {
    **booleans("accountEnabled", "appRoleAssignmentRequired"),
    **strings("description", "notes"),
    "tags": a_list(),
}
NEW_APPLICATION = an_object({"displayName": Shape(required=True), **_APPLICATION, OWNERS: a_list()})
CHANGED_APPLICATION = an_object({"displayName": Shape(), **_APPLICATION})
NEW_SERVICE_PRINCIPAL = an_object({"appId": Shape(required=True), **_SERVICE_PRINCIPAL, OWNERS: a_list()})
CHANGED_SERVICE_PRINCIPAL = an_object(_SERVICE_PRINCIPAL)
NEW_ASSIGNMENT = an_object(
    {"principalId": Shape(required=True), "resourceId": Shape(required=True), "appRoleId": Shape(required=True)}
)
REFERENCE = an_object({"@odata.id": Shape(required=True)})


def read_body(content: bytes, shape: Shape) -> Mapping[str, Any]:
    """The JSON body.

    Raises:
        BadRequest: it is no JSON, or not of that shape; everything that does not fit is named.
    """
    try:
        body = json.loads(content)
    except ValueError as exc:
        raise BadRequest("Unable to read JSON request payload. Please ensure it is valid.", "BadRequest") from exc
    problems = find_problems(body, shape)
    if problems:
        raise BadRequest(f"{'; '.join(problems)}.")
    return dict(body)


def read_guid(value: str, name: str) -> str:
    """A GUID in lower case.

    Raises:
        BadRequest: it is none.
    """
    try:
        return str(UUID(value))
    except ValueError as exc:
        raise BadRequest(f"Invalid value specified for property '{name}': '{value}' is no GUID.") from exc


def read_reference(address: str) -> str:
    """The object id at the end of an object's address, such as …/v1.0/directoryObjects/{id}.

    Raises:
        BadRequest: there is none.
    """
    return read_guid(address.rsplit("/", 1)[-1], "@odata.id")
