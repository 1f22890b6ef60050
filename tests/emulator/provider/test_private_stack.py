"""The resources of a private instance, its events and its watch, as the engine makes, reads and changes them."""

import re
from typing import Any

import pytest

from emulator.provider.errors import AlreadyExists, Refused
from emulator.provider.provider import INPUTS
from emulator.provider.wire import UNKNOWN, read_properties
from tests.emulator.provider.engine import SUBSCRIPTION_ID, Engine

GROUP = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/rg"
INSTANCE = f"{GROUP}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt"
NETWORK = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet"
SUBNET = f"{NETWORK}/subnets/endpoints"
WORKSPACE = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/log1"
ZONE = "privatelink.digitaltwins.azure.net"
IN_GROUP = {"resourceGroupName": "rg"}
TOKENS = {
    "group": "azure-native:resources:ResourceGroup",
    "instance": "azure-native:digitaltwins:DigitalTwin",
    "network": "azure-native:network:VirtualNetwork",
    "subnet": "azure-native:network:Subnet",
    "endpoint": "azure-native:network:PrivateEndpoint",
    "zone": "azure-native:privatedns:PrivateZone",
    "link": "azure-native:privatedns:VirtualNetworkLink",
    "zone group": "azure-native:network:PrivateDnsZoneGroup",
    "workspace": "azure-native:operationalinsights:Workspace",
    "setting": "azure-native:monitor:DiagnosticSetting",
    "lock": "azure-native:authorization:ManagementLockByScope",
    "alert": "azure-native:monitor:MetricAlert",
    "namespace": "azure-native:eventhub:Namespace",
    "hub": "azure-native:eventhub:EventHub",
    "sender": "azure-native:authorization:RoleAssignment",
    "events": "azure-native:digitaltwins:DigitalTwinsEndpoint",
    "cluster": "azure-native:kusto:Cluster",
    "database": "azure-native:kusto:ReadWriteDatabase",
    "principal": "azure-native:kusto:DatabasePrincipalAssignment",
    "history": "azure-native:digitaltwins:TimeSeriesDatabaseConnection",
}
CONNECTION = {"name": "adt", "privateLinkServiceId": INSTANCE, "groupIds": ["API"]}
ENDPOINT = {
    **IN_GROUP,
    "privateEndpointName": "pe",
    # The two policies are the Python SDK's own doing.
    "subnet": {
        "id": SUBNET,
        "privateEndpointNetworkPolicies": "Disabled",
        "privateLinkServiceNetworkPolicies": "Enabled",
    },
    "privateLinkServiceConnections": [CONNECTION],
}
CRITERION = {
    "criterionType": "StaticThresholdCriterion",
    "name": "c",
    "metricName": "m",
    "operator": "GreaterThan",
    "threshold": 5,
    "timeAggregation": "Total",
}
ALERT = {
    **IN_GROUP,
    "ruleName": "alert",
    "location": "global",
    "enabled": True,
    "evaluationFrequency": "PT5M",
    "windowSize": "PT5M",
    "severity": 2,
    "scopes": [WORKSPACE],
    "criteria": {
        "odataType": "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
        "allOf": [CRITERION],
    },
}
SETTING = {
    "resourceUri": INSTANCE,
    "name": "all",
    "workspaceId": WORKSPACE,
    "logs": [{"categoryGroup": "allLogs", "enabled": True}],
    "metrics": [{"category": "AllMetrics", "enabled": True}],
}
BY_IDENTITY = {
    "endpointType": "EventHub",
    "authenticationType": "IdentityBased",
    "endpointUri": "sb://evhns1.servicebus.windows.net/",
    "entityPath": "twins",
    "identity": {"type": "SystemAssigned"},
}


def role(guid: str, scope: str, principal_id: str) -> dict[str, Any]:
    roles = f"/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.Authorization/roleDefinitions"
    return {
        "scope": scope,
        "principalId": principal_id,
        "principalType": "ServicePrincipal",
        "roleDefinitionId": f"{roles}/{guid}",
        "roleAssignmentName": guid,
    }


@pytest.fixture
def engine(emulator: Any) -> Engine:
    return Engine(emulator.environment("deployer"), subscriptionId=SUBSCRIPTION_ID, location="westeurope")


@pytest.fixture
def offline() -> Engine:
    return Engine({}, subscriptionId=SUBSCRIPTION_ID, location="westeurope")


