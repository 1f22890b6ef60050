"""What a stack's config may say about the instance, and about the network that it is reached from."""

import re
from enum import StrEnum
from typing import Self

from pydantic import Field, field_validator, model_validator

from .config_values import (
    ContainerId,
    DatabaseId,
    EventHubId,
    HttpsUri,
    InstanceId,
    InstanceZoneId,
    Section,
    ServiceBusUri,
    SiteZoneId,
    SubnetId,
    TopicId,
    check_workspace_id,
)
from .resource_ids import check_endpoint_name

DIAGNOSTICS_OFF = "off"
"""The word that leaves the diagnostic settings out."""
_EVENT_GRID = ("eventGrid", "eventgrid", "event_grid")
_ROUTE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,49}")
_INSTANCE_NAME = re.compile(r"(?!-)[A-Za-z0-9-]{3,63}(?<!-)")
_NOT_OURS = ("name", "protect", "private_endpoint", "diagnostics", "lock")
"""What is said of an instance that the stack makes, and of no other."""


class EndpointConfig(Section):
    """Where event routes lead: an event hub, or a Service Bus topic, that there is already."""

    event_hub: EventHubId | None = None
    """The resource id of an event hub."""
    service_bus: TopicId | None = None
    """The resource id of a Service Bus topic."""
    endpoint_uri: ServiceBusUri | None = None
    """The namespace's address; public Azure's when left out."""
    dead_letter: ContainerId | None = None
    """The resource id of a blob container for what cannot be delivered."""

    @model_validator(mode="before")
    @classmethod
    def _is_no_event_grid(cls, value: object) -> object:
        if isinstance(value, dict) and any(key in value for key in _EVENT_GRID):
            raise ValueError(
                "Event Grid endpoints are not offered: Azure Digital Twins reaches a topic of Event Grid with its "
                "access key alone, and no key can be expressed here; use eventHub or serviceBus"
            )
        return value

    @model_validator(mode="after")
    def _is_one_of_two(self) -> Self:
        if (self.event_hub is None) == (self.service_bus is None):
            raise ValueError("give the resource id of either an event hub (eventHub) or a topic (serviceBus)")
        return self


class RouteConfig(Section):
    """Which events go to an endpoint."""

    endpoint: str
    """The endpoint's name in `instance.endpoints`."""
    filter: str = "true"
    """Which events; all of them when left out."""


class HistoryConfig(Section):
    """The Azure Data Explorer database that keeps every change, and the event hub on the way to it."""

    database: DatabaseId
    endpoint_uri: HttpsUri
    """The cluster's address, such as https://history.westeurope.kusto.windows.net."""
    event_hub: EventHubId
    event_hub_uri: ServiceBusUri | None = None
    """The namespace's address; public Azure's when left out."""
    consumer_group: str = "$Default"


class LockLevel(StrEnum):
    """What a lock keeps people from."""

    CAN_NOT_DELETE = "CanNotDelete"


class InstanceConfig(Section):
    """Settings of the Azure Digital Twins instance."""

    resource_id: InstanceId | None = None
    """An instance that there is already: it is read, and neither managed nor deleted."""
    name: str | None = None
    """The name of the instance that is made, unique in its region; one made of stack and resource group if left out."""
    protect: bool = True
    """Pulumi's guard: a change that would replace or delete the instance fails in the preview."""
    private_endpoint: bool | None = None
    """Whether the instance is reached from inside a network alone; the profile's choice when left out."""
    diagnostics: str | None = None
    """A Log Analytics workspace's id, or `off`; the stack's own workspace when left out."""
    endpoints: dict[str, EndpointConfig] = Field(default_factory=dict)
    routes: dict[str, RouteConfig] = Field(default_factory=dict)
    history: HistoryConfig | None = None
    lock: LockLevel | None = None
    """Keeps everybody from deleting it, and from removing role assignments at it."""

    @field_validator("name")
    @classmethod
    def _is_a_name(cls, value: str | None) -> str | None:
        if value is not None and not _INSTANCE_NAME.fullmatch(value):
            raise ValueError(f"is {value!r}, and must be 3-63 letters, digits and hyphens, with no hyphen at an end")
        return value

    @field_validator("diagnostics", mode="before")
    @classmethod
    def _is_off_in_yaml(cls, value: object) -> object:
        # YAML 1.1 reads a bare `off` as false.
        return DIAGNOSTICS_OFF if value is False else value

    @field_validator("diagnostics")
    @classmethod
    def _is_a_workspace(cls, value: str | None) -> str | None:
        if value in {None, DIAGNOSTICS_OFF}:
            return value
        return check_workspace_id(str(value))

    @model_validator(mode="after")
    def _is_managed_or_not(self) -> Self:
        if self.resource_id is None:
            return self
        for field in _NOT_OURS:
            if field in self.model_fields_set and getattr(self, field) is not None:
                name = type(self).model_fields[field].alias or field
                raise ValueError(
                    f"resourceId names an instance that is not the program's: leave {name} out, and set it where that "
                    "instance is managed"
                )
        return self

    @model_validator(mode="after")
    def _has_good_names(self) -> Self:
        for name in self.endpoints:
            try:
                check_endpoint_name(name)
            except ValueError as error:
                raise ValueError(f"endpoints.{name}: {error}") from None
        for name, route in self.routes.items():
            if not _ROUTE_NAME.fullmatch(name):
                raise ValueError(f"routes.{name}: a name has 1-50 letters, digits and hyphens")
            if route.endpoint not in self.endpoints:
                known = ", ".join(self.endpoints) or "none"
                raise ValueError(
                    f"routes.{name}.endpoint: instance.endpoints has no {route.endpoint!r}; there are: {known}"
                )
        return self


class NetworkConfig(Section):
    """Subnets and DNS zones that there are already; what is needed and not given is made."""

    private_endpoint_subnet_id: SubnetId | None = None
    """Where private endpoints lie."""
    gateway_subnet_id: SubnetId | None = None
    """Where the gateway calls from: delegated to Microsoft.App/environments, and used by nothing else."""
    private_dns_zone_id: InstanceZoneId | None = None
    """The zone privatelink.digitaltwins.azure.net."""
    gateway_dns_zone_id: SiteZoneId | None = None
    """The zone privatelink.azurewebsites.net."""

    @model_validator(mode="after")
    def _has_two_subnets_of_one_network(self) -> Self:
        endpoint, gateway = self.private_endpoint_subnet_id, self.gateway_subnet_id
        if endpoint is None or gateway is None:
            return self
        if endpoint.lower() == gateway.lower():
            raise ValueError("privateEndpointSubnetId and gatewaySubnetId are one subnet: the gateway needs its own")
        return self
