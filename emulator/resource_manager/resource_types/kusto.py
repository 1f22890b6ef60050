"""Rows of Azure Data Explorer, as far as the history of an instance goes to it."""

from emulator.resource_manager.resource_types.row import IN_GROUP, REQUIRED, SWITCH, ResourceType, tracked
from emulator.resource_manager.schema import Shape, an_object, booleans, strings

_CLUSTERS = f"{IN_GROUP}/providers/Microsoft.Kusto/clusters/{{clusterName}}"
_DATABASES = f"{_CLUSTERS}/databases/{{databaseName}}"
_VERSIONS = ("2024-04-13", "2023-08-15")
_SKU = an_object(
    {
        # Its enum holds every size of machine.
        "name": REQUIRED,
        "tier": Shape(required=True, enum=("Basic", "Standard")),
        "capacity": Shape(type="integer", least=1),
    },
    required=True,
)

CLUSTER = ResourceType(
    type="Microsoft.Kusto/clusters",
    token="azure-native:kusto:Cluster",  # noqa: S106  # a type token
    path=_CLUSTERS,
    name_input="clusterName",
    name_pattern="[a-z][a-z0-9]{3,21}",
    name_rule="4-22 lower-case letters and digits, a letter first",
    api_versions=_VERSIONS,
    body=tracked(
        {
            **booleans("enableAutoStop", "enableDiskEncryption", "enableDoubleEncryption", "enablePurge"),
            **booleans("enableStreamingIngest"),
            "engineType": Shape(enum=("V2", "V3")),
            "publicIPType": Shape(enum=("IPv4", "DualStack")),
            "publicNetworkAccess": SWITCH,
            "restrictOutboundNetworkAccess": SWITCH,
        },
        sku=_SKU,
        not_supported=(
            *("acceptedAudiences", "allowedFqdnList", "allowedIpRangeList", "calloutPolicies", "identity"),
            *("keyVaultProperties", "languageExtensions", "optimizedAutoscale", "trustedExternalTenants"),
            *("virtualClusterGraduationProperties", "virtualNetworkConfiguration", "zones"),
        ),
    ),
    top_level=("location", "tags", "sku"),
    defaults={
        "enableAutoStop": True,
        "enableDiskEncryption": False,
        "enableDoubleEncryption": False,
        "enablePurge": False,
        "enableStreamingIngest": False,
        "engineType": "V3",
        "publicIPType": "IPv4",
        "publicNetworkAccess": "Enabled",
        "restrictOutboundNetworkAccess": "Disabled",
    },
    answered={"publicNetworkAccess": "Enabled", "state": "Running"},
    taken_code="NameNotAvailable",
    replaces=("resourceGroupName", "clusterName", "location"),
    computed=("name", "type", "location", "dataIngestionUri", "provisioningState", "state", "uri"),
    takes_location=True,
    auto_name="hex",
)

DATABASE = ResourceType(
    type="Microsoft.Kusto/clusters/databases",
    token="azure-native:kusto:ReadWriteDatabase",  # noqa: S106  # a type token
    path=_DATABASES,
    name_input="databaseName",
    name_pattern=r"[\w .-]{1,260}",
    name_rule="1-260 letters, digits, spaces, dots, hyphens and underscores",
    api_versions=_VERSIONS,
    body=tracked(
        {**strings("hotCachePeriod", "softDeletePeriod")},
        kind=Shape(required=True, enum=("ReadWrite",)),
        # `callerRole` is part of the query.
        not_supported=("callerRole", "keyVaultProperties"),
    ),
    parent_type=CLUSTER.type,
    top_level=("location", "kind"),
    replaces=("resourceGroupName", "clusterName", "databaseName", "location"),
    computed=("name", "type", "location", "isFollowed", "provisioningState"),
    takes_location=True,
    auto_name="copy",
)

PRINCIPAL_ASSIGNMENT = ResourceType(
    type="Microsoft.Kusto/clusters/databases/principalAssignments",
    token="azure-native:kusto:DatabasePrincipalAssignment",  # noqa: S106  # a type token
    path=f"{_DATABASES}/principalAssignments/{{principalAssignmentName}}",
    name_input="principalAssignmentName",
    name_pattern=r"[\w-]{1,260}",
    name_rule="1-260 letters, digits, hyphens and underscores",
    api_versions=_VERSIONS,
    body=an_object(
        {
            "properties": an_object(
                {
                    "principalId": REQUIRED,
                    "principalType": Shape(required=True, enum=("App", "Group", "User")),
                    "role": Shape(
                        required=True, enum=("Admin", "Ingestor", "Monitor", "User", "UnrestrictedViewer", "Viewer")
                    ),
                    "tenantId": Shape(),
                },
                required=True,
            )
        }
    ),
    parent_type=DATABASE.type,
    replaces=("resourceGroupName", "clusterName", "databaseName", "principalAssignmentName"),
    computed=("name", "type", "aadObjectId", "principalName", "provisioningState", "tenantName"),
    auto_name="copy",
)

ROWS = (CLUSTER, DATABASE, PRINCIPAL_ASSIGNMENT)
