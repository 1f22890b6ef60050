"""Ids of resources that others made: checked and taken apart before anything is declared with them."""

import re
from dataclasses import dataclass

_ENDPOINT_NAME = re.compile(r"(?![0-9]+$)(?!-)[a-zA-Z0-9-]{2,49}[a-zA-Z0-9]")


@dataclass(frozen=True, kw_only=True)
class ResourceKind:
    """What a resource id must name."""

    noun: str
    """What people call it, with its article."""
    provider: str
    """The resource provider's namespace."""
    types: tuple[str, ...]
    """Its types, the outermost first."""


INSTANCE = ResourceKind(
    noun="an Azure Digital Twins instance", provider="Microsoft.DigitalTwins", types=("digitalTwinsInstances",)
)
EVENT_HUB = ResourceKind(noun="an event hub", provider="Microsoft.EventHub", types=("namespaces", "eventhubs"))
TOPIC = ResourceKind(noun="a Service Bus topic", provider="Microsoft.ServiceBus", types=("namespaces", "topics"))
BLOB_CONTAINER = ResourceKind(
    noun="a blob container", provider="Microsoft.Storage", types=("storageAccounts", "blobServices", "containers")
)
DATABASE = ResourceKind(
    noun="an Azure Data Explorer database", provider="Microsoft.Kusto", types=("clusters", "databases")
)
WORKSPACE = ResourceKind(
    noun="a Log Analytics workspace", provider="Microsoft.OperationalInsights", types=("workspaces",)
)
SUBNET = ResourceKind(noun="a subnet", provider="Microsoft.Network", types=("virtualNetworks", "subnets"))
DNS_ZONE = ResourceKind(noun="a private DNS zone", provider="Microsoft.Network", types=("privateDnsZones",))
ACTION_GROUP = ResourceKind(noun="an action group", provider="Microsoft.Insights", types=("actionGroups",))


@dataclass(frozen=True, kw_only=True)
class ResourceId:
    """A resource id and its parts."""

    text: str
    """The whole id, as it was given."""
    subscription_id: str
    resource_group_name: str
    names: tuple[str, ...]
    """The names of the resource and of those around it, the outermost first."""

    @property
    def name(self) -> str:
        """The resource's own name."""
        return self.names[-1]

    @property
    def parent(self) -> str:
        """The id of the resource around it."""
        return self.text.rsplit("/", 2)[0]


def parse_resource_id(value: str, kind: ResourceKind) -> ResourceId:
    """Takes a resource id apart.

    Raises:
        ValueError: it is no id of such a resource; the text says what it should be, and what is missing from it.
    """
    found = _match(value, kind.provider, kind.types)
    if found is None:
        raise ValueError(f"{value!r} is not the id of {kind.noun}: {_advice(value, kind)}")
    return ResourceId(
        text=value,
        subscription_id=found["subscription"],
        resource_group_name=found["group"],
        names=tuple(found[f"name{index}"] for index in range(len(kind.types))),
    )


def _match(value: str, provider: str, types: tuple[str, ...]) -> re.Match[str] | None:
    named = "".join(f"/{re.escape(item)}/(?P<name{index}>[^/]+)" for index, item in enumerate(types))
    group = "/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)"
    return re.fullmatch(f"{group}/providers/{re.escape(provider)}{named}", value, re.IGNORECASE)


def _advice(value: str, kind: ResourceKind) -> str:
    for depth in range(len(kind.types) - 1, 0, -1):
        if _match(value, kind.provider, kind.types[:depth]):
            missing = "".join(f"/{item}/<name>" for item in kind.types[depth:])
            return f"it ends at {kind.types[depth - 1]}; add {missing}"
    named = "".join(f"/{item}/<name>" for item in kind.types)
    return f"it must be /subscriptions/<id>/resourceGroups/<name>/providers/{kind.provider}{named}"


def check_endpoint_name(name: str) -> str:
    """The name of an instance's endpoint, if it is one (fact sheet pulumi-azure, section 1.1).

    Raises:
        ValueError: it is none.
    """
    if not _ENDPOINT_NAME.fullmatch(name):
        raise ValueError("a name has 3-50 letters, digits and hyphens, not digits alone, and no hyphen at an end")
    return name


def service_bus_address(namespace: str) -> str:
    """The address of a namespace of Event Hubs or Service Bus in public Azure."""
    return f"sb://{namespace}.servicebus.windows.net/"
