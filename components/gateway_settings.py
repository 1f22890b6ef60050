"""The function app's settings: what the Functions host and the gateway read from their environment."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from pulumi import Input, Output

from twin_rbac.role_tags.model import TagRules


@dataclass(frozen=True, kw_only=True)
class GatewaySettings:
    """What the gateway has to know; nothing here is a secret, and there is no place for one."""

    endpoint: Input[str]
    """The instance's data-plane URL."""
    instance_id: Input[str]
    """The instance's id: callers' roles are looked up at it."""
    marker_roles: Mapping[str, Input[str]]
    """Role tag -> id of the marker role: only assignments of these give a caller anything."""
    rules: TagRules
    """Where a twin's role tag stands."""
    tenant_id: Input[str]
    """The directory whose tokens are accepted."""
    client_id: Input[str]
    """The app registration's client id: the tokens' audience."""
    cloud: Mapping[str, str] = field(default_factory=dict)
    """Addresses of an Azure that is not the public one."""


def gateway_app_settings(settings: GatewaySettings) -> dict[str, Input[str]]:
    """The settings that the gateway itself reads."""
    rules = settings.rules
    return {
        "TWIN_RBAC_ENDPOINT": settings.endpoint,
        "TWIN_RBAC_INSTANCE_ID": settings.instance_id,
        "TWIN_RBAC_MARKER_ROLES": Output.all(**settings.marker_roles).apply(_to_json),
        "TWIN_RBAC_PROPERTY": rules.property,
        "TWIN_RBAC_KEY": rules.key,
        "TWIN_RBAC_ENCODING": rules.encoding,
        "TWIN_RBAC_TENANT_ID": settings.tenant_id,
        "TWIN_RBAC_CLIENT_ID": settings.client_id,
        "TWIN_RBAC_CLOUD": _to_json(dict(settings.cloud)),
    }


def host_app_settings(
    *, identity_client_id: Input[str], service_uris: Output[dict[str, str]], insights: Input[str], tenant_id: Input[str]
) -> dict[str, Input[str]]:
    """The settings that the Functions host reads: storage and Application Insights by the identity, without a key.

    Storage is named by addresses, since its name alone works in the public cloud only (pulumi-azure, section 2.3).
    """
    return {
        "AzureWebJobsStorage__blobServiceUri": service_uris["blob"],
        "AzureWebJobsStorage__queueServiceUri": service_uris["queue"],
        "AzureWebJobsStorage__tableServiceUri": service_uris["table"],
        "AzureWebJobsStorage__credential": "managedidentity",
        "AzureWebJobsStorage__clientId": identity_client_id,
        "APPLICATIONINSIGHTS_CONNECTION_STRING": insights,
        "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": Output.concat(
            "ClientId=", identity_client_id, ";Authorization=AAD"
        ),
        # Which of the app's identities the gateway's own calls are made with.
        "AZURE_CLIENT_ID": identity_client_id,
        # So that / is answered by the gateway, and not by the platform's page (pulumi-azure, section 2.7).
        "AzureWebJobsDisableHomepage": "true",
        "WEBSITE_AUTH_AAD_ALLOWED_TENANTS": tenant_id,
    }


def _to_json(value: Mapping[str, object]) -> str:
    return json.dumps(value, sort_keys=True)
