"""The one table of resource types: what Resource Manager takes, and how Pulumi's resources map to it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from emulator.resource_manager.schema import Shape

_GUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
_STRINGS = Shape(type="array", items=Shape())
_TAGS = Shape(type="map", items=Shape())
_STAMPS = ("createdOn", "createdBy", "updatedOn", "updatedBy")


@dataclass(frozen=True, kw_only=True)
class ResourceType:
    """One row."""

    type: str
    """The name in Resource Manager."""
    token: str
    """Pulumi's type token."""
    path: str
    """The id, with the names of Pulumi's inputs where the values go; `{scope}` stands for any scope."""
    name_input: str
    """The input that names the resource."""
    name_pattern: str
    """What the whole name must match."""
    name_rule: str
    """The same, for people."""
    api_versions: tuple[str, ...]
    """The first is what Pulumi's SDK sends."""
    body: Shape
    """What a PUT takes."""
    top_level: tuple[str, ...] = ()
    """Pulumi's inputs that stand beside `properties` in the body; the others stand in it."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Pulumi's name -> the name in `properties`, where they differ."""
    defaults: Mapping[str, str] = field(default_factory=dict)
    """Pulumi's inputs that its SDK or the service fills in."""
    replaces: tuple[str, ...] = ()
    """Pulumi's inputs whose change needs a new resource."""
    takes_location: bool = False
    """Whether a missing location is the provider's own, or else the resource group's."""
    not_supported: tuple[str, ...] = ()
    """Pulumi's inputs that Azure takes and the local Azure does not."""
    flat: bool = True
    """Whether Pulumi's outputs hold what stands in `properties`, in place of `properties` itself."""
    computed: tuple[str, ...] = ("name", "type")
    """Pulumi's outputs that only the service knows."""
    auto_name: str = ""
    """How a missing name is made: empty, it must be given; "hex", logical name and 8 hex digits; "guid"."""

    @property
    def path_inputs(self) -> tuple[str, ...]:
        """Pulumi's inputs that stand in the id."""
        return tuple(re.findall(r"{(\w+)}", self.path.replace("{subscriptionId}", "")))


_IDENTITY = Shape(
    type="object",
    properties={
        "type": Shape(required=True, enum=("None", "SystemAssigned", "UserAssigned", "SystemAssigned,UserAssigned")),
        "userAssignedIdentities": Shape(type="map", items=Shape(type="object")),
    },
)

_PERMISSION = Shape(
    type="object",
    properties=dict.fromkeys(("actions", "notActions", "dataActions", "notDataActions"), _STRINGS),
)

RESOURCE_TYPES: tuple[ResourceType, ...] = (
    ResourceType(
        type="Microsoft.Resources/resourceGroups",
        token="azure-native:resources:ResourceGroup",  # noqa: S106  # a type token
        path="/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}",
        name_input="resourceGroupName",
        name_pattern=r"[-\w._()]{0,89}[-\w_()]",
        name_rule="1-90 letters, digits, - _ ( ) and ., no . at the end",
        api_versions=("2024-11-01", "2025-04-01", "2022-09-01", "2021-04-01"),
        body=Shape(type="object", properties={"location": Shape(required=True), "tags": _TAGS, "managedBy": Shape()}),
        top_level=("location", "tags", "managedBy"),
        replaces=("resourceGroupName", "location", "managedBy"),
        flat=False,
        computed=("name", "type", "location", "properties"),
        takes_location=True,
        auto_name="hex",
    ),
    ResourceType(
        type="Microsoft.DigitalTwins/digitalTwinsInstances",
        token="azure-native:digitaltwins:DigitalTwin",  # noqa: S106  # a type token
        path="/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.DigitalTwins/digitalTwinsInstances/{resourceName}",
        name_input="resourceName",
        name_pattern=r"(?!-)[A-Za-z0-9-]{3,63}(?<!-)",
        name_rule="3-63 letters, digits and hyphens, no hyphen at an end",
        api_versions=("2023-01-31",),
        body=Shape(
            type="object",
            properties={
                "location": Shape(required=True),
                "tags": _TAGS,
                "identity": _IDENTITY,
                "properties": Shape(
                    type="object",
                    properties={"publicNetworkAccess": Shape(enum=("Enabled", "Disabled"))},
                ),
            },
        ),
        top_level=("location", "tags", "identity"),
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
        not_supported=("privateEndpointConnections",),
        takes_location=True,
        auto_name="hex",
    ),
    ResourceType(
        type="Microsoft.Authorization/roleDefinitions",
        token="azure-native:authorization:RoleDefinition",  # noqa: S106  # a type token
        path="{scope}/providers/Microsoft.Authorization/roleDefinitions/{roleDefinitionId}",
        name_input="roleDefinitionId",
        name_pattern=_GUID,
        name_rule="a GUID",
        api_versions=("2022-05-01-preview", "2022-04-01"),
        body=Shape(
            type="object",
            properties={
                "properties": Shape(
                    type="object",
                    required=True,
                    properties={
                        "roleName": Shape(required=True, longest=512),
                        "description": Shape(longest=2048),
                        "type": Shape(enum=("CustomRole",)),
                        "assignableScopes": Shape(type="array", items=Shape(), longest=2000),
                        "permissions": Shape(type="array", items=_PERMISSION),
                    },
                )
            },
        ),
        renamed={"roleType": "type"},
        computed=("name", "type", *_STAMPS),
        replaces=("scope", "roleDefinitionId"),
        auto_name="guid",
    ),
    ResourceType(
        type="Microsoft.Authorization/roleAssignments",
        token="azure-native:authorization:RoleAssignment",  # noqa: S106  # a type token
        path="{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}",
        name_input="roleAssignmentName",
        name_pattern=_GUID,
        name_rule="a GUID",
        api_versions=("2022-04-01",),
        body=Shape(
            type="object",
            properties={
                "properties": Shape(
                    type="object",
                    required=True,
                    properties={
                        "principalId": Shape(required=True),
                        "principalType": Shape(enum=("User", "Group", "ServicePrincipal", "ForeignGroup", "Device")),
                        "roleDefinitionId": Shape(required=True),
                        "description": Shape(),
                        "condition": Shape(),
                        "conditionVersion": Shape(enum=("2.0",)),
                        "delegatedManagedIdentityResourceId": Shape(),
                    },
                )
            },
        ),
        defaults={"principalType": "User"},
        computed=("name", "type", "scope", *_STAMPS),
        replaces=("scope", "roleAssignmentName", "principalId"),
        auto_name="guid",
    ),
)
"""What the program's resources need, and no more."""


def find_by_token(token: str) -> ResourceType | None:
    """The row of a Pulumi type token."""
    return next((row for row in RESOURCE_TYPES if row.token == token), None)


def find_by_type(type_name: str) -> ResourceType:
    """The row of a type of Resource Manager."""
    return next(row for row in RESOURCE_TYPES if row.type == type_name)
