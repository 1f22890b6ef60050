"""Rows of Log Analytics and Application Insights."""

from emulator.resource_manager.resource_types.row import (
    IN_GROUP,
    REQUIRED,
    SWITCH,
    ResourceType,
    identity_shape,
    tracked,
)
from emulator.resource_manager.schema import Shape, an_object, booleans

_ACCESS = {"publicNetworkAccessForIngestion": SWITCH, "publicNetworkAccessForQuery": SWITCH}
_WORKSPACE_SKUS = ("Free", "Standard", "Premium", "PerNode", "PerGB2018", "Standalone", "CapacityReservation")

WORKSPACE = ResourceType(
    type="Microsoft.OperationalInsights/workspaces",
    token="azure-native:operationalinsights:Workspace",  # noqa: S106  # a type token
    path=f"{IN_GROUP}/providers/Microsoft.OperationalInsights/workspaces/{{workspaceName}}",
    name_input="workspaceName",
    name_pattern="[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]",
    name_rule="4-63 letters, digits and hyphens, no hyphen at an end",
    api_versions=("2023-09-01", "2022-10-01"),
    body=tracked(
        {
            "sku": an_object(
                {
                    "name": Shape(required=True, enum=(*_WORKSPACE_SKUS, "LACluster")),
                    "capacityReservationLevel": Shape(type="integer"),
                }
            ),
            "retentionInDays": Shape(type="integer", least=7, most=730),
            "features": an_object(
                booleans(
                    "disableLocalAuth",
                    "enableDataExport",
                    "enableLogAccessUsingOnlyResourcePermissions",
                    "immediatePurgeDataOn30Days",
                ),
                not_supported=("clusterResourceId",),
            ),
            "workspaceCapping": an_object({"dailyQuotaGb": Shape(type="number", least=-1)}),
            **_ACCESS,
        },
        identity=identity_shape("SystemAssigned,UserAssigned"),
        not_supported=("defaultDataCollectionRuleResourceId", "forceCmkForQuery"),
    ),
    top_level=("location", "tags", "identity"),
    answered={
        "sku": {"name": "PerGB2018"},
        "retentionInDays": 30,
        "publicNetworkAccessForIngestion": "Enabled",
        "publicNetworkAccessForQuery": "Enabled",
    },
    replaces=("resourceGroupName", "workspaceName", "location"),
    computed=("name", "type", "location", "identity", "customerId", "createdDate", "modifiedDate", "provisioningState"),
    takes_location=True,
    auto_name="hex",
)

COMPONENT = ResourceType(
    type="Microsoft.Insights/components",
    token="azure-native:applicationinsights:Component",  # noqa: S106  # a type token
    path=f"{IN_GROUP}/providers/Microsoft.Insights/components/{{resourceName}}",
    name_input="resourceName",
    name_pattern=r"[^%&\\?/]{0,259}[^%&\\?/. ]",
    name_rule="1-260 characters without % & \\ ? /, no space or . at the end",
    api_versions=("2020-02-02",),
    body=tracked(
        {
            "Application_Type": Shape(required=True, enum=("web", "other")),
            "Flow_Type": Shape(enum=("Bluefield",)),
            "Request_Source": Shape(enum=("rest",)),
            "IngestionMode": Shape(
                enum=("ApplicationInsights", "ApplicationInsightsWithDiagnosticSettings", "LogAnalytics")
            ),
            "WorkspaceResourceId": Shape(),
            "SamplingPercentage": Shape(type="number", least=0, most=100),
            "RetentionInDays": Shape(type="integer", least=30, most=730),
            **booleans("DisableIpMasking", "DisableLocalAuth", "ImmediatePurgeDataOn30Days"),
            **_ACCESS,
        },
        kind=REQUIRED,
        not_supported=("ForceCustomerStorageForProfiler", "HockeyAppId"),
    ),
    top_level=("location", "tags", "kind"),
    renamed={
        "applicationType": "Application_Type",
        "flowType": "Flow_Type",
        "requestSource": "Request_Source",
        "ingestionMode": "IngestionMode",
        "workspaceResourceId": "WorkspaceResourceId",
        "samplingPercentage": "SamplingPercentage",
        "retentionInDays": "RetentionInDays",
        "disableIpMasking": "DisableIpMasking",
        "disableLocalAuth": "DisableLocalAuth",
        "immediatePurgeDataOn30Days": "ImmediatePurgeDataOn30Days",
        "forceCustomerStorageForProfiler": "ForceCustomerStorageForProfiler",
        "hockeyAppId": "HockeyAppId",
        "appId": "AppId",
        "applicationId": "ApplicationId",
        "connectionString": "ConnectionString",
        "creationDate": "CreationDate",
        "instrumentationKey": "InstrumentationKey",
        "tenantId": "TenantId",
    },
    defaults={
        "applicationType": "web",
        "flowType": "Bluefield",
        "ingestionMode": "LogAnalytics",
        "publicNetworkAccessForIngestion": "Enabled",
        "publicNetworkAccessForQuery": "Enabled",
        "requestSource": "rest",
    },
    answered={
        "Flow_Type": "Bluefield",
        "Request_Source": "rest",
        "IngestionMode": "LogAnalytics",
        "RetentionInDays": 90,
        "publicNetworkAccessForIngestion": "Enabled",
        "publicNetworkAccessForQuery": "Enabled",
    },
    created_status=200,
    replaces=("resourceGroupName", "resourceName", "location"),
    computed=(
        "name",
        "type",
        "location",
        "appId",
        "applicationId",
        "connectionString",
        "creationDate",
        "instrumentationKey",
        "provisioningState",
        "tenantId",
    ),
    takes_location=True,
    auto_name="hex",
)

ROWS = (WORKSPACE, COMPONENT)
