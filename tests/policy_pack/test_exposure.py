from dataclasses import replace
from typing import Any

import pytest

from policy_pack.rules import UNKNOWN, Resource
from tests.policy_pack.conftest import broken, resource, rule_named

RULE = "no-public-access-in-prod"


def instance(**props: Any) -> Resource:
    return resource("azure-native:digitaltwins:DigitalTwin", "instance", **props)


def app(access: str = "Enabled", **site_config: Any) -> Resource:
    return resource("azure-native:web:WebApp", "app", publicNetworkAccess=access, siteConfig=site_config)


def group(profile: Any) -> Resource:
    return resource("azure-native:resources:ResourceGroup", "group", tags={"profile": profile})


@pytest.mark.parametrize("props", [{"publicNetworkAccess": "Enabled"}, {}], ids=["said", "by default"])
def test_a_public_instance_is_refused_in_production_alone(props: dict[str, Any]) -> None:
    assert broken(RULE, instance(**props), profile="prod") == ["instance"]
    assert broken(RULE, instance(**props), profile="dev") == []


def test_an_instance_that_is_private_passes_and_one_of_which_nobody_knows_it_does_not() -> None:
    unknown = instance(publicNetworkAccess=UNKNOWN)

    assert broken(RULE, instance(publicNetworkAccess="Disabled"), profile="prod") == []
    assert broken(RULE, unknown, profile="prod") == ["instance"]
    assert broken(RULE, unknown, profile="dev") == []
    assert broken(RULE, replace(unknown, props=UNKNOWN), profile="prod") == [], "no target of this run"


def test_a_gateway_for_everybody_is_refused_in_production() -> None:
    everywhere = [{"action": "Allow", "ipAddress": "0.0.0.0/0"}]
    for open_app in (
        app(),
        app(ipSecurityRestrictionsDefaultAction="Allow"),
        app(ipSecurityRestrictionsDefaultAction="Deny", ipSecurityRestrictions=everywhere),
    ):
        assert broken(RULE, open_app, profile="prod") == ["app"]
        assert broken(RULE, open_app, profile="dev") == []


def test_a_gateway_for_some_addresses_or_for_a_network_passes() -> None:
    office = [{"action": "Allow", "ipAddress": "203.0.113.0/24"}]
    limited = app(ipSecurityRestrictionsDefaultAction="Deny", ipSecurityRestrictions=office)

    assert broken(RULE, limited, app("Disabled"), profile="prod") == []


@pytest.mark.parametrize(
    "rule",
    [
        {"ipAddress": "0.0.0.0/1"},
        {"ipAddress": "64.0.0.0/7"},
        {"ipAddress": "203.0.113.0/24, 0.0.0.0/0"},
        {"ipAddress": "0.0.0.0", "subnetMask": "0.0.0.0"},
        {"ipAddress": "2000::/3"},
        {"ipAddress": "Any"},
        {"ipAddress": "any", "action": "allow"},
        {"ipAddress": "AzureCloud", "tag": "ServiceTag"},
        {"ipAddress": "0.0.0.0/0", "action": "ALLOW"},
        {"ipAddress": "0.0.0.0/0", "action": None},
        {},
    ],
)
def test_a_rule_for_more_than_somebodys_addresses_is_one_for_everybody(rule: dict[str, Any]) -> None:
    wide = app(ipSecurityRestrictionsDefaultAction="Deny", ipSecurityRestrictions=[{"action": "Allow", **rule}])

    assert broken(RULE, wide, profile="prod") == ["app"]


def test_ranges_that_are_everybody_together_are_refused_too() -> None:
    halves = [{"action": "Allow", "ipAddress": f"{first}.0.0.0/8"} for first in range(8, 16)]
    wide = app(ipSecurityRestrictionsDefaultAction="Deny", ipSecurityRestrictions=halves)

    assert broken(RULE, wide, profile="prod") == ["app"]


@pytest.mark.parametrize(
    "rule",
    [
        {"ipAddress": "10.0.0.0/8"},
        {"ipAddress": "2001:db8::/32"},
        {"ipAddress": "203.0.113.7"},
        {"vnetSubnetResourceId": "/subscriptions/s/resourceGroups/rg/subnet"},
        {"ipAddress": UNKNOWN},
        {"ipAddress": "0.0.0.0/0", "action": "deny"},
    ],
)
def test_a_rule_for_somebodys_addresses_passes(rule: dict[str, Any]) -> None:
    limited = app(ipSecurityRestrictionsDefaultAction="deny", ipSecurityRestrictions=[{"action": "Allow", **rule}])

    assert broken(RULE, limited, profile="prod") == []


def test_it_is_judged_when_the_tag_of_every_resource_group_is_known() -> None:
    assert rule_named(RULE).needs_all


def test_production_is_what_the_packs_setting_a_resource_groups_tag_or_the_stacks_name_says() -> None:
    public = instance(publicNetworkAccess="Enabled")
    in_prod = Resource(public.type, "i", "urn:pulumi:prod-eu::p::azure-native:digitaltwins:DigitalTwin::i", {})

    assert broken(RULE, group("prod"), public) == ["instance"]
    assert broken(RULE, group("prod"), public, profile="dev") == ["instance"]
    assert broken(RULE, group("Prod"), public) == ["instance"]
    assert broken(RULE, replace(group("dev"), urn="other"), group("prod"), public) == ["instance"]
    assert broken(RULE, group("dev"), public, profile="prod") == ["instance"]
    assert broken(RULE, group("dev"), public, profile="dev") == []
    assert broken(RULE, in_prod) == ["i"]
    assert broken(RULE, in_prod, group("dev")) == ["i"]
    assert broken(RULE, in_prod, profile="dev") == ["i"]
    assert broken(RULE, in_prod, group(UNKNOWN)) == ["i"]
    product = Resource(public.type, "i", "urn:pulumi:product::p::azure-native:digitaltwins:DigitalTwin::i", {})
    assert broken(RULE, product) == []
