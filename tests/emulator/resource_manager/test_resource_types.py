import inspect
import re
from typing import Any

import pytest
from pulumi._types import input_type_py_to_pulumi_names
from pulumi_azure_native import (
    applicationinsights,
    authorization,
    digitaltwins,
    eventhub,
    kusto,
    managedidentity,
    monitor,
    network,
    operationalinsights,
    privatedns,
    resources,
    servicebus,
    storage,
    web,
)

from emulator.provider.translate import input_shapes
from emulator.resource_manager.resource_types import RESOURCE_TYPES, ResourceType, find_by_token

CLASSES: dict[str, Any] = {
    "azure-native:resources:ResourceGroup": resources.ResourceGroup,
    "azure-native:digitaltwins:DigitalTwin": digitaltwins.DigitalTwin,
    "azure-native:authorization:RoleDefinition": authorization.RoleDefinition,
    "azure-native:authorization:RoleAssignment": authorization.RoleAssignment,
    "azure-native:managedidentity:UserAssignedIdentity": managedidentity.UserAssignedIdentity,
    "azure-native:storage:StorageAccount": storage.StorageAccount,
    "azure-native:storage:BlobContainer": storage.BlobContainer,
    "azure-native:operationalinsights:Workspace": operationalinsights.Workspace,
    "azure-native:applicationinsights:Component": applicationinsights.Component,
    "azure-native:web:AppServicePlan": web.AppServicePlan,
    "azure-native:web:WebApp": web.WebApp,
    "azure-native:web:WebAppAuthSettingsV2": web.WebAppAuthSettingsV2,
    "azure-native:web:WebAppFtpAllowed": web.WebAppFtpAllowed,
    "azure-native:web:WebAppScmAllowed": web.WebAppScmAllowed,
    "azure-native:network:VirtualNetwork": network.VirtualNetwork,
    "azure-native:network:Subnet": network.Subnet,
    "azure-native:network:PrivateEndpoint": network.PrivateEndpoint,
    "azure-native:network:PrivateDnsZoneGroup": network.PrivateDnsZoneGroup,
    "azure-native:privatedns:PrivateZone": privatedns.PrivateZone,
    "azure-native:privatedns:VirtualNetworkLink": privatedns.VirtualNetworkLink,
    "azure-native:eventhub:Namespace": eventhub.Namespace,
    "azure-native:eventhub:EventHub": eventhub.EventHub,
    "azure-native:servicebus:Namespace": servicebus.Namespace,
    "azure-native:servicebus:Topic": servicebus.Topic,
    "azure-native:kusto:Cluster": kusto.Cluster,
    "azure-native:kusto:ReadWriteDatabase": kusto.ReadWriteDatabase,
    "azure-native:kusto:DatabasePrincipalAssignment": kusto.DatabasePrincipalAssignment,
    "azure-native:digitaltwins:DigitalTwinsEndpoint": digitaltwins.DigitalTwinsEndpoint,
    "azure-native:digitaltwins:TimeSeriesDatabaseConnection": digitaltwins.TimeSeriesDatabaseConnection,
    "azure-native:monitor:DiagnosticSetting": monitor.DiagnosticSetting,
    "azure-native:monitor:MetricAlert": monitor.MetricAlert,
    "azure-native:authorization:ManagementLockByScope": authorization.ManagementLockByScope,
}
INNER: list[tuple[str, str, Any]] = [
    ("azure-native:storage:StorageAccount", "networkAcls", storage.NetworkRuleSetArgs),
    ("azure-native:operationalinsights:Workspace", "features", operationalinsights.WorkspaceFeaturesArgs),
    ("azure-native:operationalinsights:Workspace", "sku", operationalinsights.WorkspaceSkuArgs),
    ("azure-native:web:WebApp", "siteConfig", web.SiteConfigArgs),
    ("azure-native:web:WebApp", "functionAppConfig", web.FunctionAppConfigArgs),
    ("azure-native:web:WebApp", "functionAppConfig/runtime", web.FunctionsRuntimeArgs),
    ("azure-native:web:WebApp", "functionAppConfig/scaleAndConcurrency", web.FunctionsScaleAndConcurrencyArgs),
    ("azure-native:web:WebApp", "functionAppConfig/deployment/storage", web.FunctionsDeploymentStorageArgs),
    (
        "azure-native:web:WebApp",
        "functionAppConfig/deployment/storage/authentication",
        web.FunctionsDeploymentStorageAuthenticationArgs,
    ),
    ("azure-native:web:WebAppAuthSettingsV2", "platform", web.AuthPlatformArgs),
    ("azure-native:web:WebAppAuthSettingsV2", "globalValidation", web.GlobalValidationArgs),
    ("azure-native:web:WebAppAuthSettingsV2", "httpSettings", web.HttpSettingsArgs),
    ("azure-native:web:WebAppAuthSettingsV2", "login", web.LoginArgs),
    ("azure-native:web:WebAppAuthSettingsV2", "login/tokenStore", web.TokenStoreArgs),
    ("azure-native:web:WebAppAuthSettingsV2", "identityProviders", web.IdentityProvidersArgs),
    (
        "azure-native:web:WebAppAuthSettingsV2",
        "identityProviders/azureActiveDirectory",
        web.AzureActiveDirectoryArgs,
    ),
    (
        "azure-native:web:WebAppAuthSettingsV2",
        "identityProviders/azureActiveDirectory/registration",
        web.AzureActiveDirectoryRegistrationArgs,
    ),
    (
        "azure-native:web:WebAppAuthSettingsV2",
        "identityProviders/azureActiveDirectory/validation",
        web.AzureActiveDirectoryValidationArgs,
    ),
    ("azure-native:web:WebApp", "siteConfig/ipSecurityRestrictions", web.IpSecurityRestrictionArgs),
    ("azure-native:network:VirtualNetwork", "addressSpace", network.AddressSpaceArgs),
    ("azure-native:network:Subnet", "delegations", network.DelegationArgs),
    ("azure-native:network:PrivateEndpoint", "subnet", network.SubnetArgs),
    (
        "azure-native:network:PrivateEndpoint",
        "privateLinkServiceConnections",
        network.PrivateLinkServiceConnectionArgs,
    ),
    ("azure-native:network:PrivateDnsZoneGroup", "privateDnsZoneConfigs", network.PrivateDnsZoneConfigArgs),
    ("azure-native:privatedns:VirtualNetworkLink", "virtualNetwork", privatedns.SubResourceArgs),
    ("azure-native:digitaltwins:DigitalTwinsEndpoint", "properties/EventHub", digitaltwins.EventHubArgs),
    ("azure-native:digitaltwins:DigitalTwinsEndpoint", "properties/ServiceBus", digitaltwins.ServiceBusArgs),
    ("azure-native:digitaltwins:DigitalTwinsEndpoint", "properties/EventGrid", digitaltwins.EventGridArgs),
    (
        "azure-native:digitaltwins:DigitalTwinsEndpoint",
        "properties/EventHub/identity",
        digitaltwins.ManagedIdentityReferenceArgs,
    ),
    (
        "azure-native:digitaltwins:TimeSeriesDatabaseConnection",
        "properties/AzureDataExplorer",
        digitaltwins.AzureDataExplorerConnectionPropertiesArgs,
    ),
    ("azure-native:monitor:DiagnosticSetting", "logs", monitor.DiagnosticsLogSettingsArgs),
    ("azure-native:monitor:DiagnosticSetting", "metrics", monitor.DiagnosticsMetricSettingsArgs),
    ("azure-native:monitor:MetricAlert", "actions", monitor.MetricAlertActionArgs),
    (
        "azure-native:monitor:MetricAlert",
        "criteria/Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
        monitor.MetricAlertSingleResourceMultipleMetricCriteriaArgs,
    ),
    (
        "azure-native:monitor:MetricAlert",
        "criteria/Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria/allOf/StaticThresholdCriterion",
        monitor.MetricCriteriaArgs,
    ),
    ("azure-native:authorization:ManagementLockByScope", "owners", authorization.ManagementLockOwnerArgs),
    ("azure-native:eventhub:Namespace", "sku", eventhub.SkuArgs),
    ("azure-native:servicebus:Namespace", "sku", servicebus.SBSkuArgs),
    ("azure-native:kusto:Cluster", "sku", kusto.AzureSkuArgs),
]
"""Type token, place of an object in the inputs (a variant by its name), and the class of the SDK for it."""


