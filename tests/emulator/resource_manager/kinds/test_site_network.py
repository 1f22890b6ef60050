from typing import Any

import pytest

RULE = {"name": "office", "priority": 100, "action": "Allow", "ipAddress": "203.0.113.0/24"}
PLACE = "properties/virtualNetworkSubnetId"


def test_a_site_keeps_its_subnet_and_its_rules(net: Any, web: Any) -> None:
    body = web.body(PLACE, net.outbound)
    body["properties"]["publicNetworkAccess"] = "Disabled"
    body["properties"]["siteConfig"] = {
        "vnetRouteAllEnabled": True,
        "ipSecurityRestrictions": [RULE],
        "ipSecurityRestrictionsDefaultAction": "Deny",
        "scmIpSecurityRestrictionsUseMain": False,
        "scmIpSecurityRestrictions": [],
        "scmIpSecurityRestrictionsDefaultAction": "Allow",
    }

    made = web.arm.make("PUT", web.site, body)["properties"]

    assert (made["virtualNetworkSubnetId"], made["publicNetworkAccess"]) == (net.outbound, "Disabled")
    assert made["siteConfig"] == body["properties"]["siteConfig"]


def test_rules_that_a_write_does_not_name_stay(web: Any) -> None:
    web.arm.make("PUT", web.site, web.body("properties/siteConfig", {"ipSecurityRestrictions": [RULE]}))

    kept = web.make_site()["properties"]["siteConfig"]
    emptied = web.arm.make("PUT", web.site, web.body("properties/siteConfig", {"ipSecurityRestrictions": []}))

    assert kept["ipSecurityRestrictions"] == [RULE]
    assert emptied["properties"]["siteConfig"]["ipSecurityRestrictions"] == []


@pytest.mark.parametrize(
    ("subnet", "message"),
    [
        ("endpoints", "Subnet endpoints in VNET vnet is missing a delegation to Microsoft.App/environments"),
        ("none", "was not found"),
    ],
)
def test_the_subnet_of_a_site_is_one_that_is_delegated(net: Any, web: Any, subnet: str, message: str) -> None:
    answer = web.arm.call("PUT", web.site, web.body(PLACE, f"{net.network}/subnets/{subnet}"))

    assert web.arm.refusal_of(answer) == (400, "BadRequest")
    assert message in answer.json()["error"]["message"]


def test_the_subnet_of_a_site_is_in_its_region(net: Any, web: Any) -> None:
    body = {**web.body(PLACE, net.outbound), "location": "northeurope"}

    answer = web.arm.call("PUT", web.site, body)

    assert "is in westeurope, and the site is not" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({**RULE, "ipAddress": "office"}, "'office' is no range of addresses"),
        ({**RULE, "action": "Maybe"}, "'Maybe'"),
        ({"name": "all"}, "ipAddress"),
        ({**RULE, "tag": "ServiceTag"}, "'ServiceTag'"),
        ({**RULE, "headers": {}}, "headers is not supported by the local Azure"),
    ],
)
@pytest.mark.parametrize("rules", ["ipSecurityRestrictions", "scmIpSecurityRestrictions"])
def test_a_rule_that_is_none_is_refused(web: Any, rules: str, rule: Any, message: str) -> None:
    answer = web.arm.call("PUT", web.site, web.body("properties/siteConfig", {rules: [rule]}))

    assert answer.status_code == 400
    assert message in answer.json()["error"]["message"]


@pytest.mark.parametrize(("count", "status"), [(1, 400), (2, 200)])
def test_what_is_always_ready_is_so_in_two_zones(web: Any, count: int, status: int) -> None:
    plan = {
        "location": "westeurope",
        "kind": "functionapp",
        "sku": {"name": "FC1", "tier": "FlexConsumption"},
        "properties": {"reserved": True, "zoneRedundant": True},
    }
    assert web.arm.make("PUT", web.plan, plan)["properties"]["zoneRedundant"] is True
    ready = [{"name": "http", "instanceCount": count}]

    answer = web.arm.call(
        "PUT", web.site, web.body("properties/functionAppConfig/scaleAndConcurrency", {"alwaysReady": ready})
    )

    assert answer.status_code == (200 if status == 201 else status)
