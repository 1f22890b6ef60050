"""azuread's ServicePrincipal."""

from collections.abc import Mapping
from typing import Any, ClassVar

from emulator.directory_provider.application import ids_by_value
from emulator.directory_provider.graph import Graph
from emulator.directory_provider.names import from_graph
from emulator.directory_provider.owners import bind_owners, change_owners, leave_owners, read_owners
from emulator.directory_provider.resource import Resource, Values
from emulator.resource_manager.schema import Shape, a_list, an_object, booleans, strings

_NOT_SUPPORTED = (
    "alternativeNames",
    "featureTags",
    "features",
    "loginUrl",
    "notificationEmailAddresses",
    "preferredSingleSignOnMode",
    "samlSingleSignOn",
    "useExisting",
)
_ENTITLEMENT = ("id", "value", "type", "displayName", "description", "allowedMemberTypes")


class ServicePrincipal(Resource):
    """The service principal of an application in its own tenant."""

    pulumi_type: ClassVar[str] = "azuread:index/servicePrincipal:ServicePrincipal"
    shape: ClassVar[Shape] = an_object(
        {
            "clientId": Shape(required=True),
            **booleans("accountEnabled", "appRoleAssignmentRequired"),
            **strings("description", "notes"),
            "owners": a_list(),
            "tags": a_list(),
        },
        not_supported=_NOT_SUPPORTED,
    )
    replaces: ClassVar[frozenset[str]] = frozenset({"clientId"})
    service_fills: ClassVar[frozenset[str]] = frozenset({"tags"})
    computed: ClassVar[Mapping[str, str]] = dict.fromkeys(
        (
            "appRoleIds",
            "appRoles",
            "applicationTenantId",
            "displayName",
            "homepageUrl",
            "logoutUrl",
            "oauth2PermissionScopeIds",
            "oauth2PermissionScopes",
            "objectId",
            "redirectUris",
            "samlMetadataUrl",
            "servicePrincipalNames",
            "signInAudience",
            "type",
        ),
        "",
    )

    def create(self, graph: Graph, inputs: Values) -> str:
        """Makes the service principal."""
        made = graph.post("/servicePrincipals", {**_body(inputs), **bind_owners(inputs)})
        resource_id = f"/servicePrincipals/{made['id']}"
        leave_owners(graph, resource_id, inputs)
        return resource_id

    def read(self, graph: Graph, resource_id: str) -> Values | None:
        """What is live, with what it has of its application."""
        document = graph.get(resource_id)
        if document is None:
            return None
        return {
            **from_graph(document, self.shape),
            "clientId": document["appId"],
            "owners": read_owners(graph, resource_id),
            "appRoleIds": ids_by_value(document["appRoles"]),
            "appRoles": [_entitlement(role) for role in document["appRoles"]],
            "applicationTenantId": document["appOwnerOrganizationId"],
            "displayName": document["displayName"],
            "homepageUrl": document["homepage"] or "",
            "logoutUrl": document["logoutUrl"] or "",
            "oauth2PermissionScopeIds": ids_by_value(document["oauth2PermissionScopes"]),
            "oauth2PermissionScopes": [_entitlement(scope) for scope in document["oauth2PermissionScopes"]],
            "objectId": document["id"],
            "redirectUris": document["replyUrls"],
            "samlMetadataUrl": "",
            "servicePrincipalNames": [name for name in document["servicePrincipalNames"] if name != document["appId"]],
            "signInAudience": document["signInAudience"],
            "type": document["servicePrincipalType"],
        }

    def update(self, graph: Graph, resource_id: str, changed: Values) -> None:
        """Sends what changed."""
        body = _body(changed)
        if body:
            graph.patch(resource_id, body)
        change_owners(graph, resource_id, changed)


def _body(inputs: Values) -> Values:
    names = {"clientId": "appId"}
    return {names.get(name, name): value for name, value in inputs.items() if name != "owners"}


def _entitlement(item: Mapping[str, Any]) -> Values:
    said = {key: item[key] for key in _ENTITLEMENT if item.get(key) is not None}
    return {**said, "enabled": item["isEnabled"]}