def inputs_of_the_sdk(token: str) -> set[str]:
    parameters = set(inspect.signature(CLASSES[token]._internal_init).parameters)
    names = parameters - {"__self__", "resource_name", "opts", "__props__"}
    # Some are not plain camel case, such as publicIPType; the outputs of the same names say so.
    outputs = {
        name: getattr(item.fget, "_pulumi_name", name)
        for name, item in vars(CLASSES[token]).items()
        if isinstance(item, property)
    }
    camel = {name: re.sub(r"_(\w)", lambda match: match[1].upper(), name.rstrip("_")) for name in names}
    return {outputs.get(name, camel[name]) for name in names}


def outputs_of_the_sdk(token: str) -> set[str]:
    properties = {name: item for name, item in vars(CLASSES[token]).items() if isinstance(item, property)}
    return {getattr(item.fget, "_pulumi_name", name) for name, item in properties.items()}


@pytest.mark.parametrize("row", RESOURCE_TYPES, ids=lambda row: row.type)
def test_the_table_has_the_inputs_of_the_real_sdk_and_no_others(row: ResourceType) -> None:
    assert {*input_shapes(row), *row.not_supported} == inputs_of_the_sdk(row.token)


@pytest.mark.parametrize(("token", "place", "arguments"), INNER, ids=[case[1] for case in INNER])
def test_an_object_of_the_table_has_the_properties_of_the_real_sdk_and_no_others(
    token: str, place: str, arguments: Any
) -> None:
    row = find_by_token(token)
    assert row is not None
    pulumi_names = {name: input_name for input_name, name in row.renamed.items()}
    first, *rest = place.split("/")
    shape = input_shapes(row)[pulumi_names.get(first, first)]
    for name in rest:
        shape = shape.items or shape
        shape = {**shape.properties, **shape.variants}[name]
    shape = shape.items or shape

    assert {*shape.properties, *shape.not_supported} == set(input_type_py_to_pulumi_names(arguments).values())


