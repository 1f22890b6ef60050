"""The instance's parts in one stack: the instance itself, its network, where its events, history and logs go."""

from collections.abc import Sequence

import pulumi
from pulumi import Output, ResourceOptions

from .config_instance import EndpointConfig
from .config_sections import StackConfig
from .diagnostics import Diagnostics, DiagnosticsArgs
from .endpoints import Endpoints, EndpointsArgs, EndpointTarget
from .history import History, HistoryArgs
from .instance import DigitalTwinsInstance, DigitalTwinsInstanceArgs, ExistingInstance, ExistingInstanceArgs
from .lock import Lock, LockArgs
from .network import Network, NetworkArgs
from .place import Place
from .private_access import INSTANCE_ZONE, PrivateAccess, PrivateAccessArgs

Instance = DigitalTwinsInstance | ExistingInstance

LOCK_WARNING = (
    "instance.lock keeps everybody from deleting the instance, and also from removing role assignments at it: to "
    "revoke a tenant, or to destroy the stack, take the lock away first (docs/deploy.md)"
)


def create_instance(config: StackConfig, place: Place) -> Instance:
    """Declares the instance, or reads the one that there is already."""
    if config.instance.resource_id is not None:
        return ExistingInstance(
            place.label("instance"),
            ExistingInstanceArgs(resource_id=config.instance.resource_id),
        )
    return DigitalTwinsInstance(
        place.label("instance"),
        DigitalTwinsInstanceArgs(
            resource_group_name=place.group.name,
            instance_name=place.instance_id.apply(lambda instance_id: instance_id.rsplit("/", 1)[-1]),
            public_network_access=not config.is_private,
            retry=place.retry,
        ),
        ResourceOptions(protect=config.instance.protect),
    )


def create_network(config: StackConfig, place: Place) -> Network | None:
    """Declares what is needed of a network and not given; None where nothing lies in one."""
    if not config.calls_from_network:
        return None
    return Network(
        place.label("network"),
        NetworkArgs(
            resource_group_name=place.group.name,
            network_name=Output.concat("vnet-", place.stack),
            private_endpoint_subnet_id=config.network.private_endpoint_subnet_id,
            gateway_subnet_id=config.network.gateway_subnet_id,
        ),
    )


def open_privately(
    config: StackConfig, place: Place, instance: Instance, network: Network | None
) -> list[pulumi.Resource]:
    """Declares the instance's private endpoint, and returns what must be there before the instance can be called."""
    if network is None or not config.is_private:
        return []
    access = PrivateAccess(
        place.label("instance-access"),
        PrivateAccessArgs(
            resource_group_name=place.group.name,
            endpoint_name=Output.concat("pe-", instance.resource.name),
            target_id=instance.instance_id,
            group_id="API",
            zone_name=INSTANCE_ZONE,
            zone_id=config.network.private_dns_zone_id,
            subnet_id=network.private_endpoint_subnet_id,
            network_id=network.network_id,
        ),
    )
    return access.resources


def create_endpoints(config: StackConfig, place: Place, instance: Instance) -> list[pulumi.Resource]:
    """Declares where event routes lead."""
    if not config.instance.endpoints:
        return []
    args = EndpointsArgs(
        resource_group_name=place.instance_group.name,
        instance_name=instance.resource.name,
        instance_principal_id=instance.principal_id,
        endpoints={name: _target(item) for name, item in config.instance.endpoints.items()},
        retry=place.retry,
    )
    return Endpoints(place.label("endpoints"), args).resources


def _target(item: EndpointConfig) -> EndpointTarget:
    return EndpointTarget(
        event_hub_id=item.event_hub,
        service_bus_topic_id=item.service_bus,
        endpoint_uri=item.endpoint_uri,
        dead_letter_id=item.dead_letter,
    )


def record_history(config: StackConfig, place: Place, instance: Instance) -> list[pulumi.Resource]:
    """Declares the connection to the database that keeps every change."""
    history = config.instance.history
    if history is None:
        return []
    args = HistoryArgs(
        resource_group_name=place.instance_group.name,
        instance_name=instance.resource.name,
        instance_principal_id=instance.principal_id,
        tenant_id=place.tenant_id,
        database_id=history.database,
        endpoint_uri=history.endpoint_uri,
        event_hub_id=history.event_hub,
        event_hub_uri=history.event_hub_uri,
        consumer_group=history.consumer_group,
        retry=place.retry,
    )
    return History(place.label("history"), args).resources


def send_logs(
    config: StackConfig, place: Place, instance: Instance, workspace_id: Output[str]
) -> list[pulumi.Resource]:
    """Declares the diagnostic settings."""
    if not config.has_diagnostics:
        return []
    args = DiagnosticsArgs(target_id=instance.instance_id, workspace_id=config.instance.diagnostics or workspace_id)
    return [Diagnostics(place.label("diagnostics"), args)]


def lock(config: StackConfig, place: Place, instance: Instance, after: Sequence[pulumi.Resource]) -> None:
    """Locks the instance when all below it is made, so that a destroy takes the lock away first."""
    if config.instance.lock is None:
        return
    pulumi.log.warn(LOCK_WARNING)
    args = LockArgs(scope=instance.instance_id, notes="Twins live here: take this lock away by config, instance.lock.")
    Lock(place.label("instance-lock"), args, ResourceOptions(depends_on=list(after)))
