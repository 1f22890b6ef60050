"""What azure-native sends for the program, held against the models that Microsoft publishes of the same API."""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import pytest
from azure.mgmt.authorization.v2022_04_01.models import RoleAssignmentCreateParameters
from azure.mgmt.digitaltwins.models import DigitalTwinsEndpointResource
from azure.mgmt.monitor.v2018_03_01.models import MetricAlertResource
from azure.mgmt.storage.models import StorageAccountCreateParameters
from azure.mgmt.web.models import Site
from ruamel.yaml import YAML

from components.alerts import Alerts, AlertsArgs
from components.diagnostics import Diagnostics, DiagnosticsArgs
from components.endpoints import Endpoints, EndpointsArgs, EndpointTarget
from components.history import History, HistoryArgs
from components.instance import DigitalTwinsInstance, DigitalTwinsInstanceArgs
from components.lock import Lock, LockArgs
from components.network import Network, NetworkArgs
from components.private_access import INSTANCE_ZONE, SITE_ZONE, PrivateAccess, PrivateAccessArgs
from tests.components.conftest import build_program
from tests.components.scenario import (
    EARTH,
    GROUP,
    REGISTRATION,
    ROOT,
    TENANT,
    WIND,
    in_pulumis_loop,
    local_config,
    run_program,
)
from tests.components.test_profiles import whole_prod
from tests.components.wire_models import find_problems
from tests.components.wire_table import NEAREST, WIRE_TYPES, model_version, wire_body

Build = Callable[..., Any]
LOCATION = "westeurope"
PREFIX = "azure-native:"

SITE: Mapping[str, Any] = {
    "location": "westeurope",
    "kind": "functionapp,linux",
    "identity": {"type": "UserAssigned", "userAssignedIdentities": {"/subscriptions/s/id": {}}},
    "properties": {
        "serverFarmId": "/subscriptions/s/plan",
        "siteConfig": {"ftpsState": "Disabled", "appSettings": [{"name": "A", "value": "1"}]},
        "functionAppConfig": {
            "runtime": {"name": "python", "version": "3.12"},
            "scaleAndConcurrency": {"instanceMemoryMB": 2048.0, "alwaysReady": []},
        },
    },
}
"""A right body of the newer generation of models."""
ACCOUNT: Mapping[str, Any] = {
    "location": "westeurope",
    "kind": "StorageV2",
    "sku": {"name": "Standard_LRS"},
    "properties": {"minimumTlsVersion": "TLS1_2", "networkAcls": {"defaultAction": "Allow"}},
}
"""A right body of the older generation of models."""
PROVIDERS = f"{GROUP}/providers"
HUBS = f"{PROVIDERS}/Microsoft.EventHub/namespaces/ns/eventhubs"
TOPIC = f"{PROVIDERS}/Microsoft.ServiceBus/namespaces/ns/topics/orders"
CONTAINER = f"{PROVIDERS}/Microsoft.Storage/storageAccounts/st/blobServices/default/containers/lost"
ENDPOINT: Mapping[str, Any] = {
    "properties": {
        "endpointType": "EventHub",
        "authenticationType": "IdentityBased",
        "endpointUri": "sb://ns.servicebus.windows.net/",
        "entityPath": "changes",
        "identity": {"type": "SystemAssigned"},
    }
}
"""A right body of a model that is one of a family, told apart by its endpoint type."""
ALERT: Mapping[str, Any] = {
    "location": "global",
    "properties": {
        "enabled": True,
        "severity": 2.0,
        "scopes": ["/components/insights"],
        "evaluationFrequency": "PT5M",
        "windowSize": "PT15M",
        "criteria": {
            "odata.type": "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
            "allOf": [
                {
                    "criterionType": "StaticThresholdCriterion",
                    "name": "requests",
                    "metricName": "requests/count",
                    "timeAggregation": "Count",
                    "operator": "GreaterThan",
                    "threshold": 5.0,
                }
            ],
        },
    },
}
"""A right body of a family whose name on the wire has a dot in it."""


