from typing import Any

import pytest

from emulator.resource_manager.kinds.site_rules import REFUSED_SETTINGS

CONFIG = "properties/functionAppConfig"
STORAGE = f"{CONFIG}/deployment/storage"
AUTHENTICATION = f"{STORAGE}/authentication"


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (CONFIG, None, "FunctionAppConfig is required on create for FlexConsumption sites."),
        (f"{CONFIG}/deployment", None, "missing required property properties.functionAppConfig.deployment"),
        (f"{CONFIG}/runtime", {"name": "node", "version": "22"}, "runs Python alone, not node"),
        (f"{CONFIG}/runtime", {"name": "python", "version": "2.7"}, "The Python version '2.7' is not supported"),
        (f"{CONFIG}/runtime", {"name": "pascal"}, "runtime.name is 'pascal'"),
        (f"{CONFIG}/scaleAndConcurrency", {"instanceMemoryMB": 1024}, "instanceMemoryMB is 1024"),
        (f"{CONFIG}/scaleAndConcurrency", {"maximumInstanceCount": 39}, "maximumInstanceCount is 39"),
        (f"{CONFIG}/scaleAndConcurrency", {"maximumInstanceCount": 1001}, "maximumInstanceCount is 1001"),
        (f"{STORAGE}/value", "https://localhost:21000/stgateway/other", "/other' does not exist"),
        (f"{STORAGE}/type", "fileShare", "type is 'fileShare'"),
        (AUTHENTICATION, None, "have no keys"),
        (AUTHENTICATION, {"type": "StorageAccountConnectionString"}, "have no keys"),
        (AUTHENTICATION, {"type": "SystemAssignedIdentity"}, "no system-assigned identity"),
        (AUTHENTICATION, {"type": "UserAssignedIdentity"}, "is not assigned to the site"),
        (
            AUTHENTICATION,
            {"type": "UserAssignedIdentity", "userAssignedIdentityResourceId": "/other"},
            "The identity '/other' of the deployment container is not assigned to the site",
        ),
        ("identity", None, "is not assigned to the site"),
        ("kind", "app,linux", "function apps alone"),
        ("kind", None, "function apps alone"),
        ("properties/serverFarmId", None, "needs properties.serverFarmId"),
        ("properties/containerSize", 1536, "Site.containerSize is not supported on Flex Consumption"),
        ("properties/reserved", True, "Site.reserved is not supported on Flex Consumption"),
        ("properties/endToEndEncryptionEnabled", True, "ExtendedCode 51021"),
        ("properties/isXenon", True, "ExtendedCode 51021"),
        ("properties/siteConfig", {"linuxFxVersion": "Python|3.12"}, "Site.siteConfig.linuxFxVersion"),
        ("properties/siteConfig", {"pythonVersion": "3.12"}, "ExtendedCode 51021"),
        ("properties/siteConfig", {"alwaysOn": True}, "ExtendedCode 51021"),
        ("properties/siteConfig", {"functionAppScaleLimit": 5}, "ExtendedCode 51021"),
        ("properties/siteConfig", {"minimumElasticInstanceCount": 1}, "ExtendedCode 51021"),
        ("properties/siteConfig", {"preWarmedInstanceCount": 1}, "ExtendedCode 51021"),
        ("properties/siteConfig", {"functionsRuntimeScaleMonitoringEnabled": True}, "ExtendedCode 51021"),
        ("properties/siteConfig", {"use32BitWorkerProcess": True}, "ExtendedCode 51021"),
        ("properties/siteConfig", {"minTlsVersion": "0.9"}, "minTlsVersion is '0.9'"),
        ("properties/siteConfig", {"cors": {}}, "properties.siteConfig.cors is not supported by the local Azure"),
        ("properties/siteConfig", {"appSettings": [{"value": "x"}]}, "An app setting needs a name"),
        ("properties/siteConfig", {"appSettings": [{"name": "A", "value": 1}]}, "value must be a string"),
    ],
)
def test_a_site_that_flex_consumption_would_refuse_is_refused(web: Any, place: str, value: Any, message: str) -> None:
    answer = web.arm.call("PUT", web.site, web.body(place, value))

    assert answer.status_code == 400
    assert message in answer.json()["error"]["message"]
    assert web.arm.sites.served == []
    assert web.arm.refusal("GET", web.site) == (404, "ResourceNotFound")


@pytest.mark.parametrize("setting", sorted(REFUSED_SETTINGS))
def test_a_setting_that_flex_consumption_does_not_know_is_refused(web: Any, setting: str) -> None:
    settings = {"appSettings": [{"name": setting.lower(), "value": "x"}]}

    answer = web.arm.call("PUT", web.site, web.body("properties/siteConfig", settings))

    assert answer.status_code == 400
    assert f"The app setting {setting.lower()} is not supported" in answer.json()["error"]["message"]


def test_the_settings_that_the_platform_documents_are_among_those_refused() -> None:
    assert {"FUNCTIONS_WORKER_RUNTIME", "WEBSITE_RUN_FROM_PACKAGE", "TZ"} <= REFUSED_SETTINGS
    assert "AzureWebJobsStorage__credential" not in REFUSED_SETTINGS


def test_false_says_nothing_that_flex_consumption_would_refuse(web: Any) -> None:
    body = web.body("properties/siteConfig", {"alwaysOn": False})

    assert web.arm.call("PUT", web.site, {**body, "properties": {**body["properties"], "isXenon": False}}).ok


def test_a_plan_that_there_is_not_is_not_found(web: Any) -> None:
    body = web.body("properties/serverFarmId", f"{web.plan}-none")

    assert web.arm.refusal("PUT", web.site, body) == (404, "NotFound")


def test_a_site_may_reach_its_packages_with_the_identity_of_its_own(web: Any) -> None:
    body = web.body(AUTHENTICATION, {"type": "SystemAssignedIdentity"})

    assert web.arm.call("PUT", web.site, {**body, "identity": {"type": "SystemAssigned"}}).status_code == 200


def test_the_name_of_a_site_is_unique_in_azure(web: Any) -> None:
    web.make_site()
    elsewhere = web.site.replace("rg-test", "rg-other")
    web.arm.make("PUT", web.group.replace("rg-test", "rg-other"), {"location": "westeurope"})

    assert web.arm.refusal("PUT", elsewhere, web.body()) == (409, "Conflict")
