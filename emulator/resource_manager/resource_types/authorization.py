"""Rows of Microsoft.Authorization."""

from emulator.resource_manager.resource_types.row import REQUIRED, ResourceType
from emulator.resource_manager.schema import Shape, a_list, an_object

_GUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
_STAMPS = ("createdOn", "createdBy", "updatedOn", "updatedBy")
_PERMISSION = an_object(dict.fromkeys(("actions", "notActions", "dataActions", "notDataActions"), a_list()))

ROLE_DEFINITION = ResourceType(
    type="Microsoft.Authorization/roleDefinitions",
    token="azure-native:authorization:RoleDefinition",  # noqa: S106  # a type token
    path="{scope}/providers/Microsoft.Authorization/roleDefinitions/{roleDefinitionId}",
    name_input="roleDefinitionId",
    name_pattern=_GUID,
    name_rule="a GUID",
    api_versions=("2022-05-01-preview", "2022-04-01"),
    body=an_object(
        {
            "properties": an_object(
                {
                    "roleName": Shape(required=True, longest=512),
                    "description": Shape(longest=2048),
                    "type": Shape(enum=("CustomRole",)),
                    "assignableScopes": Shape(type="array", items=Shape(), longest=2000),
                    "permissions": a_list(_PERMISSION),
                },
                required=True,
            )
        }
    ),
    renamed={"roleType": "type"},
    computed=("name", "type", *_STAMPS),
    replaces=("scope", "roleDefinitionId"),
    auto_name="guid",
)

ROLE_ASSIGNMENT = ResourceType(
    type="Microsoft.Authorization/roleAssignments",
    token="azure-native:authorization:RoleAssignment",  # noqa: S106  # a type token
    path="{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}",
    name_input="roleAssignmentName",
    name_pattern=_GUID,
    name_rule="a GUID",
    api_versions=("2022-04-01",),
    body=an_object(
        {
            "properties": an_object(
                {
                    "principalId": REQUIRED,
                    "principalType": Shape(enum=("User", "Group", "ServicePrincipal", "ForeignGroup", "Device")),
                    "roleDefinitionId": REQUIRED,
                    "description": Shape(),
                    "condition": Shape(),
                    "conditionVersion": Shape(enum=("2.0",)),
                    "delegatedManagedIdentityResourceId": Shape(),
                },
                required=True,
            )
        }
    ),
    defaults={"principalType": "User"},
    computed=("name", "type", "scope", *_STAMPS),
    replaces=("scope", "roleAssignmentName", "principalId"),
    auto_name="guid",
)

LOCK = ResourceType(
    type="Microsoft.Authorization/locks",
    token="azure-native:authorization:ManagementLockByScope",  # noqa: S106  # a type token
    path="{scope}/providers/Microsoft.Authorization/locks/{lockName}",
    name_input="lockName",
    name_pattern=r"[^<>%&?\\/]{1,260}",
    name_rule="1-260 characters without < > % & ? \\ /",
    api_versions=("2020-05-01", "2016-09-01"),
    body=an_object(
        {
            "properties": an_object(
                {
                    "level": Shape(required=True, enum=("NotSpecified", "CanNotDelete", "ReadOnly")),
                    "notes": Shape(longest=512),
                    "owners": a_list(an_object({"applicationId": Shape()})),
                },
                required=True,
            )
        }
    ),
    replaces=("scope", "lockName"),
    auto_name="hex",
)

ROWS = (ROLE_DEFINITION, ROLE_ASSIGNMENT, LOCK)