@pytest.fixture(autouse=True)
def in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def first_environment() -> dict[str, Any]:
    config: dict[str, Any] = YAML(typ="safe").load(ROOT / "Pulumi.dev.yaml")["config"]
    # The file has zeros where ids are to be filled in.
    config["digital-twins-rbac:tenants"]["earth"]["principalId"] = EARTH
    config["digital-twins-rbac:deployers"][0]["principalId"] = WIND
    return config


def local_cloud() -> dict[str, Any]:
    cloud = {
        "resourceManager": "https://localhost:1",
        "authority": "https://localhost:2",
        "resourceManagerAudience": "https://localhost:1",
        "digitalTwinsAudience": "https://localhost:3",
        "functionWheels": "host",
    }
    return {**local_config(), "digital-twins-rbac:cloud": cloud}


def production() -> dict[str, Any]:
    return {**first_environment(), "digital-twins-rbac:profile": "prod", "digital-twins-rbac:gateway": {}}


def whole_production() -> dict[str, Any]:
    return whole_prod()


def own_registration() -> dict[str, Any]:
    return {**local_config(), "digital-twins-rbac:gateway": {"createRegistration": False, "clientId": REGISTRATION}}


@pytest.mark.parametrize(
    "config", [local_config, local_cloud, first_environment, own_registration, production, whole_production]
)
def test_every_body_of_the_program_is_one_that_microsofts_models_allow(
    build: Build, config: Callable[[], dict[str, Any]]
) -> None:
    declared = declared_by(build(run_program({}), config=config()))

    assert {item.type for item in declared} >= {PREFIX + name for name in ("digitaltwins:DigitalTwin", "web:WebApp")}
    assert problems_of(declared) == []


def declared_by(built: Any) -> list[Any]:
    return [item for item in built.created if item.type.startswith(PREFIX)]


def problems_of(declared: list[Any]) -> list[str]:
    return [
        f"{item.name} ({item.type}): {problem}"
        for item in declared
        for problem in find_problems(wire_body(item.type, item.inputs, LOCATION), WIRE_TYPES[item.type].model)
    ]


def declare_private_instance() -> None:
    """Each component that only some configs ask for, with all that it takes."""
    instance = DigitalTwinsInstance(
        "instance",
        DigitalTwinsInstanceArgs(resource_group_name="rg", instance_name="adt-1", public_network_access=False),
    )
    network = Network("network", NetworkArgs(resource_group_name="rg", network_name="vnet"))
    reached: list[tuple[str, Literal["API", "sites"], str]] = [
        ("instance-access", "API", INSTANCE_ZONE),
        ("site-access", "sites", SITE_ZONE),
    ]
    for name, group, zone in reached:
        PrivateAccess(
            name,
            PrivateAccessArgs(
                resource_group_name="rg",
                endpoint_name=f"pe-{name}",
                target_id=instance.instance_id,
                group_id=group,
                zone_name=zone,
                subnet_id=network.private_endpoint_subnet_id,
                network_id=network.network_id,
            ),
        )
    receivers = {
        "events": EndpointTarget(event_hub_id=f"{HUBS}/changes", dead_letter_id=CONTAINER),
        "orders": EndpointTarget(service_bus_topic_id=TOPIC),
    }
    names: dict[str, Any] = {"resource_group_name": "rg", "instance_name": "adt-1"}
    principal = instance.principal_id
    Endpoints("endpoints", EndpointsArgs(**names, instance_principal_id=principal, endpoints=receivers))
    History(
        "history",
        HistoryArgs(
            **names,
            instance_principal_id=principal,
            tenant_id=TENANT,
            database_id=f"{PROVIDERS}/Microsoft.Kusto/clusters/adx/databases/twins",
            endpoint_uri="https://adx.westeurope.kusto.windows.net",
            event_hub_id=f"{HUBS}/history",
        ),
    )
    Diagnostics("logs", DiagnosticsArgs(target_id=instance.instance_id, workspace_id="/workspaces/log"))
    Lock("lock", LockArgs(scope=instance.instance_id, notes="why"))
    Alerts(
        "alerts",
        AlertsArgs(
            resource_group_name="rg",
            component_id="/components/insights",
            alert_name_prefix="adt",
            action_group_ids=["/actionGroups/ops"],
        ),
    )


