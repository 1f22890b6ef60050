"""Rows of Azure Monitor: diagnostic settings and metric alerts."""

from emulator.resource_manager.resource_types.row import IN_GROUP, REQUIRED, ResourceType, tracked
from emulator.resource_manager.schema import Shape, a_list, an_object, booleans, one_of, strings

_ON = Shape(type="boolean", required=True)
_LOG = an_object({"enabled": _ON, **strings("category", "categoryGroup")}, not_supported=("retentionPolicy",))
_METRIC = an_object({"enabled": _ON, "category": Shape()}, not_supported=("retentionPolicy", "timeGrain"))

DIAGNOSTIC_SETTING = ResourceType(
    type="Microsoft.Insights/diagnosticSettings",
    token="azure-native:monitor:DiagnosticSetting",  # noqa: S106  # a type token
    path="{resourceUri}/providers/Microsoft.Insights/diagnosticSettings/{name}",
    name_input="name",
    name_pattern=r"[^<>%&\\?/*#:+|@!~\[\]{}'\";]{1,260}",
    name_rule="1-260 characters without < > % & \\ ? / * # : + | @ ! ~ [ ] { } ' \" ;",
    api_versions=("2021-05-01-preview",),
    body=an_object(
        {
            "properties": an_object(
                {
                    **strings("workspaceId", "storageAccountId", "eventHubAuthorizationRuleId", "eventHubName"),
                    "logAnalyticsDestinationType": Shape(enum=("Dedicated", "AzureDiagnostics")),
                    "logs": a_list(_LOG),
                    "metrics": a_list(_METRIC),
                },
                required=True,
                not_supported=("marketplacePartnerId", "serviceBusRuleId"),
            )
        }
    ),
    created_status=200,
    outlives=True,
    replaces=("resourceUri", "name"),
    computed=("name", "type"),
    auto_name="hex",
)

_CRITERION = an_object(
    {
        "criterionType": Shape(required=True, enum=("StaticThresholdCriterion",)),
        "name": REQUIRED,
        "metricName": REQUIRED,
        "metricNamespace": Shape(),
        "operator": Shape(
            required=True, enum=("Equals", "GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual")
        ),
        "threshold": Shape(type="number", required=True),
        "timeAggregation": Shape(required=True, enum=("Average", "Count", "Minimum", "Maximum", "Total")),
        "dimensions": a_list(
            an_object(
                {
                    "name": REQUIRED,
                    "operator": Shape(required=True, enum=("Include", "Exclude")),
                    "values": Shape(type="array", items=Shape(), required=True),
                }
            )
        ),
        **booleans("skipMetricValidation"),
    }
)
_KINDS = tuple(
    f"Microsoft.Azure.Monitor.{name}"
    for name in ("SingleResourceMultipleMetricCriteria", "MultipleResourceMultipleMetricCriteria")
)
_CRITERIA = one_of(
    "odata.type",
    {
        kind: an_object(
            {
                "odata.type": Shape(required=True, enum=(kind,), pulumi_name="odataType"),
                "allOf": a_list(one_of("criterionType", {"StaticThresholdCriterion": _CRITERION})),
            }
        )
        for kind in _KINDS
    },
)
_SHORT = ("PT1M", "PT5M", "PT15M", "PT30M", "PT1H")

METRIC_ALERT = ResourceType(
    type="Microsoft.Insights/metricAlerts",
    token="azure-native:monitor:MetricAlert",  # noqa: S106  # a type token
    path=f"{IN_GROUP}/providers/Microsoft.Insights/metricAlerts/{{ruleName}}",
    name_input="ruleName",
    name_pattern=r"[^*#&+:<>?@%{}\\/]{0,259}[^*#&+:<>?@%{}\\/. ]",
    name_rule="1-260 characters without * # & + : < > ? @ % { } \\ /, no space or . at the end",
    api_versions=("2018-03-01",),
    body=tracked(
        {
            "actions": a_list(
                an_object({"actionGroupId": REQUIRED, "webHookProperties": Shape(type="map", items=Shape())})
            ),
            "autoMitigate": Shape(type="boolean"),
            "criteria": _CRITERIA,
            "enabled": _ON,
            "evaluationFrequency": Shape(required=True, enum=_SHORT),
            "scopes": Shape(type="array", items=Shape(), required=True),
            "severity": Shape(type="integer", required=True, least=0, most=4),
            "windowSize": Shape(required=True, enum=(*_SHORT, "PT6H", "PT12H", "P1D")),
            **strings("description", "targetResourceRegion", "targetResourceType"),
        }
    ),
    top_level=("location", "tags"),
    answered={"autoMitigate": True},
    created_status=200,
    replaces=("resourceGroupName", "ruleName", "location"),
    computed=("name", "type", "location", "isMigrated", "lastUpdatedTime"),
    takes_location=True,
    auto_name="hex",
)

ROWS = (DIAGNOSTIC_SETTING, METRIC_ALERT)
