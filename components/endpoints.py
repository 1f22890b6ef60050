"""Where an instance's event routes lead: event hubs and Service Bus topics, reached by the instance's identity.

Event Grid is not offered: Azure Digital Twins reaches it with an access key alone (fact sheet pulumi-azure, 1.2).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_azure_native import digitaltwins

from .instance_grants import InstanceGrant, grant_to_instance, require_identity
from .resource_ids import (
    BLOB_CONTAINER,
    EVENT_HUB,
    TOPIC,
    ResourceId,
    check_endpoint_name,
    parse_resource_id,
    service_bus_address,
)

_Properties = TypeVar("_Properties", digitaltwins.EventHubArgs, digitaltwins.ServiceBusArgs)


@dataclass(frozen=True, kw_only=True)
class EndpointTarget:
    """What an endpoint leads to: an event hub or a topic that there is already.

    The ids are plain text, so that a wrong one is refused before anything is made.
    """

    event_hub_id: str | None = None
    """The resource id of an event hub; not of its namespace."""
    service_bus_topic_id: str | None = None
    """The resource id of a Service Bus topic; not of its namespace."""
    endpoint_uri: str | None = None
    """The namespace's address; public Azure's when left out."""
    dead_letter_id: str | None = None
    """The resource id of the blob container that takes what cannot be delivered."""


@dataclass(frozen=True, kw_only=True)
class EndpointsArgs:
    """Which endpoints an instance has."""

    resource_group_name: Input[str]
    """The instance's resource group."""
    instance_name: Input[str]
    """The instance's name."""
    instance_principal_id: Input[str]
    """The object id of the instance's system-assigned identity."""
    endpoints: Mapping[str, EndpointTarget]
    """The endpoint's name, which event routes name -> what it leads to."""
    retry: pulumi.ResourceHookBinding | None = None
    """What tries again while Azure does not know a new principal or role yet: `propagation.retry_lagging`."""


@dataclass(frozen=True, kw_only=True)
class _Endpoint:
    properties: digitaltwins.EventHubArgs | digitaltwins.ServiceBusArgs
    grants: list[InstanceGrant]


class Endpoints(pulumi.ComponentResource):
    """Endpoints of an instance, each with the role that lets the instance send to it."""

    resources: list[pulumi.Resource]
    """The endpoints: event routes wait for them, since the service refuses a route to an endpoint that is not there."""

    def __init__(self, name: str, args: EndpointsArgs, opts: ResourceOptions | None = None) -> None:
        endpoints = {key: _describe(key, target) for key, target in args.endpoints.items()}
        super().__init__("digital-twins-rbac:index:Endpoints", name, None, opts)
        self._granted: dict[tuple[str, str], list[pulumi.Resource]] = {}
        principal_id = require_identity(args.instance_principal_id)
        self.resources = [
            self._create_endpoint(name, key, endpoint, args, principal_id) for key, endpoint in endpoints.items()
        ]
        self.register_outputs({})

    def _create_endpoint(
        self, name: str, key: str, endpoint: _Endpoint, args: EndpointsArgs, principal_id: Output[str]
    ) -> digitaltwins.DigitalTwinsEndpoint:
        granted = [
            assignment
            for grant in endpoint.grants
            for assignment in self._grant_once(name, grant, principal_id, args.retry)
        ]
        return digitaltwins.DigitalTwinsEndpoint(
            f"{name}-{key}",
            resource_group_name=args.resource_group_name,
            resource_name_=args.instance_name,
            endpoint_name=key,
            properties=endpoint.properties,
            # Azure refuses to change how an endpoint authenticates, where azure-native would try (pulumi-azure, 1.2).
            opts=ResourceOptions(
                parent=self,
                depends_on=granted,
                replace_on_changes=["properties"],
                delete_before_replace=True,
                hooks=args.retry,
            ),
        )

    def _grant_once(
        self,
        name: str,
        grant: InstanceGrant,
        principal_id: Output[str],
        retry: pulumi.ResourceHookBinding | None,
    ) -> list[pulumi.Resource]:
        # Two endpoints may share a target or a container; Azure refuses the same assignment a second time.
        key = (grant.scope.text.lower(), grant.role)
        if key not in self._granted:
            self._granted[key] = grant_to_instance(name, grant, principal_id, retry=retry, parent=self)
        return self._granted[key]


def _describe(name: str, target: EndpointTarget) -> _Endpoint:
    try:
        check_endpoint_name(name)
        return _describe_target(target)
    except ValueError as error:
        raise ValueError(f"endpoint {name!r}: {error}") from None


def _describe_target(target: EndpointTarget) -> _Endpoint:
    if target.event_hub_id is not None and target.service_bus_topic_id is None:
        hub = parse_resource_id(target.event_hub_id, EVENT_HUB)
        return _Endpoint(
            properties=_compose(digitaltwins.EventHubArgs, digitaltwins.EndpointType.EVENT_HUB, hub, target),
            grants=_list_grants("Azure Event Hubs Data Sender", hub, target),
        )
    if target.service_bus_topic_id is not None and target.event_hub_id is None:
        topic = parse_resource_id(target.service_bus_topic_id, TOPIC)
        return _Endpoint(
            properties=_compose(digitaltwins.ServiceBusArgs, digitaltwins.EndpointType.SERVICE_BUS, topic, target),
            grants=_list_grants("Azure Service Bus Data Sender", topic, target),
        )
    given = "neither" if target.event_hub_id is None else "both"
    raise ValueError(f"{given} of event_hub_id and service_bus_topic_id are given; give exactly one of them")


def _compose(
    make: Callable[..., _Properties], kind: digitaltwins.EndpointType, entity: ResourceId, target: EndpointTarget
) -> _Properties:
    # The service's own default is a key, hence the authentication type; a connection string is given to neither.
    return make(
        endpoint_type=kind.value,
        authentication_type=digitaltwins.AuthenticationType.IDENTITY_BASED,
        endpoint_uri=target.endpoint_uri or service_bus_address(entity.names[0]),
        entity_path=entity.name,
        identity=digitaltwins.ManagedIdentityReferenceArgs(type=digitaltwins.IdentityType.SYSTEM_ASSIGNED),
        dead_letter_uri=None if target.dead_letter_id is None else _container_address(target.dead_letter_id),
    )


def _list_grants(role: str, entity: ResourceId, target: EndpointTarget) -> list[InstanceGrant]:
    sender = InstanceGrant(role=role, scope=entity, reason="Lets the Azure Digital Twins instance send its events.")
    if target.dead_letter_id is None:
        return [sender]
    writer = InstanceGrant(
        role="Storage Blob Data Contributor",
        scope=parse_resource_id(target.dead_letter_id, BLOB_CONTAINER),
        reason="Lets the Azure Digital Twins instance keep events that it cannot deliver.",
    )
    return [sender, writer]


def _container_address(container_id: str) -> str:
    account, _, container = parse_resource_id(container_id, BLOB_CONTAINER).names
    return f"https://{account}.blob.core.windows.net/{container}"
