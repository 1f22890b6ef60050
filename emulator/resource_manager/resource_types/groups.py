"""Rows of resource groups, instances and user-assigned identities."""

from emulator.resource_manager.resource_types.row import (
    IN_GROUP,
    REQUIRED,
    SWITCH,
    TAGS,
    ResourceType,
    identity_shape,
    tracked,
)
from emulator.resource_manager.schema import Shape, an_object

GROUP = ResourceType(
    type="Microsoft.Resources/resourceGroups",
    token="azure-native:resources:ResourceGroup",  # noqa: S106  # a type token
    path=IN_GROUP,
    name_input="resourceGroupName",
    name_pattern=r"[-\w._()]{0,89}[-\w_()]",
    name_rule="1-90 letters, digits, - _ ( ) and ., no . at the end",
    api_versions=("2024-03-01", "2024-11-01", "2025-04-01", "2022-09-01", "2021-04-01"),
    body=an_object({"location": REQUIRED, "tags": TAGS, "managedBy": Shape()}),
    action="Microsoft.Resources/subscriptions/resourceGroups",
    top_level=("location", "tags", "managedBy"),
    replaces=("resourceGroupName", "location", "managedBy"),
    flat=False,
    computed=("name", "type", "location", "properties"),
    takes_location=True,
    auto_name="hex",
)

INSTANCE = ResourceType(
    type="Microsoft.DigitalTwins/digitalTwinsInstances",
    token="azure-native:digitaltwins:DigitalTwin",  # noqa: S106  # a type token
    path=f"{IN_GROUP}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/{{resourceName}}",
    name_input="resourceName",
    name_pattern=r"(?!-)[A-Za-z0-9-]{3,63}(?<!-)",
    name_rule="3-63 letters, digits and hyphens, no hyphen at an end",
    api_versions=("2023-01-31",),
    body=tracked(
        {"publicNetworkAccess": SWITCH},
        identity=identity_shape("SystemAssigned,UserAssigned"),
        not_supported=("privateEndpointConnections",),
    ),
    top_level=("location", "tags", "identity"),
    answered={"publicNetworkAccess": "Enabled"},
    replaces=("resourceGroupName", "resourceName", "location"),
    computed=(
        "name",
        "type",
        "location",
        "identity",
        "hostName",
        "provisioningState",
        "createdTime",
        "lastUpdatedTime",
        "privateEndpointConnections",
        "publicNetworkAccess",
    ),
    takes_location=True,
    auto_name="hex",
)

USER_ASSIGNED_IDENTITY = ResourceType(
    type="Microsoft.ManagedIdentity/userAssignedIdentities",
    token="azure-native:managedidentity:UserAssignedIdentity",  # noqa: S106  # a type token
    path=f"{IN_GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{{resourceName}}",
    name_input="resourceName",
    name_pattern=r"[A-Za-z0-9][A-Za-z0-9_-]{2,127}",
    name_rule="3-128 letters, digits, hyphens and underscores, a letter or digit first",
    api_versions=("2023-01-31", "2024-11-30"),
    body=an_object({"location": REQUIRED, "tags": TAGS}),
    top_level=("location", "tags"),
    replaces=("resourceGroupName", "resourceName", "location"),
    computed=("name", "type", "location", "clientId", "principalId", "tenantId"),
    takes_location=True,
    auto_name="hex",
)

ROWS = (GROUP, INSTANCE, USER_ASSIGNED_IDENTITY)