@pytest.fixture(scope="module")
def private_instance() -> list[Any]:
    """What it declares, for all tests: none of them changes it."""
    with in_pulumis_loop():
        return declared_by(build_program(declare_private_instance))


def test_every_body_of_a_private_instance_is_one_that_microsofts_models_allow(private_instance: list[Any]) -> None:
    # Each kind of which Microsoft's models say something of its own.
    assert [item.type for item in private_instance].count("azure-native:digitaltwins:DigitalTwinsEndpoint") == 2
    assert problems_of(private_instance) == []


def test_the_table_has_no_type_that_nothing_declares(build: Build, private_instance: list[Any]) -> None:
    declared = declared_by(build(run_program({}), config=local_config()))

    assert {item.type for item in [*declared, *private_instance]} == set(WIRE_TYPES)


@pytest.mark.parametrize("type_", WIRE_TYPES)
def test_the_models_are_of_the_api_version_that_azure_native_speaks_or_of_one_that_is_listed(type_: str) -> None:
    module, name = type_.removeprefix(PREFIX).split(":")
    declared = getattr(import_module(f"pulumi_azure_native.{module}"), name)
    spoken = re.findall(r"Uses Azure REST API version (\S+)\. ?", Path(inspect.getfile(declared)).read_text())

    assert set(spoken) == {WIRE_TYPES[type_].version}
    assert model_version(WIRE_TYPES[type_].model) == NEAREST.get(type_, WIRE_TYPES[type_].version)


def test_the_list_of_nearest_versions_has_no_type_too_many() -> None:
    assert [type_ for type_, version in NEAREST.items() if version == WIRE_TYPES[type_].version] == []
    assert set(NEAREST) <= set(WIRE_TYPES)


def test_the_body_has_neither_the_address_nor_the_names_that_azure_native_changes() -> None:
    account = {
        "resourceGroupName": "rg",
        "accountName": "st",
        "kind": "StorageV2",
        "sku": {"name": "Standard_LRS"},
        "enableHttpsTrafficOnly": True,
        "networkRuleSet": {"defaultAction": "Allow"},
    }
    site = {
        "resourceGroupName": "rg",
        "name": "func",
        "location": "northeurope",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": ["/one", "/two"]},
        "httpsOnly": True,
    }

    assert wire_body("azure-native:storage:StorageAccount", account, LOCATION) == {
        "location": LOCATION,
        "kind": "StorageV2",
        "sku": {"name": "Standard_LRS"},
        "properties": {"supportsHttpsTrafficOnly": True, "networkAcls": {"defaultAction": "Allow"}},
    }
    assert wire_body("azure-native:web:WebApp", site, LOCATION) == {
        "location": "northeurope",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {"/one": {}, "/two": {}}},
        "properties": {"httpsOnly": True},
    }


def test_the_values_of_a_body_have_their_own_properties_where_azure_reads_them() -> None:
    endpoint = {
        "resourceGroupName": "rg",
        "privateEndpointName": "pe",
        "subnet": {"id": "/subnets/s", "privateEndpointNetworkPolicies": "Disabled"},
        "privateLinkServiceConnections": [{"name": "API", "privateLinkServiceId": "/adt", "groupIds": ["API"]}],
    }
    alert = {
        "resourceGroupName": "rg",
        "ruleName": "errors",
        "location": "global",
        "criteria": {"odataType": "A", "allOf": [{"name": "requests"}]},
    }

    assert wire_body("azure-native:network:PrivateEndpoint", endpoint, LOCATION) == {
        "location": LOCATION,
        "properties": {
            "subnet": {"id": "/subnets/s", "properties": {"privateEndpointNetworkPolicies": "Disabled"}},
            "privateLinkServiceConnections": [
                {"name": "API", "properties": {"privateLinkServiceId": "/adt", "groupIds": ["API"]}}
            ],
        },
    }
    assert wire_body("azure-native:monitor:MetricAlert", alert, LOCATION) == {
        "location": "global",
        "properties": {"criteria": {"odata.type": "A", "allOf": [{"name": "requests"}]}},
    }


