"""azuread's Application."""

from collections.abc import Mapping
from typing import Any, ClassVar

from emulator.directory_provider.graph import Graph
from emulator.directory_provider.names import from_graph, graph_name, to_graph
from emulator.directory_provider.owners import bind_owners, change_owners, leave_owners, read_owners
from emulator.directory_provider.resource import Resource, Values
from emulator.resource_manager.schema import Shape, a_list, an_object, booleans, strings

_SCOPE = an_object(
    {
        "id": Shape(required=True),
        "type": Shape(enum=("User", "Admin")),
        **booleans("enabled"),
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
        **booleans("enabled"),
    }
)
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
        "resourceAccesses": Shape(type="array", required=True, items=_RESOURCE_ACCESS),
    }
)
_AUDIENCES = ("AzureADMyOrg", "AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount")
_GROUP_CLAIMS = ("None", "SecurityGroup", "DirectoryRole", "ApplicationGroup", "All")
_NOT_SUPPORTED = (
    "deviceOnlyAuthEnabled",
    "fallbackPublicClientEnabled",
    "featureTags",
    "logoImage",
    "marketingUrl",
    "oauth2PostResponseRequired",
    "password",
    "preventDuplicateNames",
    "privacyStatementUrl",
    "serviceManagementReference",
    "supportUrl",
    "templateId",
    "termsOfServiceUrl",
)


class Application(Resource):
    """An application registration."""

    pulumi_type: ClassVar[str] = "azuread:index/application:Application"
    shape: ClassVar[Shape] = an_object(
        {
            "displayName": Shape(required=True),
            **strings("description", "notes"),
            "signInAudience": Shape(enum=_AUDIENCES),
            "groupMembershipClaims": a_list(Shape(enum=_GROUP_CLAIMS)),
            "identifierUris": a_list(),
            "owners": a_list(),
            "tags": a_list(),
            "api": an_object(
                {
                    **booleans("mappedClaimsEnabled"),
                    "knownClientApplications": a_list(),
                    "oauth2PermissionScopes": a_list(_SCOPE),
                    "requestedAccessTokenVersion": Shape(type="integer", least=1, most=2),
                }
            ),
            "appRoles": a_list(_APP_ROLE),
            "web": an_object(
                {
                    **strings("homepageUrl", "logoutUrl"),
                    "redirectUris": a_list(),
                    "implicitGrant": an_object(booleans("accessTokenIssuanceEnabled", "idTokenIssuanceEnabled")),
                }
            ),
            "singlePageApplication": an_object({"redirectUris": a_list()}),
            "publicClient": an_object({"redirectUris": a_list()}),
            "requiredResourceAccesses": a_list(_REQUIRED_ACCESS),
            "optionalClaims": an_object(dict.fromkeys(("accessTokens", "idTokens", "saml2Tokens"), a_list(_CLAIM))),
        },
        not_supported=_NOT_SUPPORTED,
    )
    service_fills: ClassVar[frozenset[str]] = frozenset({"tags"})
    computed: ClassVar[Mapping[str, str]] = {
        "appRoleIds": "appRoles",
        "clientId": "",
        "disabledByMicrosoft": "",
        "logoUrl": "",
        "oauth2PermissionScopeIds": "api",
        "objectId": "",
        "publisherDomain": "",
    }

    def create(self, graph: Graph, inputs: Values) -> str:
        """Registers the application; who is no owner by the inputs owns it until they are set."""
        made = graph.post("/applications", {**_body(self.shape, inputs), **bind_owners(inputs)})
        resource_id = f"/applications/{made['id']}"
        leave_owners(graph, resource_id, inputs)
        return resource_id

    def read(self, graph: Graph, resource_id: str) -> Values | None:
        """What is live: values that others set, such as identifier URIs, are in it."""
        document = graph.get(resource_id)
        if document is None:
            return None
        claims = document["groupMembershipClaims"]
        return {
            **from_graph({**document, "groupMembershipClaims": claims.split(",") if claims else None}, self.shape),
            "owners": read_owners(graph, resource_id),
            "appRoleIds": ids_by_value(document["appRoles"]),
            "clientId": document["appId"],
            "disabledByMicrosoft": "",
            "logoUrl": "",
            "oauth2PermissionScopeIds": ids_by_value(document["api"]["oauth2PermissionScopes"]),
            "objectId": document["id"],
            "publisherDomain": document["publisherDomain"],
        }

    def update(self, graph: Graph, resource_id: str, changed: Values) -> None:
        """Sends what changed; a role or scope that goes is disabled first, as Graph wants it."""
        body = _body(self.shape, changed)
        disabled = _disable_what_goes(graph.get(resource_id) or {}, body)
        for step in (disabled, body):
            if step:
                graph.patch(resource_id, step)
        change_owners(graph, resource_id, changed)


def ids_by_value(items: list[Mapping[str, Any]]) -> dict[str, str]:
    """The ids of app roles or scopes by their values."""
    return {item["value"]: item["id"] for item in items if item["value"]}


def _body(shape: Shape, inputs: Values) -> Values:
    sent = {name: to_graph(value, shape.properties[name]) for name, value in inputs.items() if name != "owners"}
    if sent.get("groupMembershipClaims"):
        sent["groupMembershipClaims"] = ",".join(sent["groupMembershipClaims"])
    return {graph_name(name): value for name, value in sent.items()}


def _disable_what_goes(live: Mapping[str, Any], body: Values) -> Values:
    """The PATCH that disables the enabled roles and scopes that are not in the body any more; empty without any."""
    steps: Values = {}
    if "appRoles" in body:
        roles = _disabled(live.get("appRoles", []), body["appRoles"] or [])
        steps |= {"appRoles": roles} if roles else {}
    if "api" in body:
        kept = (body["api"] or {}).get("oauth2PermissionScopes") or []
        scopes = _disabled(live.get("api", {}).get("oauth2PermissionScopes", []), kept)
        steps |= {"api": {"oauth2PermissionScopes": scopes}} if scopes else {}
    return steps


def _disabled(live: list[Mapping[str, Any]], kept: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    ids = {item["id"] for item in kept}
    if all(item["id"] in ids or not item["isEnabled"] for item in live):
        return []
    return [{**item, "isEnabled": item["isEnabled"] and item["id"] in ids} for item in live]
