"""The values that a stack's config is made of: sections, ids of Entra and of Resource Manager, addresses."""

import re
from collections.abc import Callable
from ipaddress import ip_network
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel

from .resource_ids import (
    ACTION_GROUP,
    BLOB_CONTAINER,
    DATABASE,
    DNS_ZONE,
    EVENT_HUB,
    INSTANCE,
    SUBNET,
    TOPIC,
    WORKSPACE,
    ResourceKind,
    parse_resource_id,
)


class Section(BaseModel):
    """A mapping of the config; an unknown key is refused."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


def check_guid(value: object, what: str) -> str:
    """The id in Entra's own spelling.

    Raises:
        ValueError: it is none, or still the placeholder of zeros.
    """
    try:
        identifier = UUID(str(value))
    except ValueError:
        raise ValueError(f"must be {what}, such as 0f3c0000-0000-4000-8000-000000000010") from None
    if identifier.int == 0:
        raise ValueError(f"is still the placeholder; give {what}")
    return str(identifier)


def _id_of(kind: ResourceKind) -> Callable[[str], str]:
    """A check of a resource id."""
    return lambda value: parse_resource_id(value, kind).text


def _zone(name: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        zone = parse_resource_id(value, DNS_ZONE)
        # Another cloud's zone has another end.
        if zone.name.split(".")[:2] != name.split(".")[:2]:
            raise ValueError(f"is the zone {zone.name!r}, and must be the zone {name!r}")
        return zone.text

    return check


def _address_range(value: object) -> str:
    try:
        return str(ip_network(str(value)))
    except ValueError as error:
        raise ValueError(f"must be an address range, such as 203.0.113.0/24 or 203.0.113.7/32: {error}") from None


def _service_bus_uri(value: str) -> str:
    if not re.fullmatch(r"sb://[a-z0-9-]+(\.[a-z0-9-]+)+/?", value, re.IGNORECASE):
        raise ValueError(
            f"is {value!r}, and must be a namespace's address, such as sb://events.servicebus.windows.net/"
        )
    return value


def _https_uri(value: str) -> str:
    if not re.fullmatch(r"https://[^/\s]+/?", value):
        raise ValueError(f"is {value!r}, and must be an address that starts with https://, without a path")
    return value


check_workspace_id = _id_of(WORKSPACE)
"""A Log Analytics workspace's id, or a ValueError."""
InstanceId = Annotated[str, AfterValidator(_id_of(INSTANCE))]
EventHubId = Annotated[str, AfterValidator(_id_of(EVENT_HUB))]
TopicId = Annotated[str, AfterValidator(_id_of(TOPIC))]
DatabaseId = Annotated[str, AfterValidator(_id_of(DATABASE))]
ContainerId = Annotated[str, AfterValidator(_id_of(BLOB_CONTAINER))]
SubnetId = Annotated[str, AfterValidator(_id_of(SUBNET))]
InstanceZoneId = Annotated[str, AfterValidator(_zone("privatelink.digitaltwins.azure.net"))]
SiteZoneId = Annotated[str, AfterValidator(_zone("privatelink.azurewebsites.net"))]
ActionGroupId = Annotated[str, AfterValidator(_id_of(ACTION_GROUP))]
AddressRange = Annotated[str, BeforeValidator(_address_range)]
ServiceBusUri = Annotated[str, AfterValidator(_service_bus_uri)]
HttpsUri = Annotated[str, AfterValidator(_https_uri)]
ApplicationId = Annotated[str, BeforeValidator(lambda value: check_guid(value, "the client id of an application"))]