def altered(body: Mapping[str, Any], *path: str | int, **values: object) -> dict[str, Any]:
    """The body with some values at a path; None takes one away."""
    copy = deepcopy(dict(body))
    place: Any = copy
    for step in path:
        place = place[step]
    for name, value in values.items():
        place.pop(name, None)
        if value is not None:
            place[name] = value
    return copy


def test_the_walk_finds_nothing_in_a_right_body() -> None:
    assert find_problems(SITE, Site) == []
    assert find_problems(ACCOUNT, StorageAccountCreateParameters) == []


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (
            altered(SITE, "properties", httpOnly=True),
            "properties.httpOnly: SiteProperties has no such field; did you mean httpsOnly?",
        ),
        (
            altered(SITE, "properties", "siteConfig", "appSettings", 0, nam="A"),
            "properties.siteConfig.appSettings[0].nam: NameValuePair has no such field; did you mean name?",
        ),
        (
            altered(SITE, "properties", "siteConfig", ftpsState="Off"),
            (
                "properties.siteConfig.ftpsState: 'Off' is no value of FtpsState, "
                "which has: AllAllowed, FtpsOnly, Disabled"
            ),
        ),
        (altered(SITE, location=None), "location: Site requires this field, and it is missing"),
        (
            altered(SITE, "properties", "siteConfig", push={"properties": {}}),
            (
                "properties.siteConfig.push.properties.isPushEnabled: "
                "PushSettingsProperties requires this field, and it is missing"
            ),
        ),
        (
            altered(SITE, "properties", defaultHostName="a.net"),
            "properties.defaultHostName: only the service sets this field of SiteProperties",
        ),
        (altered(SITE, "properties", httpsOnly="true"), "properties.httpsOnly: 'true' is no bool"),
        (
            altered(SITE, "properties", "functionAppConfig", "scaleAndConcurrency", instanceMemoryMB=0.5),
            "properties.functionAppConfig.scaleAndConcurrency.instanceMemoryMB: 0.5 is no int",
        ),
        (altered(SITE, "properties", "siteConfig", appSettings={}), "properties.siteConfig.appSettings: {} is no list"),
        (
            altered(SITE, "identity", userAssignedIdentities=["/subscriptions/s/id"]),
            "identity.userAssignedIdentities: ['/subscriptions/s/id'] is no mapping",
        ),
    ],
)
def test_the_walk_names_what_is_wrong_in_a_body_of_the_newer_models(body: dict[str, Any], problem: str) -> None:
    assert find_problems(body, Site) == [problem]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (
            altered(ACCOUNT, "properties", enableHttpsTrafficOnly=True),
            (
                "properties.enableHttpsTrafficOnly: StorageAccountCreateParameters has no such field; "
                "did you mean supportsHttpsTrafficOnly?"
            ),
        ),
        (
            altered(ACCOUNT, "properties", "networkAcls", bypas="None"),
            "properties.networkAcls.bypas: NetworkRuleSet has no such field; did you mean bypass?",
        ),
        (
            altered(ACCOUNT, kind="StorageV3"),
            (
                "kind: 'StorageV3' is no value of Kind, which has: "
                "Storage, StorageV2, BlobStorage, FileStorage, BlockBlobStorage"
            ),
        ),
        (
            altered(ACCOUNT, "properties", "networkAcls", defaultAction="allow"),
            "properties.networkAcls.defaultAction: 'allow' is no value of DefaultAction, which has: Allow, Deny",
        ),
        (altered(ACCOUNT, sku=None), "sku: StorageAccountCreateParameters requires this field, and it is missing"),
        (
            altered(ACCOUNT, "properties", "networkAcls", defaultAction=None),
            "properties.networkAcls.defaultAction: NetworkRuleSet requires this field, and it is missing",
        ),
        (altered(ACCOUNT, "sku", tier="Standard"), "sku.tier: only the service sets this field of Sku"),
    ],
)
def test_the_walk_names_what_is_wrong_in_a_body_of_the_older_models(body: dict[str, Any], problem: str) -> None:
    assert find_problems(body, StorageAccountCreateParameters) == [problem]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (
            altered(ENDPOINT, "properties", endpointUrl="sb://"),
            "properties.endpointUrl: EventHub has no such field; did you mean endpointUri?",
        ),
        (
            altered(ENDPOINT, "properties", primaryConnectionString="a key"),
            "properties.primaryConnectionString: EventHub has no such field; did you mean connectionStringPrimaryKey?",
        ),
        (
            altered(ENDPOINT, "properties", authenticationType="Identity"),
            (
                "properties.authenticationType: 'Identity' is no value of AuthenticationType, "
                "which has: KeyBased, IdentityBased"
            ),
        ),
        (
            altered(ENDPOINT, "properties", endpointType="EventHubs"),
            (
                "properties.endpointType: 'EventHubs' is no value of the field, "
                "which has: EventGrid, EventHub, ServiceBus"
            ),
        ),
        (
            altered(ENDPOINT, "properties", endpointType=None),
            ("properties.endpointType: DigitalTwinsEndpointResourceProperties requires this field, and it is missing"),
        ),
        (
            altered(ENDPOINT, "properties", endpointType="EventGrid", endpointUri=None, entityPath=None),
            "properties.TopicEndpoint: EventGrid requires this field, and it is missing",
        ),
        ({}, "properties: DigitalTwinsEndpointResource requires this field, and it is missing"),
        ({"properties": "EventHub"}, "properties: 'EventHub' is no DigitalTwinsEndpointResourceProperties"),
    ],
)
def test_the_walk_reads_which_model_of_a_family_a_body_is_for(body: dict[str, Any], problem: str) -> None:
    assert find_problems(ENDPOINT, DigitalTwinsEndpointResource) == []
    assert problem in find_problems(body, DigitalTwinsEndpointResource)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (
            altered(ALERT, "properties", "criteria", "allOf", 0, metric="requests/count"),
            "properties.criteria.allOf[0].metric: MetricCriteria has no such field; did you mean metricName?",
        ),
        (
            altered(ALERT, "properties", "criteria", "allOf", 0, operator="More"),
            (
                "properties.criteria.allOf[0].operator: 'More' is no value of Operator, which has: "
                "Equals, GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual"
            ),
        ),
        (
            altered(ALERT, "properties", "criteria", "allOf", 0, threshold=None),
            "properties.criteria.allOf[0].threshold: MetricCriteria requires this field, and it is missing",
        ),
        (
            altered(ALERT, "properties", "criteria", "allOf", 0, criterionType="DynamicThresholdCriterion"),
            (
                "properties.criteria.allOf[0].criterionType: 'DynamicThresholdCriterion' is no value of the field, "
                "which has: StaticThresholdCriterion"
            ),
        ),
        (
            altered(ALERT, "properties", severity=None),
            "properties.severity: MetricAlertResource requires this field, and it is missing",
        ),
    ],
)
def test_the_walk_takes_no_extra_fields_where_a_model_would_let_them_through(
    body: dict[str, Any], problem: str
) -> None:
    assert find_problems(ALERT, MetricAlertResource) == []
    assert find_problems(body, MetricAlertResource) == [problem]


