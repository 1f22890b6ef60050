"""What is sent to Azure has only keys that Azure's own clients of that API version know."""

from collections.abc import Mapping
from types import ModuleType
from typing import Any

import azure.mgmt.authorization.v2022_04_01.models as assignment_models
import azure.mgmt.authorization.v2022_05_01_preview.models as definition_models
import azure.mgmt.digitaltwins.models as twin_models
import azure.mgmt.web.models as web_models
import pytest

from emulator.provider.translate import make_body
from emulator.resource_manager.resource_types import find_by_token
from emulator.resource_manager.schema import Shape

GUID = "aaaaaaaa-0000-4000-8000-000000000001"
SCOPE = "/subscriptions/s/resourceGroups/rg"
PERMISSION = {"actions": ["a"], "notActions": ["b"], "dataActions": ["c"], "notDataActions": ["d"]}

CASES: list[tuple[str, str, ModuleType, str, dict[str, Any]]] = [
    (
        "azure-native:digitaltwins:DigitalTwin",
        "2023-01-31",
        twin_models,
        "DigitalTwinsDescription",
        {
            "resourceGroupName": "rg",
            "resourceName": "adt",
            "location": "westeurope",
            "tags": {"a": "1"},
            "identity": {"type": "UserAssigned", "userAssignedIdentities": ["/x"]},
            "publicNetworkAccess": "Enabled",
        },
    ),
    (
        "azure-native:authorization:RoleDefinition",
        "2022-05-01-preview",
        definition_models,
        "RoleDefinition",
        {
            "scope": SCOPE,
            "roleDefinitionId": GUID,
            "roleName": "r",
            "roleType": "CustomRole",
            "description": "d",
            "assignableScopes": [SCOPE],
            "permissions": [PERMISSION],
        },
    ),
    (
        "azure-native:authorization:RoleAssignment",
        "2022-04-01",
        assignment_models,
        "RoleAssignmentCreateParameters",
        {
            "scope": SCOPE,
            "roleAssignmentName": GUID,
            "principalId": GUID,
            "principalType": "Group",
            "roleDefinitionId": "/r",
            "description": "d",
            "condition": "true",
            "conditionVersion": "2.0",
            "delegatedManagedIdentityResourceId": "/x",
        },
    ),
]
"""Type token, API version, the client's models, the model of the body, and every input that there is."""


def unknown_keys(body: Mapping[str, Any], models: ModuleType, model: str, prefix: str = "") -> list[str]:
    """The paths in the body that the model does not have."""
    kinds = {entry["key"]: entry["type"] for entry in getattr(models, model)._attribute_map.values()}
    found: list[str] = []
    for key, value in body.items():
        path = f"{prefix}.{key}" if prefix else key
        if path == "properties":
            found += unknown_keys(value, models, model, "properties")
        elif path not in kinds:
            found.append(path)
        else:
            inner = kinds[path].strip("[]")
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, Mapping) and hasattr(models, inner):
                    found += [f"{path}.{name}" for name in unknown_keys(item, models, inner)]
    return found


@pytest.mark.parametrize(("token", "version", "models", "model", "inputs"), CASES, ids=[case[0] for case in CASES])
def test_a_body_has_no_key_that_azures_client_does_not_know(
    token: str, version: str, models: ModuleType, model: str, inputs: dict[str, Any]
) -> None:
    row = find_by_token(token)
    assert row is not None

    body = make_body(row, inputs)

    assert row.api_versions[0] == version
    assert unknown_keys(body, models, model) == []
    # Every input stands in the body or in the id: none is lost on the way.
    assert len(leaves(body)) == len(leaves({key: value for key, value in inputs.items() if key not in row.path_inputs}))


def test_the_walk_finds_a_wrong_key_wherever_it_is() -> None:
    body = {"sku": {}, "properties": {"colour": "red", "permissions": [{"dataAction": []}]}}

    assert unknown_keys(body, definition_models, "RoleDefinition") == [
        "sku",
        "properties.colour",
        "properties.permissions.dataAction",
    ]


def test_a_group_is_sent_as_the_table_says_for_there_is_no_client_of_it_here() -> None:
    row = find_by_token("azure-native:resources:ResourceGroup")
    assert row is not None

    body = make_body(row, {"resourceGroupName": "rg", "location": "westeurope", "tags": {"a": "1"}, "managedBy": "/x"})

    assert body == {"location": "westeurope", "tags": {"a": "1"}, "managedBy": "/x"}


@pytest.mark.parametrize(
    ("token", "place", "model"),
    [
        ("AppServicePlan", "", web_models.AppServicePlanProperties),
        ("WebApp", "", web_models.SiteProperties),
        ("WebApp", "siteConfig", web_models.SiteConfig),
        ("WebApp", "functionAppConfig", web_models.FunctionAppConfig),
        ("WebApp", "functionAppConfig.runtime", web_models.FunctionsRuntime),
        ("WebApp", "functionAppConfig.scaleAndConcurrency", web_models.FunctionsScaleAndConcurrency),
        ("WebApp", "functionAppConfig.deployment.storage", web_models.FunctionsDeploymentStorage),
        ("WebAppAuthSettingsV2", "", web_models.SiteAuthSettingsV2Properties),
        ("WebAppAuthSettingsV2", "globalValidation", web_models.GlobalValidation),
        ("WebAppAuthSettingsV2", "identityProviders.azureActiveDirectory", web_models.AzureActiveDirectory),
        ("WebAppScmAllowed", "", web_models.CsmPublishingCredentialsPoliciesEntityProperties),
    ],
)
def test_what_the_table_takes_of_a_site_is_what_azures_client_sends(token: str, place: str, model: Any) -> None:
    row = find_by_token(f"azure-native:web:{token}")
    assert row is not None
    shape = row.body.properties["properties"]
    for name in filter(None, place.split(".")):
        shape = shape.properties[name]

    assert set(shape.properties) <= {item._rest_name for item in model()._attr_to_rest_field.values()}


@pytest.mark.parametrize(
    ("token", "inner", "enum"),
    [
        ("azure-native:authorization:RoleAssignment", "principalType", assignment_models.PrincipalType),
        ("azure-native:digitaltwins:DigitalTwin", "publicNetworkAccess", twin_models.PublicNetworkAccess),
    ],
)
def test_the_values_of_an_enum_are_those_of_azures_client(token: str, inner: str, enum: Any) -> None:
    row = find_by_token(token)
    assert row is not None
    shape: Shape = row.body.properties["properties"].properties[inner]

    assert set(shape.enum) == {item.value for item in enum}


def leaves(value: Any) -> list[Any]:
    """The texts in a value; a map of empty objects, as of identities, counts its keys."""
    if isinstance(value, Mapping):
        return [leaf for key, item in value.items() for leaf in (leaves(item) if item != {} else [key])]
    if isinstance(value, list):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]