@pytest.fixture
def base(engine: Engine) -> dict[str, dict[str, Any]]:
    """A group with an instance, a network and a workspace: the state of each."""
    whole: dict[str, dict[str, Any]] = {
        "group": IN_GROUP,
        "instance": {**IN_GROUP, "resourceName": "adt", "identity": {"type": "SystemAssigned"}},
        "network": {**IN_GROUP, "virtualNetworkName": "vnet", "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}},
        "subnet": {
            **IN_GROUP,
            "virtualNetworkName": "vnet",
            "subnetName": "endpoints",
            "addressPrefix": "10.0.0.0/24",
        },
        "workspace": {**IN_GROUP, "workspaceName": "log1"},
    }
    return {name: make(engine, name, inputs) for name, inputs in whole.items()}


def make(engine: Engine, name: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """The state of a resource that is checked and made; a refresh of it and a second run change nothing."""
    token = TOKENS[name]
    checked = engine.check(token, inputs)
    assert checked.failures == []
    complete = read_properties(checked.inputs or {})
    made = engine.create(token, complete)
    state = read_properties(made.properties)
    read = engine.read(token, str(made.resource_id), state)
    assert read_properties(read.inputs) == complete
    assert engine.diff(token, complete, complete).changes is False
    imported = read_properties(engine.read(token, str(made.resource_id)).inputs)
    assert holds(imported, {**complete, **({"subnet": {"id": SUBNET}} if name == "endpoint" else {})})
    return {**state, "id": made.resource_id}


def holds(imported: Any, wanted: Any) -> bool:
    """Whether an import finds all that was wanted, whatever the service adds to it."""
    if isinstance(wanted, dict):
        return all(holds(imported.get(key), value) for key, value in wanted.items() if not key.startswith("__"))
    if isinstance(wanted, list):
        return len(imported) == len(wanted) and all(map(holds, imported, wanted))
    return bool(imported == wanted)


@pytest.mark.usefixtures("base")
def test_a_private_instance_is_made_of_flat_inputs(engine: Engine) -> None:
    endpoint = make(engine, "endpoint", ENDPOINT)
    zone = make(engine, "zone", {**IN_GROUP, "privateZoneName": ZONE, "location": "global"})
    link = {**IN_GROUP, "privateZoneName": ZONE, "location": "global", "virtualNetworkLinkName": "link"}
    make(engine, "link", {**link, "registrationEnabled": False, "virtualNetwork": {"id": NETWORK}})
    configs = [{"name": "digitaltwins", "privateDnsZoneId": zone["id"]}]
    group = {"privateEndpointName": "pe", "privateDnsZoneGroupName": "default", "privateDnsZoneConfigs": configs}
    answered = make(engine, "zone group", {**IN_GROUP, **group})

    assert endpoint["location"] == "westeurope"
    (connection,) = endpoint["privateLinkServiceConnections"]
    assert connection["privateLinkServiceConnectionState"]["status"] == "Approved"
    assert connection["groupIds"] == ["API"]
    assert answered["privateDnsZoneConfigs"] == configs
    instance = read_properties(engine.read(TOKENS["instance"], INSTANCE).properties)
    assert len(instance["privateEndpointConnections"]) == 1


@pytest.mark.parametrize(
    ("name", "inputs"),
    [
        ("zone", {**IN_GROUP, "privateZoneName": ZONE}),
        ("alert", {key: value for key, value in ALERT.items() if key != "location"}),
    ],
)
@pytest.mark.usefixtures("base")
def test_what_is_of_no_region_has_to_say_so_for_azure_native_fills_one_in(
    engine: Engine, name: str, inputs: Any
) -> None:
    checked = read_properties(engine.check(TOKENS[name], inputs).inputs or {})

    assert checked["location"] == "westeurope"
    with pytest.raises(Refused, match="LocationNotAvailableForResourceType"):
        engine.create(TOKENS[name], checked)


@pytest.mark.usefixtures("base")
def test_what_stands_at_a_scope_is_made_there_and_goes(engine: Engine, emulator: Any) -> None:
    setting = make(engine, "setting", SETTING)
    lock = make(engine, "lock", {"scope": INSTANCE, "lockName": "keep", "level": "CanNotDelete"})

    assert setting["id"] == f"{INSTANCE}/providers/Microsoft.Insights/diagnosticSettings/all"
    with pytest.raises(Refused, match="ScopeLocked"):
        engine.delete(TOKENS["setting"], setting["id"])
    engine.delete(TOKENS["lock"], lock["id"])
    engine.delete(TOKENS["setting"], setting["id"])
    assert emulator.call("GET", setting["id"], version="2021-05-01-preview").status_code == 404


@pytest.mark.usefixtures("base")
def test_a_setting_that_outlived_its_instance_stops_the_next_one(engine: Engine) -> None:
    make(engine, "setting", SETTING)
    engine.delete(TOKENS["instance"], INSTANCE)
    engine.create(TOKENS["instance"], {**IN_GROUP, "resourceName": "adt", "location": "westeurope"})

    with pytest.raises(AlreadyExists, match="diagnosticSettings/all"):
        engine.create(TOKENS["setting"], SETTING)


@pytest.mark.usefixtures("base")
def test_an_alert_has_the_names_that_azure_native_gives_its_conditions(engine: Engine) -> None:
    alert = make(engine, "alert", ALERT)

    assert alert["criteria"] == ALERT["criteria"]


def test_events_and_history_go_out_by_the_instances_identity(engine: Engine, base: Any) -> None:
    principal_id = base["instance"]["identity"]["principalId"]
    make(engine, "namespace", {**IN_GROUP, "namespaceName": "evhns1", "sku": {"name": "Standard"}})
    hub = make(engine, "hub", {**IN_GROUP, "namespaceName": "evhns1", "eventHubName": "twins"})
    events = {**IN_GROUP, "resourceName": "adt", "endpointName": "events", "properties": BY_IDENTITY}
    with pytest.raises(Refused, match="EndpointNotAuthorized"):
        engine.create(TOKENS["events"], events)
    make(engine, "sender", role("f526a384-b230-433a-b45c-95f59c4a2dec", hub["id"], principal_id))
    assert make(engine, "events", events)["properties"]["provisioningState"] == "Succeeded"

    sku = {"name": "Standard_E2ads_v5", "tier": "Standard", "capacity": 2}
    cluster = make(engine, "cluster", {**IN_GROUP, "clusterName": "adx1", "sku": sku})
    within = {**IN_GROUP, "clusterName": "adx1", "databaseName": "history"}
    database = make(engine, "database", {**within, "kind": "ReadWrite"})
    make(engine, "sender", role("b24988ac-6180-42a0-ab88-20f7382dd24c", database["id"], principal_id))
    admin = {"principalAssignmentName": "adt", "principalId": principal_id, "principalType": "App", "role": "Admin"}
    make(engine, "principal", {**within, **admin})
    properties = {
        "connectionType": "AzureDataExplorer",
        "adxResourceId": cluster["id"],
        "adxEndpointUri": cluster["uri"],
        "adxDatabaseName": "history",
        "eventHubNamespaceResourceId": hub["id"].partition("/eventhubs/")[0],
        "eventHubEndpointUri": "sb://evhns1.servicebus.windows.net/",
        "eventHubEntityPath": "twins",
    }
    inputs = {"timeSeriesDatabaseConnectionName": "history", "properties": properties}
    history = make(engine, "history", {**IN_GROUP, "resourceName": "adt", **inputs})
    assert history["properties"]["adxTableName"] == "AdtPropertyEvents"


@pytest.mark.usefixtures("base")
def test_an_instance_that_is_not_managed_is_read(engine: Engine) -> None:
    read = engine.read(TOKENS["instance"], INSTANCE)

    outputs = read_properties(read.properties)
    assert read.resource_id == INSTANCE
    assert outputs["name"] == "adt"
    assert outputs["hostName"].startswith("localhost:")
    assert outputs["identity"]["principalId"]
    assert outputs["publicNetworkAccess"] == "Enabled"
    assert engine.read(TOKENS["instance"], f"{INSTANCE}-2").resource_id == ""


@pytest.mark.parametrize(
    ("name", "key", "replaces"),
    [
        ("network", "virtualNetworkName", True),
        ("network", "addressSpace", False),
        ("subnet", "delegations", False),
        ("endpoint", "subnet", True),
        ("endpoint", "privateLinkServiceConnections", False),
        ("zone", "privateZoneName", True),
        ("link", "privateZoneName", True),
        ("zone group", "privateEndpointName", True),
        ("setting", "resourceUri", True),
        ("setting", "workspaceId", False),
        ("lock", "scope", True),
        ("lock", "level", False),
        ("alert", "windowSize", False),
        ("events", "resourceName", True),
        # azure-native sends it in place, and Azure refuses what it cannot change.
        ("events", "properties", False),
        ("history", "properties", False),
        ("principal", "principalId", False),
    ],
)
def test_what_forces_a_replacement_is_azure_natives_choice(
    offline: Engine, name: str, key: str, *, replaces: bool
) -> None:
    diff = offline.diff(TOKENS[name], {key: "a"}, {key: "b"})

    assert diff.replaces == ([key] if replaces else [])


@pytest.mark.parametrize(
    ("name", "inputs"),
    [
        ("endpoint", {**ENDPOINT, "subnet": {"id": UNKNOWN}}),
        ("endpoint", {**ENDPOINT, "privateLinkServiceConnections": [{**CONNECTION, "privateLinkServiceId": UNKNOWN}]}),
        ("setting", {**SETTING, "resourceUri": UNKNOWN, "workspaceId": UNKNOWN}),
        ("lock", {"scope": UNKNOWN, "lockName": "keep", "level": "CanNotDelete"}),
        ("alert", {**ALERT, "scopes": [UNKNOWN]}),
        (
            "events",
            {
                **IN_GROUP,
                "resourceName": UNKNOWN,
                "endpointName": "events",
                "properties": {**BY_IDENTITY, "x": UNKNOWN},
            },
        ),
    ],
)
def test_a_preview_takes_what_is_unknown_yet(offline: Engine, name: str, inputs: Any) -> None:
    checked = offline.check(TOKENS[name], inputs)

    assert checked.failures == []
    outputs = read_properties(offline.create(TOKENS[name], checked.inputs or {}, preview=True).properties)
    assert outputs["name"] == UNKNOWN or name == "setting"


@pytest.mark.parametrize(
    ("name", "inputs", "problem"),
    [
        ("endpoint", {**ENDPOINT, "subnet": {"addressPrefix": "10.0.0.0/24"}}, "subnet.addressPrefix is not supported"),
        ("endpoint", {**ENDPOINT, "privateLinkServiceConnections": [{"name": "a"}]}, "[0].privateLinkServiceId"),
        ("events", {**IN_GROUP, "resourceName": "adt", "properties": {"endpointType": "Queue"}}, "'Queue'"),
        ("alert", {**ALERT, "criteria": {"odataType": "Webtest"}}, "criteria.odataType is 'Webtest'"),
        ("lock", {"scope": INSTANCE, "level": "CannotDelete"}, "level is 'CannotDelete'"),
        ("setting", {"resourceUri": INSTANCE, "name": "all", "marketplacePartnerId": "x"}, "marketplacePartnerId"),
        ("subnet", {**IN_GROUP, "virtualNetworkName": "v", "natGateway": {}}, "natGateway is not supported"),
    ],
)
def test_check_names_what_is_wrong_as_the_program_wrote_it(
    offline: Engine, name: str, inputs: Any, problem: str
) -> None:
    failures = offline.check(TOKENS[name], inputs).failures or []

    assert any(problem in failure.reason for failure in failures), failures


@pytest.mark.parametrize(
    ("name", "inputs", "key", "pattern"),
    [
        ("endpoint", {}, "privateEndpointName", r"name[0-9a-f]{8}"),
        ("events", {}, "endpointName", r"name[0-9a-f]{8}"),
        ("setting", {}, "name", r"name[0-9a-f]{8}"),
        ("lock", {}, "lockName", r"name[0-9a-f]{8}"),
        ("history", {}, "timeSeriesDatabaseConnectionName", "name"),
        ("zone group", {}, "privateDnsZoneGroupName", "name"),
        ("subnet", {}, "subnetName", "name"),
    ],
)
def test_a_name_that_is_not_given_is_made_up_as_azure_native_does(
    offline: Engine, name: str, inputs: Any, key: str, pattern: str
) -> None:
    checked = read_properties(offline.check(TOKENS[name], inputs).inputs or {})

    assert re.fullmatch(pattern, checked[key])
    assert INPUTS not in checked
