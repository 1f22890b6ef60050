"""Rows of what lies in an instance: endpoints of event routes, and the connection that keeps its history."""

from emulator.resource_manager.resource_types.groups import INSTANCE
from emulator.resource_manager.resource_types.row import REQUIRED, ResourceType
from emulator.resource_manager.schema import Shape, an_object, one_of, strings

_NAME = "(?![0-9]+$)(?!-)[a-zA-Z0-9-]{2,49}[a-zA-Z0-9]"
_RULE = "3-50 letters, digits and hyphens, no hyphen at an end, not digits alone"
_IDENTITY = an_object({"type": Shape(enum=("SystemAssigned", "UserAssigned")), "userAssignedIdentity": Shape()})
_COMMON = {
    "authenticationType": Shape(enum=("KeyBased", "IdentityBased")),
    **strings("deadLetterSecret", "deadLetterUri"),
    "identity": _IDENTITY,
}
_BY_ADDRESS = strings("endpointUri", "entityPath")


def _endpoint(kind: str, **properties: Shape) -> Shape:
    return an_object({"endpointType": Shape(required=True, enum=(kind,)), **_COMMON, **properties})


SECRETS = (
    *("accessKey1", "accessKey2", "connectionStringPrimaryKey", "connectionStringSecondaryKey"),
    *("primaryConnectionString", "secondaryConnectionString", "deadLetterSecret"),
)
"""Properties of an endpoint that the service never answers as they were sent."""

ENDPOINT = ResourceType(
    type=f"{INSTANCE.type}/endpoints",
    token="azure-native:digitaltwins:DigitalTwinsEndpoint",  # noqa: S106  # a type token
    path=f"{INSTANCE.path}/endpoints/{{endpointName}}",
    name_input="endpointName",
    name_pattern=_NAME,
    name_rule=_RULE,
    api_versions=INSTANCE.api_versions,
    body=an_object(
        {
            "properties": one_of(
                "endpointType",
                {
                    "EventHub": _endpoint(
                        "EventHub",
                        **strings("connectionStringPrimaryKey", "connectionStringSecondaryKey"),
                        **_BY_ADDRESS,
                    ),
                    "ServiceBus": _endpoint(
                        "ServiceBus",
                        **strings("primaryConnectionString", "secondaryConnectionString"),
                        **_BY_ADDRESS,
                    ),
                    "EventGrid": _endpoint(
                        "EventGrid",
                        TopicEndpoint=Shape(required=True, pulumi_name="topicEndpoint"),
                        accessKey1=REQUIRED,
                        accessKey2=Shape(),
                    ),
                },
            )
        }
    ),
    parent_type=INSTANCE.type,
    top_level=("properties",),
    replaces=("resourceGroupName", "resourceName", "endpointName"),
    flat=False,
    computed=("name", "type", "properties"),
    # Not "copy" as for other parts of a resource: azure-native takes whatever is called endpointName for part of an
    # address.
    auto_name="hex",
)

_HISTORY = an_object(
    {
        "connectionType": Shape(required=True, enum=("AzureDataExplorer",)),
        "adxDatabaseName": REQUIRED,
        "adxEndpointUri": REQUIRED,
        "adxResourceId": REQUIRED,
        "eventHubEndpointUri": REQUIRED,
        "eventHubEntityPath": REQUIRED,
        "eventHubNamespaceResourceId": REQUIRED,
        **strings("adxRelationshipLifecycleEventsTableName", "adxTableName", "adxTwinLifecycleEventsTableName"),
        "eventHubConsumerGroup": Shape(),
        "recordPropertyAndItemRemovals": Shape(enum=("true", "false")),
        "identity": _IDENTITY,
    }
)

HISTORY_CONNECTION = ResourceType(
    type=f"{INSTANCE.type}/timeSeriesDatabaseConnections",
    token="azure-native:digitaltwins:TimeSeriesDatabaseConnection",  # noqa: S106  # a type token
    path=f"{INSTANCE.path}/timeSeriesDatabaseConnections/{{timeSeriesDatabaseConnectionName}}",
    name_input="timeSeriesDatabaseConnectionName",
    name_pattern=_NAME,
    name_rule=_RULE,
    api_versions=INSTANCE.api_versions,
    body=an_object({"properties": one_of("connectionType", {"AzureDataExplorer": _HISTORY})}),
    parent_type=INSTANCE.type,
    top_level=("properties",),
    answered={
        "adxTableName": "AdtPropertyEvents",
        "eventHubConsumerGroup": "$Default",
        "recordPropertyAndItemRemovals": "false",
    },
    replaces=("resourceGroupName", "resourceName", "timeSeriesDatabaseConnectionName"),
    flat=False,
    computed=("name", "type", "properties"),
    auto_name="copy",
)

ROWS = (ENDPOINT, HISTORY_CONNECTION)
