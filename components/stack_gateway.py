"""The gateway's parts in one stack: storage, telemetry, identity, registration, function app."""

from collections.abc import Sequence

import pulumi
from pulumi import Input, Output

from twin_rbac.role_tags.model import TagRules

from .config_sections import PrincipalType, StackConfig
from .gateway import Gateway, GatewayArgs
from .gateway_identity import GatewayIdentity, GatewayIdentityArgs
from .gateway_settings import GatewaySettings
from .host_storage import HostStorage, HostStorageArgs
from .insights import Insights, InsightsArgs
from .instance import DigitalTwinsInstance
from .naming import site_name, storage_account_name
from .place import Place
from .registration import AppRegistration, AppRegistrationArgs
from .roles import MarkerRoles

PUBLIC_AUTHORITY = "https://login.microsoftonline.com"


def create_gateway(
    config: StackConfig,
    rules: TagRules,
    *,
    place: Place,
    instance: DigitalTwinsInstance,
    markers: MarkerRoles,
    depends_on: Sequence[pulumi.Resource],
) -> tuple[Gateway, GatewayIdentity]:
    """Declares the gateway and all that it needs.

    `depends_on` is what has to be in order before it answers the first tenant.
    """
    site = place.name(site_name)
    storage = HostStorage(
        "host-storage",
        HostStorageArgs(resource_group_name=place.resource_group_name, account_name=place.name(storage_account_name)),
    )
    insights = _create_insights(place, site)
    identity = _create_identity(place, site, instance, storage, insights)
    settings = GatewaySettings(
        endpoint=instance.endpoint,
        instance_id=instance.instance_id,
        marker_roles=markers.role_definition_ids,
        rules=rules,
        tenant_id=place.tenant_id,
        client_id=_client_id(config),
        cloud=config.cloud.addresses(),
    )
    gateway = Gateway(
        "gateway",
        GatewayArgs(
            resource_group_name=place.resource_group_name,
            site_name=site,
            identity=identity,
            storage=storage,
            insights=insights,
            settings=settings,
            authority=config.cloud.authority or PUBLIC_AUTHORITY,
            wheels=config.cloud.function_wheels.value,
            depends_on=depends_on,
        ),
    )
    return gateway, identity


def _create_insights(place: Place, site: Output[str]) -> Insights:
    return Insights(
        "insights",
        InsightsArgs(
            resource_group_name=place.resource_group_name,
            workspace_name=Output.concat("log-", site),
            component_name=Output.concat("appi-", site),
        ),
    )


def _create_identity(
    place: Place, site: Output[str], instance: DigitalTwinsInstance, storage: HostStorage, insights: Insights
) -> GatewayIdentity:
    return GatewayIdentity(
        "gateway-identity",
        GatewayIdentityArgs(
            subscription_id=place.subscription_id,
            resource_group_name=place.resource_group_name,
            identity_name=Output.concat("id-", site),
            instance_id=instance.instance_id,
            storage_id=storage.account_id,
            insights_id=insights.component_id,
            retry=place.retry,
        ),
    )


def _client_id(config: StackConfig) -> Input[str]:
    if config.gateway.client_id is not None:
        return config.gateway.client_id
    # A group cannot own a registration.
    owners = [item.principal_id for item in config.deployers if item.principal_type is not PrincipalType.GROUP]
    return AppRegistration(
        "registration",
        AppRegistrationArgs(
            display_name=f"Digital Twins gateway ({pulumi.get_project()}/{pulumi.get_stack()})",
            owners=owners,
            tenants={tenant.principal_id: tenant.principal_id for tenant in config.tenants.values()},
            clients=config.gateway.clients,
        ),
    ).client_id