@pytest.mark.parametrize("row", RESOURCE_TYPES, ids=lambda row: row.type)
def test_the_api_version_is_the_one_of_the_real_sdk(row: ResourceType) -> None:
    documented = re.search(r"Uses Azure REST API version ([\w-]+)", inspect.getsource(CLASSES[row.token]))

    assert documented is not None
    assert row.api_versions[0] == documented[1]


@pytest.mark.parametrize("row", RESOURCE_TYPES, ids=lambda row: row.type)
def test_what_only_the_service_knows_is_an_output(row: ResourceType) -> None:
    assert set(row.computed) <= outputs_of_the_sdk(row.token)


@pytest.mark.parametrize("row", RESOURCE_TYPES, ids=lambda row: row.type)
def test_what_forces_a_replacement_is_an_input(row: ResourceType) -> None:
    assert set(row.replaces) <= {*input_shapes(row)}
    assert set(row.path_inputs) <= set(row.replaces)


@pytest.mark.parametrize(
    ("token", "name", "good"),
    [
        ("digitaltwins:DigitalTwin", "adt", True),
        ("digitaltwins:DigitalTwin", "a" * 63, True),
        ("digitaltwins:DigitalTwin", "Adt-1", True),
        ("digitaltwins:DigitalTwin", "ad", False),
        ("digitaltwins:DigitalTwin", "a" * 64, False),
        ("digitaltwins:DigitalTwin", "-adt", False),
        ("digitaltwins:DigitalTwin", "adt-", False),
        ("digitaltwins:DigitalTwin", "adt_1", False),
        ("managedidentity:UserAssignedIdentity", "id_1-a", True),
        ("managedidentity:UserAssignedIdentity", "id", False),
        ("managedidentity:UserAssignedIdentity", "-id", False),
        ("managedidentity:UserAssignedIdentity", "i" * 129, False),
        ("storage:StorageAccount", "st1", True),
        ("storage:StorageAccount", "s" * 24, True),
        ("storage:StorageAccount", "s" * 25, False),
        ("storage:StorageAccount", "st", False),
        ("storage:StorageAccount", "St1", False),
        ("storage:StorageAccount", "st-1", False),
        ("storage:BlobContainer", "app-package", True),
        ("storage:BlobContainer", "$web", True),
        ("storage:BlobContainer", "c" * 63, True),
        ("storage:BlobContainer", "c" * 64, False),
        ("storage:BlobContainer", "ab", False),
        ("storage:BlobContainer", "a--b", False),
        ("storage:BlobContainer", "app-", False),
        ("storage:BlobContainer", "App", False),
        ("operationalinsights:Workspace", "log1", True),
        ("operationalinsights:Workspace", "log", False),
        ("operationalinsights:Workspace", "-log", False),
        ("applicationinsights:Component", "ai (1)", True),
        ("applicationinsights:Component", "ai.", False),
        ("applicationinsights:Component", "a/i", False),
        ("network:VirtualNetwork", "vnet-1", True),
        ("network:VirtualNetwork", "v", False),
        ("network:VirtualNetwork", "vnet-", False),
        ("network:Subnet", "s", True),
        ("network:PrivateEndpoint", "pe_1", True),
        ("network:PrivateEndpoint", "p" * 65, False),
        ("privatedns:PrivateZone", "privatelink.digitaltwins.azure.net", True),
        ("privatedns:PrivateZone", "local", False),
        ("eventhub:Namespace", "evhns-1", True),
        ("eventhub:Namespace", "1evhns", False),
        ("servicebus:Namespace", "sbns-", False),
        ("kusto:Cluster", "adx1", True),
        ("kusto:Cluster", "Adx1", False),
        ("digitaltwins:DigitalTwinsEndpoint", "events", True),
        ("digitaltwins:DigitalTwinsEndpoint", "ev", False),
        ("digitaltwins:DigitalTwinsEndpoint", "123", False),
        ("digitaltwins:DigitalTwinsEndpoint", "-events", False),
        ("monitor:DiagnosticSetting", "to workspace", True),
        ("monitor:DiagnosticSetting", "a/b", False),
        ("authorization:ManagementLockByScope", "keep", True),
        ("web:AppServicePlan", "plan_1", True),
        ("web:AppServicePlan", "p" * 61, False),
        ("web:WebApp", "fn", True),
        ("web:WebApp", "f" * 60, True),
        ("web:WebApp", "f" * 61, False),
        ("web:WebApp", "f", False),
        ("web:WebApp", "-fn", False),
        ("web:WebApp", "fn_1", False),
    ],
)
def test_the_name_rule_is_the_services(token: str, name: str, *, good: bool) -> None:
    row = find_by_token(f"azure-native:{token}")

    assert row is not None
    assert bool(re.fullmatch(row.name_pattern, name)) is good