def places_of_keys(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where each key of a body stands, at any depth."""
    items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        if isinstance(key, str):
            yield (*path, key)
        yield from places_of_keys(item, (*path, key))


def test_one_letter_too_many_is_found_in_every_key_of_a_private_instance(private_instance: list[Any]) -> None:
    unseen, tried = [], 0
    for item in private_instance:
        body = wire_body(item.type, item.inputs, LOCATION)
        for *path, key in places_of_keys(body):
            value: Any = body
            for step in [*path, key]:
                value = value[step]
            misspelt = altered(altered(body, *path, **{str(key): None}), *path, **{f"{key}s": value})
            tried += 1
            if not find_problems(misspelt, WIRE_TYPES[item.type].model):
                unseen.append((item.type, path, key))

    assert unseen == []
    assert tried > 150


@pytest.mark.parametrize(
    ("type_", "path", "change", "problem"),
    [
        ("digitaltwins:DigitalTwin", [], {"publicNetworkAccess": "disabled"}, "is no value of PublicNetworkAccess"),
        (
            "digitaltwins:TimeSeriesDatabaseConnection",
            [],
            {"recordPropertyAndItemRemovals": "yes"},
            "is no value of RecordPropertyAndItemRemovals",
        ),
        ("digitaltwins:TimeSeriesDatabaseConnection", ["identity"], {"type": "System"}, "is no value of"),
        (
            "digitaltwins:TimeSeriesDatabaseConnection",
            [],
            {"adxDatabaseName": None},
            "adxDatabaseName: AzureDataExplorerConnectionProperties requires this field",
        ),
        ("kusto:DatabasePrincipalAssignment", [], {"role": "Owner"}, "is no value of DatabasePrincipalRole"),
        ("kusto:DatabasePrincipalAssignment", [], {"principalType": "Service"}, "is no value of PrincipalType"),
        ("authorization:ManagementLockByScope", [], {"level": "CannotDelete"}, "is no value of LockLevel"),
        ("authorization:ManagementLockByScope", [], {"level": None}, "requires this field"),
        ("monitor:DiagnosticSetting", ["logs", 0], {"enabled": "true"}, "is no bool"),
        ("monitor:DiagnosticSetting", ["metrics", 0], {"enabled": None}, "MetricSettings requires this field"),
        (
            "network:Subnet",
            [],
            {"privateEndpointNetworkPolicies": "Off"},
            "is no value of VirtualNetworkPrivateEndpointNetworkPolicies",
        ),
        ("network:VirtualNetwork", ["addressSpace"], {"addressPrefixes": "10.0.0.0/8"}, "is no list"),
        (
            "network:PrivateEndpoint",
            ["privateLinkServiceConnections", 0, "properties"],
            {"groupIds": "API"},
            "is no list",
        ),
        ("network:PrivateDnsZoneGroup", ["privateDnsZoneConfigs", 0, "properties"], {"privateDnsZoneId": 1}, "is no"),
        ("privatedns:VirtualNetworkLink", [], {"registrationEnabled": "false"}, "is no bool"),
        ("privatedns:VirtualNetworkLink", [], {"resolutionPolicy": "All"}, "is no value of ResolutionPolicy"),
        ("monitor:MetricAlert", [], {"criteria": None}, "criteria: MetricAlertResource requires this field"),
    ],
)
def test_a_bad_value_and_a_missing_field_are_found_in_a_private_instance(
    private_instance: list[Any], type_: str, path: list[str | int], change: dict[str, object], problem: str
) -> None:
    item = next(item for item in private_instance if item.type == PREFIX + type_)
    body = altered(wire_body(item.type, item.inputs, LOCATION), "properties", *path, **change)

    (found,) = find_problems(body, WIRE_TYPES[item.type].model)
    assert problem in found


def test_the_walk_finds_a_required_field_to_be_missing_with_the_whole_level_that_it_stands_in() -> None:
    missing = "RoleAssignmentCreateParameters requires this field, and it is missing"

    assert find_problems({}, RoleAssignmentCreateParameters) == [f"properties: {missing}"]
    assert find_problems({"properties": {"principalId": EARTH}}, RoleAssignmentCreateParameters) == [
        f"properties.roleDefinitionId: {missing}"
    ]


def test_the_walk_refuses_what_it_does_not_know() -> None:
    with pytest.raises(TypeError, match=r"is no model of azure-mgmt-"):
        find_problems({}, Path)
