from typing import Any

import pytest

from policy_pack.rules import UNKNOWN, Resource
from tests.policy_pack.conftest import broken, resource

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


@pytest.mark.parametrize("access", ["Disabled", UNKNOWN])
def test_an_instance_that_is_private_or_not_known_yet_passes(access: Any) -> None:
    assert broken(RULE, instance(publicNetworkAccess=access), profile="prod") == []


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


def test_the_profile_is_the_packs_setting_else_the_resource_groups_tag_else_told_by_the_stacks_name() -> None:
    public = instance(publicNetworkAccess="Enabled")
    in_prod = Resource(public.type, "i", "urn:pulumi:prod-eu::p::azure-native:digitaltwins:DigitalTwin::i", {})

    assert broken(RULE, group("prod"), public) == ["instance"]
    assert broken(RULE, group("prod"), public, profile="dev") == []
    assert broken(RULE, in_prod) == ["i"]
    assert broken(RULE, in_prod, group("dev")) == []
    assert broken(RULE, in_prod, group(UNKNOWN)) == ["i"]
    product = Resource(public.type, "i", "urn:pulumi:product::p::azure-native:digitaltwins:DigitalTwin::i", {})
    assert broken(RULE, product) == []
