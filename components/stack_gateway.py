"""The gateway's parts in one stack: storage, identity, registration, function app, who may reach it, alerts."""

from collections.abc import Sequence

import pulumi
from pulumi import Input, Output

from twin_rbac.role_tags.model import TagRules

from .alerts import Alerts, AlertsArgs
from .config_sections import PrincipalType, StackConfig
from .gateway import Gateway, GatewayArgs
from .gateway_access import GatewayAccess, GatewayEndpoint
from .gateway_identity import GatewayIdentity, GatewayIdentityArgs
from .gateway_settings import GatewaySettings
from .host_storage import HostStorage, HostStorageArgs
from .insights import Insights
from .naming import site_name, storage_account_name
from .network import Network
from .place import Place
from .registration import AppRegistration, AppRegistrationArgs
from .roles import MarkerRoles
from .stack_instance import Instance

PUBLIC_AUTHORITY = "https://login.microsoftonline.com"


def create_gateway(
    config: StackConfig,
    rules: TagRules,
    *,
    place: Place,
    instance: Instance,
    markers: MarkerRoles,
    insights: Insights,
    network: Network | None,
    depends_on: Sequence[pulumi.Resource],
) -> tuple[Gateway, GatewayIdentity]:
    """Declares the gateway and all that it needs.

    `depends_on` is what has to be in order before it answers the first tenant.
    """
    site = place.name(site_name)
    storage = HostStorage(
        place.label("host-storage"),
        HostStorageArgs(
            resource_group_name=place.group.name,
            account_name=place.name(storage_account_name),
            zone_redundant=config.zone_redundant,
        ),
    )
    identity = _create_identity(place, site, instance, storage, insights)
    settings = GatewaySettings(
        endpoint=instance.endpoint,
        instance_id=instance.instance_id,
        marker_roles=markers.role_definition_ids,
        rules=rules,
        tenant_id=place.tenant_id,
        client_id=_client_id(config, place),
        cloud=config.cloud.addresses(),
    )
    gateway = Gateway(
        place.label("gateway"),
        GatewayArgs(
            resource_group_name=place.group.name,
            site_name=site,
            identity=identity,
            storage=storage,
            insights=insights,
            settings=settings,
            authority=config.cloud.authority or PUBLIC_AUTHORITY,
            wheels=config.cloud.function_wheels.value,
            access=_access(config, network),
            depends_on=depends_on,
        ),
    )
    _create_alerts(config, place, insights)
    return gateway, identity


def _access(config: StackConfig, network: Network | None) -> GatewayAccess:
    allowed = config.gateway.allowed_addresses or ()
    if not allowed and not config.gateway_is_private:
        pulumi.log.warn(
            "gateway.allowedAddresses is empty: nobody can reach the gateway; list the address ranges of your tenants"
        )
    return GatewayAccess(
        public=bool(allowed) or not config.gateway_is_private,
        allowed_addresses=allowed,
        private_endpoint=_private_endpoint(config, network),
        outbound_subnet_id=network.gateway_subnet_id if network else None,
        zone_redundant=config.zone_redundant,
    )


def _private_endpoint(config: StackConfig, network: Network | None) -> GatewayEndpoint | None:
    if network is None or not config.gateway_is_private:
        return None
    return GatewayEndpoint(
        subnet_id=network.private_endpoint_subnet_id,
        network_id=network.network_id,
        zone_id=config.network.gateway_dns_zone_id,
    )


def _create_identity(
    place: Place, site: Output[str], instance: Instance, storage: HostStorage, insights: Insights
) -> GatewayIdentity:
    return GatewayIdentity(
        place.label("gateway-identity"),
        GatewayIdentityArgs(
            subscription_id=place.group.subscription_id,
            resource_group_name=place.group.name,
            identity_name=Output.concat("id-", site),
            instance_id=instance.instance_id,
            instance_subscription_id=place.instance_group.subscription_id,
            instance_group_name=place.instance_group.name,
            storage_id=storage.account_id,
            insights_id=insights.component_id,
            retry=place.retry,
        ),
    )


def _client_id(config: StackConfig, place: Place) -> Input[str]:
    if config.gateway.client_id is not None:
        return config.gateway.client_id
    # A group cannot own a registration.
    owners = [item.principal_id for item in config.deployers if item.principal_type is not PrincipalType.GROUP]
    return AppRegistration(
        place.label("registration"),
        AppRegistrationArgs(
            display_name=f"Digital Twins gateway ({pulumi.get_project()}/{place.stack})",
            owners=owners,
            tenants={tenant.principal_id: tenant.principal_id for tenant in config.tenants.values()},
            clients=config.gateway.clients,
            assignment_required=config.gateway.assignment_required,
            assign_tenants=config.gateway.assign_tenants,
            retry=place.retry,
        ),
    ).client_id


def _create_alerts(config: StackConfig, place: Place, insights: Insights) -> None:
    if not config.alerts:
        return
    args = AlertsArgs(
        resource_group_name=place.group.name,
        component_id=insights.component_id,
        alert_name_prefix=place.name(site_name),
        action_group_ids=config.gateway.alert_action_groups,
    )
    Alerts(place.label("alerts"), args)
