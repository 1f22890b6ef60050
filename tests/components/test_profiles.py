"""What a stack declares in each kind of environment: dev, prod, onto an instance that there is already, and twice."""

from collections.abc import Callable
from typing import Any

import pytest

from components import build_stack, load_config
from tests.components.scenario import (
    GROUP,
    ROLE_ASSIGNMENT,
    ROLE_DEFINITION,
    ROOT,
    SUBSCRIPTION,
    local_config,
    run_program,
)

Build = Callable[..., Any]
NAMESPACE = "digital-twins-rbac"
EVENTS = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-events/providers"
HUB = f"{EVENTS}/Microsoft.EventHub/namespaces/events/eventhubs/twins"
TOPIC = f"{EVENTS}/Microsoft.ServiceBus/namespaces/bus/topics/alarms"
DATABASE = f"{EVENTS}/Microsoft.Kusto/clusters/history/databases/twins"
SHARED_GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-shared"
SHARED = f"{SHARED_GROUP}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt-shared"
INSTANCE = "azure-native:digitaltwins:DigitalTwin"
SITE = "azure-native:web:WebApp"


@pytest.fixture(autouse=True)
def in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def config_with(**sections: object) -> dict[str, object]:
    return {**local_config(), **{f"{NAMESPACE}:{name}": value for name, value in sections.items()}}


def whole_prod() -> dict[str, object]:
    return config_with(
        profile="prod",
        gateway={},
        instance={
            "endpoints": {"events": {"eventHub": HUB}, "alarms": {"serviceBus": TOPIC}},
            "routes": {"all": {"endpoint": "events"}},
            "history": {
                "database": DATABASE,
                "endpointUri": "https://history.westeurope.kusto.windows.net",
                "eventHub": HUB,
            },
            "lock": "CanNotDelete",
        },
    )


program = run_program({})


def test_dev_has_no_network_of_its_own_and_lets_in_whom_it_lists(build_in_both_modes: Build) -> None:
    built = build_in_both_modes(program, config=config_with(gateway={"allowedAddresses": ["203.0.113.0/24"]}))

    assert [item.type for item in built.created if ":network:" in item.type or ":privatedns:" in item.type] == []
    assert built.one(INSTANCE).inputs["publicNetworkAccess"] == "Enabled"
    site = built.one(SITE).inputs
    assert site["publicNetworkAccess"] == "Enabled"
    assert [rule["ipAddress"] for rule in site["siteConfig"]["ipSecurityRestrictions"]] == ["203.0.113.0/24"]
    assert site["siteConfig"]["ipSecurityRestrictionsDefaultAction"] == "Deny"
    assert built.of_type("azure-native:monitor:MetricAlert") == []


