"""Who may reach the gateway's app: what Azure is told, field by field."""

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from components.gateway import Gateway, GatewayArgs
from components.gateway_access import GatewayAccess
from components.gateway_settings import GatewaySettings
from components.host_storage import HostStorage, HostStorageArgs
from components.insights import Insights, InsightsArgs
from tests.components.scenario import CLIENT, REGISTRATION, ROOT, TENANT
from twin_rbac.role_tags.model import TagRules

Build = Callable[..., Any]
SITE = "azure-native:web:WebApp"
PLAN = "azure-native:web:AppServicePlan"
ACCOUNT = "azure-native:storage:StorageAccount"
SUBNET = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/vnet/subnets/gateway"
PRIVATE = GatewayAccess(public=False, allowed_addresses=(), outbound_subnet_id=SUBNET, zone_redundant=True)


@pytest.fixture(autouse=True)
def in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def program(access: GatewayAccess) -> Callable[[], None]:
    """A gateway with nothing around it but its storage and telemetry."""

    def declare() -> None:
        account = HostStorageArgs(
            resource_group_name="rg", account_name="stlocal", zone_redundant=access.zone_redundant
        )
        telemetry = InsightsArgs(resource_group_name="rg", workspace_name="log", component_name="appi")
        identity: Any = SimpleNamespace(identity_id="/identity", client_id=CLIENT, role_assignments=[])
        Gateway(
            "gateway",
            GatewayArgs(
                resource_group_name="rg",
                site_name="func-local",
                identity=identity,
                storage=HostStorage("host-storage", account),
                insights=Insights("insights", telemetry),
                settings=GatewaySettings(
                    endpoint="https://adt.example",
                    instance_id="/instance",
                    marker_roles={},
                    rules=TagRules(roles=()),
                    tenant_id=TENANT,
                    client_id=REGISTRATION,
                ),
                authority="https://login.example",
                access=access,
                wheels="linux",
            ),
        )

    return declare


def site_config(built: Any) -> Mapping[str, Any]:
    return dict(built.one(SITE).inputs["siteConfig"])


def public(*addresses: str) -> GatewayAccess:
    return GatewayAccess(public=True, allowed_addresses=addresses)


def test_each_range_is_allowed_and_everybody_else_is_not(build_in_both_modes: Build) -> None:
    config = site_config(build_in_both_modes(program(public("203.0.113.0/24", "2001:db8::/32"))))

    assert config["ipSecurityRestrictions"] == [
        {"name": "allowed-0", "action": "Allow", "priority": 100, "ipAddress": "203.0.113.0/24"},
        {"name": "allowed-1", "action": "Allow", "priority": 101, "ipAddress": "2001:db8::/32"},
    ]
    assert config["ipSecurityRestrictionsDefaultAction"] == "Deny"


def test_an_empty_list_of_ranges_is_said_and_means_nobody(build_in_both_modes: Build) -> None:
    config = site_config(build_in_both_modes(program(public())))

    assert (config["ipSecurityRestrictions"], config["ipSecurityRestrictionsDefaultAction"]) == ([], "Deny")


def test_whoever_may_publish_need_not_stand_at_an_address_that_calls_the_gateway(build: Build) -> None:
    built = build(program(public("203.0.113.0/24")))
    config = site_config(built)

    assert config["scmIpSecurityRestrictionsUseMain"] is False
    assert (config["scmIpSecurityRestrictions"], config["scmIpSecurityRestrictionsDefaultAction"]) == ([], "Allow")
    assert built.one("azure-native:web:WebAppScmAllowed").inputs["allow"] is False


@pytest.mark.parametrize(("access", "said"), [(public("203.0.113.0/24"), "Enabled"), (PRIVATE, "Disabled")])
def test_public_access_is_said_in_both_places_that_app_service_keeps_it_in(
    build: Build, access: GatewayAccess, said: str
) -> None:
    site = build(program(access)).one(SITE).inputs

    assert (site["publicNetworkAccess"], site["siteConfig"]["publicNetworkAccess"]) == (said, said)


def test_in_a_network_neither_the_app_nor_its_publish_endpoint_lets_any_address_in(build: Build) -> None:
    config = site_config(build(program(PRIVATE)))

    assert config["ipSecurityRestrictions"] == []
    assert config["ipSecurityRestrictionsDefaultAction"] == "Deny"
    assert config["scmIpSecurityRestrictionsDefaultAction"] == "Deny"


def test_calls_of_an_app_with_a_subnet_go_through_it_all_of_them(build: Build) -> None:
    site = build(program(PRIVATE)).one(SITE).inputs

    assert site["virtualNetworkSubnetId"] == SUBNET
    assert site["siteConfig"]["vnetRouteAllEnabled"] is True


def test_an_app_without_a_subnet_says_nothing_of_one(build: Build) -> None:
    site = build(program(public())).one(SITE).inputs

    assert "virtualNetworkSubnetId" not in site
    assert "vnetRouteAllEnabled" not in site["siteConfig"]


def test_what_has_to_outlive_a_zone_does_plan_instances_and_storage(build: Build) -> None:
    built = build(program(PRIVATE))

    assert built.one(PLAN).inputs["zoneRedundant"] is True
    scale = built.one(SITE).inputs["functionAppConfig"]["scaleAndConcurrency"]
    assert scale["alwaysReady"] == [{"name": "http", "instanceCount": 2}]
    assert built.one(ACCOUNT).inputs["sku"] == {"name": "Standard_ZRS"}


def test_otherwise_nothing_is_paid_for_that_stands_idle(build: Build) -> None:
    built = build(program(public()))

    assert built.one(PLAN).inputs["zoneRedundant"] is False
    assert "alwaysReady" not in built.one(SITE).inputs["functionAppConfig"]["scaleAndConcurrency"]
    assert built.one(ACCOUNT).inputs["sku"] == {"name": "Standard_LRS"}


@pytest.mark.parametrize(
    ("public", "addresses", "problem"),
    [
        (True, ("203.0.113.7/24",), "has host bits set"),
        (True, ("everybody",), "does not appear to be an IPv4 or IPv6 network"),
        (False, ("203.0.113.0/24",), "an app without public access takes no address ranges"),
        (True, tuple(f"203.0.{number // 256}.{number % 256}/32" for number in range(513)), "513 address ranges"),
    ],
)
def test_ranges_that_app_service_would_refuse_or_ignore_are_refused(
    *, public: bool, addresses: tuple[str, ...], problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        GatewayAccess(public=public, allowed_addresses=addresses)


def test_who_may_reach_the_app_has_to_be_said() -> None:
    arguments: Any = {"resource_group_name": "rg", "site_name": "func"}

    with pytest.raises(TypeError, match="'access'"):
        GatewayArgs(**arguments)