def test_an_id_tells_the_name_and_the_parent() -> None:
    site = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/sites/fn"
    account = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/st"
    settings = find_by_token("azure-native:web:WebAppAuthSettingsV2")
    container = find_by_token("azure-native:storage:BlobContainer")
    assert settings is not None
    assert container is not None

    assert settings.name_of(f"{site}/config/authsettingsv2") == "fn"
    assert settings.parent_of(f"{site}/config/authsettingsV2") == site
    assert container.name_of(f"{account}/blobServices/default/containers/c1") == "c1"
    assert container.parent_of(f"{account}/blobServices/default/containers/c1") == account


def test_an_id_of_a_deeper_part_and_of_what_stands_at_a_scope_tells_the_same() -> None:
    database = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Kusto/clusters/adx/databases/db"
    assignment = find_by_token("azure-native:kusto:DatabasePrincipalAssignment")
    setting = find_by_token("azure-native:monitor:DiagnosticSetting")
    assert assignment is not None
    assert setting is not None

    assert assignment.parent_of(f"{database}/principalAssignments/p") == database
    assert setting.scope_input == "resourceUri"
    assert setting.scope_of(f"{database}/providers/Microsoft.Insights/diagnosticSettings/d") == database
    assert assignment.scope_input == assignment.scope_of(database) == ""
