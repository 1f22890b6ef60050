"""Rows of Event Hubs and Service Bus, as far as events of an instance go to them."""

from emulator.resource_manager.resource_types.row import IN_GROUP, SWITCH, ResourceType, tracked
from emulator.resource_manager.schema import Shape, an_object, booleans, strings

_HUBS = f"{IN_GROUP}/providers/Microsoft.EventHub/namespaces/{{namespaceName}}"
_BUSES = f"{IN_GROUP}/providers/Microsoft.ServiceBus/namespaces/{{namespaceName}}"
_NAME = "(?=.{6,50}$)[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])"
_RULE = "6-50 letters, digits and hyphens, a letter first, no hyphen at the end"
_ENTITY = "(?=.{1,256}$)[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?"
_ENTITY_RULE = "1-256 letters, digits, dots, hyphens and underscores, a letter or digit at both ends"
_TIERS = Shape(enum=("Basic", "Standard", "Premium"))
_SKU = an_object(
    {"name": Shape(required=True, enum=_TIERS.enum), "tier": _TIERS, "capacity": Shape(type="integer", least=0)}
)
_TLS = Shape(enum=("1.0", "1.1", "1.2", "1.3"))
_COMPUTED = ("name", "type", "location", "createdAt", "provisioningState", "serviceBusEndpoint", "status")

HUB_NAMESPACE = ResourceType(
    type="Microsoft.EventHub/namespaces",
    token="azure-native:eventhub:Namespace",  # noqa: S106  # a type token
    path=_HUBS,
    name_input="namespaceName",
    name_pattern=_NAME,
    name_rule=_RULE,
    api_versions=("2024-01-01", "2021-11-01"),
    body=tracked(
        {
            **booleans("disableLocalAuth", "isAutoInflateEnabled", "kafkaEnabled", "zoneRedundant"),
            "maximumThroughputUnits": Shape(type="integer", least=0, most=40),
            "minimumTlsVersion": _TLS,
            "publicNetworkAccess": Shape(enum=(*SWITCH.enum, "SecuredByPerimeter")),
        },
        sku=_SKU,
        not_supported=("alternateName", "clusterArmId", "encryption", "identity", "privateEndpointConnections"),
    ),
    top_level=("location", "tags", "sku"),
    defaults={"publicNetworkAccess": "Enabled"},
    answered={"disableLocalAuth": False, "minimumTlsVersion": "1.2", "publicNetworkAccess": "Enabled"},
    taken_code="NamespaceAlreadyExists",
    replaces=("resourceGroupName", "namespaceName", "location"),
    computed=_COMPUTED,
    takes_location=True,
    auto_name="hex",
)

EVENT_HUB = ResourceType(
    type="Microsoft.EventHub/namespaces/eventhubs",
    token="azure-native:eventhub:EventHub",  # noqa: S106  # a type token
    path=f"{_HUBS}/eventhubs/{{eventHubName}}",
    name_input="eventHubName",
    name_pattern=_ENTITY,
    name_rule=_ENTITY_RULE,
    api_versions=("2024-01-01", "2021-11-01"),
    body=an_object(
        {
            "properties": an_object(
                {
                    "messageRetentionInDays": Shape(type="integer", least=1, most=90),
                    "partitionCount": Shape(type="integer", least=1, most=1024),
                    "status": Shape(enum=("Active", "Disabled", "SendDisabled")),
                },
                not_supported=("captureDescription", "retentionDescription", "userMetadata"),
            )
        }
    ),
    parent_type=HUB_NAMESPACE.type,
    answered={"messageRetentionInDays": 7, "partitionCount": 4, "status": "Active"},
    created_status=200,
    replaces=("resourceGroupName", "namespaceName", "eventHubName"),
    computed=("name", "type", "createdAt", "partitionIds", "status"),
    auto_name="copy",
)

BUS_NAMESPACE = ResourceType(
    type="Microsoft.ServiceBus/namespaces",
    token="azure-native:servicebus:Namespace",  # noqa: S106  # a type token
    path=_BUSES,
    name_input="namespaceName",
    name_pattern=_NAME,
    name_rule=_RULE,
    api_versions=("2026-01-01", "2024-01-01", "2021-11-01"),
    body=tracked(
        {
            **booleans("disableLocalAuth", "zoneRedundant"),
            "minimumTlsVersion": _TLS,
            "premiumMessagingPartitions": Shape(type="integer", least=0, most=4),
            "publicNetworkAccess": Shape(enum=(*SWITCH.enum, "SecuredByPerimeter")),
        },
        sku=_SKU,
        not_supported=(
            *("alternateName", "encryption", "geoDataReplication", "identity", "ipAddressType"),
            *("platformCapabilities", "privateEndpointConnections"),
        ),
    ),
    top_level=("location", "tags", "sku"),
    defaults={"publicNetworkAccess": "Enabled"},
    answered={"disableLocalAuth": False, "minimumTlsVersion": "1.2", "publicNetworkAccess": "Enabled"},
    taken_code="NamespaceAlreadyExists",
    replaces=("resourceGroupName", "namespaceName", "location"),
    computed=_COMPUTED,
    takes_location=True,
    auto_name="hex",
)

TOPIC = ResourceType(
    type="Microsoft.ServiceBus/namespaces/topics",
    token="azure-native:servicebus:Topic",  # noqa: S106  # a type token
    path=f"{_BUSES}/topics/{{topicName}}",
    name_input="topicName",
    name_pattern=_ENTITY,
    name_rule=_ENTITY_RULE,
    api_versions=("2026-01-01", "2024-01-01", "2021-11-01"),
    body=an_object(
        {
            "properties": an_object(
                {
                    **strings(
                        "autoDeleteOnIdle", "defaultMessageTimeToLive", "duplicateDetectionHistoryTimeWindow", "status"
                    ),
                    **booleans("enableBatchedOperations", "enableExpress", "enablePartitioning"),
                    **booleans("requiresDuplicateDetection", "supportOrdering"),
                    "maxMessageSizeInKilobytes": Shape(type="integer", least=1024),
                    "maxSizeInMegabytes": Shape(type="integer", least=1024),
                },
                not_supported=("userMetadata",),
            )
        }
    ),
    parent_type=BUS_NAMESPACE.type,
    answered={"maxSizeInMegabytes": 1024, "status": "Active"},
    created_status=200,
    replaces=("resourceGroupName", "namespaceName", "topicName", "enablePartitioning", "requiresDuplicateDetection"),
    computed=("name", "type", "createdAt", "status"),
    auto_name="copy",
)

ROWS = (HUB_NAMESPACE, EVENT_HUB, BUS_NAMESPACE, TOPIC)