def test_without_a_list_of_addresses_the_gateway_lets_in_nobody_and_the_run_says_so(
    build: Build, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    built = build(lambda: build_stack(load_config()), config=config_with(gateway={}))

    assert built.one(SITE).inputs["siteConfig"]["ipSecurityRestrictionsDefaultAction"] == "Deny"
    assert built.one(SITE).inputs["siteConfig"].get("ipSecurityRestrictions", []) == []
    said = caplog.text + "".join(capfd.readouterr())
    assert "gateway.allowedAddresses is empty: nobody can reach the gateway" in said


def test_prod_has_no_public_address_and_declares_all_that_was_asked_for(build_in_both_modes: Build) -> None:
    built = build_in_both_modes(program, config=whole_prod())

    assert built.one(INSTANCE).inputs["publicNetworkAccess"] == "Disabled"
    assert built.one(SITE).inputs["publicNetworkAccess"] == "Disabled"
    assert built.one("azure-native:web:AppServicePlan").inputs["zoneRedundant"] is True
    assert built.one("azure-native:storage:StorageAccount").inputs["sku"]["name"] == "Standard_ZRS"
    endpoints = built.of_type("azure-native:network:PrivateEndpoint")
    groups = [item.inputs["privateLinkServiceConnections"][0]["groupIds"] for item in endpoints]
    assert sorted(groups) == [["API"], ["sites"]]
    assert len(built.of_type("azure-native:digitaltwins:DigitalTwinsEndpoint")) == 2
    for type_ in (
        "azure-native:digitaltwins:TimeSeriesDatabaseConnection",
        "azure-native:monitor:DiagnosticSetting",
        "azure-native:authorization:ManagementLockByScope",
        "pulumi-python:dynamic/digital-twins-rbac:EventRoutes",
    ):
        assert len(built.of_type(type_)) == 1, type_
    assert len(built.of_type("azure-native:monitor:MetricAlert")) == 2
    assert built.requests["instance"].protect is True


def test_the_data_plane_is_called_once_there_is_a_way_in(build: Build) -> None:
    built = build(program, config=whole_prod())

    for name in ("graph", "role-tags", "event-routes"):
        needed = " ".join(built.requests[name].dependencies)
        assert "instance-access" in needed, name
    assert "gateway-access" in " ".join(built.requests["gateway-package"].dependencies)


def test_the_lock_comes_after_everything_at_the_instance_so_that_it_goes_first(build: Build) -> None:
    built = build(program, config=whole_prod())

    needed = " ".join(built.requests["instance-lock"].dependencies)
    for part in ("tenants-Earth", "deployers-tagger", "gateway-identity-instance", "event-routes", "diagnostics"):
        assert part in needed, part
    assert "::history" in needed or "$history" in needed or "history-" in needed


def test_routes_give_the_deployer_and_the_drift_reader_what_they_take(build: Build) -> None:
    built = build(program, config=whole_prod())

    def data_actions(name: str) -> set[str]:
        (permission,) = built.named(name).inputs["permissions"]
        return {item for item in permission["dataActions"] if "eventroutes" in item}

    routes = "Microsoft.DigitalTwins/eventroutes"
    assert data_actions("loader-role") == {f"{routes}/read", f"{routes}/write", f"{routes}/delete"}
    assert data_actions("drift-reader-role") == {f"{routes}/read"}
    assert data_actions("tagger-role") == set()
    assert data_actions("gateway-identity-role") == set()


def test_an_existing_instance_is_read_and_everything_about_it_lies_where_it_lies(build: Build) -> None:
    built = build(program, config=config_with(instance={"resourceId": SHARED}))

    request = built.requests.get("instance")
    assert INSTANCE not in {item.type for item in built.created if item.inputs.get("resourceName")}
    assert request is None or request.type != INSTANCE
    for item in built.of_type(ROLE_DEFINITION):
        assert item.inputs["scope"] == SHARED_GROUP, item.name
    scopes = {item.inputs["scope"] for item in built.of_type(ROLE_ASSIGNMENT) if item.name.startswith("tenants-")}
    assert scopes == {SHARED}
    assert built.one(SITE).inputs["resourceGroupName"] == "rg-digital-twins-rbac-local"
    readers = {item.inputs["scope"] for item in built.of_type(ROLE_ASSIGNMENT) if "resources-" in item.name}
    assert readers == {GROUP, SHARED_GROUP}
    assert built.of_type("azure-native:monitor:DiagnosticSetting") == []


def test_two_instances_in_one_program_share_no_name(build_in_both_modes: Build) -> None:
    def twice() -> dict[str, object]:
        config = load_config()
        return {**build_stack(config), **{f"north-{key}": value for key, value in build_stack(config, "north").items()}}

    built = build_in_both_modes(twice, config=config_with())

    ours = [item.name for item in built.created if item.custom]
    assert {f"north-{name}" for name in ours if not name.startswith("north-")} == {
        name for name in ours if name.startswith("north-")
    }
    for type_, key in (
        (ROLE_DEFINITION, "roleDefinitionId"),
        (ROLE_DEFINITION, "roleName"),
        ("azure-native:web:WebApp", "name"),
        ("azure-native:storage:StorageAccount", "accountName"),
        ("azure-native:resources:ResourceGroup", "resourceGroupName"),
        (INSTANCE, "resourceName"),
    ):
        names = [item.inputs[key] for item in built.of_type(type_)]
        assert len(names) == len(set(names)), (type_, key)
