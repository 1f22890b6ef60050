from collections.abc import Iterator
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.core.pipeline.transport import RequestsTransport
from azure.mgmt.web import WebSiteManagementClient
from azure.mgmt.web.models import (
    AuthPlatform,
    CsmPublishingCredentialsPoliciesEntity,
    CsmPublishingCredentialsPoliciesEntityProperties,
    GlobalValidation,
    Site,
    SiteAuthSettingsV2,
    SiteAuthSettingsV2Properties,
)

SUBSCRIPTION_ID = "5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002"
SETTINGS = "config/authsettingsV2"
POLICIES = "basicPublishingCredentialsPolicies"


@pytest.fixture
def client(arm: Any) -> Iterator[WebSiteManagementClient]:
    """Azure's own client, as it is."""
    transport = RequestsTransport(session=arm.session, session_owner=False)
    with WebSiteManagementClient(
        arm.credential(), SUBSCRIPTION_ID, base_url=arm.address, transport=transport, polling_interval=0
    ) as client:
        yield client


def test_azures_client_makes_reads_and_deletes_a_site(client: Any, web: Any) -> None:
    made = client.web_apps.begin_create_or_update("rg-test", "fn-gateway", Site(web.body())).result()
    read = client.web_apps.get("rg-test", "fn-gateway")

    assert made.default_host_name == read.default_host_name == "localhost:21001"
    assert {state.host_type: state.name for state in read.host_name_ssl_states} == {
        "Standard": "localhost:21001",
        "Repository": "localhost:21002",
    }
    assert read.enabled_host_names == ["localhost:21001", "localhost:21002"]
    assert read.function_app_config.runtime.version == "3.12"
    assert list(read.identity.user_assigned_identities) == [web.identity]
    assert [site.name for site in client.web_apps.list_by_resource_group("rg-test")] == ["fn-gateway"]

    client.web_apps.delete("rg-test", "fn-gateway", delete_empty_server_farm=False)

    with pytest.raises(ResourceNotFoundError):
        client.web_apps.get("rg-test", "fn-gateway")
    assert client.app_service_plans.get("rg-test", "plan").sku.name == "FC1"


def test_azures_client_writes_and_reads_auth_settings(client: Any, web: Any) -> None:
    web.make_site()
    before = client.web_apps.get_auth_settings_v2_without_secrets("rg-test", "fn-gateway")
    validation = GlobalValidation(
        require_authentication=True, unauthenticated_client_action="Return401", excluded_paths=["/healthz"]
    )
    properties = SiteAuthSettingsV2Properties(platform=AuthPlatform(enabled=True), global_validation=validation)
    settings = SiteAuthSettingsV2(properties=properties)

    client.web_apps.update_auth_settings_v2("rg-test", "fn-gateway", settings)

    after = client.web_apps.get_auth_settings_v2_without_secrets("rg-test", "fn-gateway")
    assert before.platform.enabled is False
    assert after.platform.enabled is True
    assert after.global_validation.excluded_paths == ["/healthz"]


def test_azures_client_forbids_publishing_with_a_password(client: Any, web: Any) -> None:
    web.make_site()
    no = CsmPublishingCredentialsPoliciesEntity(
        properties=CsmPublishingCredentialsPoliciesEntityProperties(allow=False)
    )

    assert client.web_apps.get_scm_allowed("rg-test", "fn-gateway").allow is True
    client.web_apps.update_scm_allowed("rg-test", "fn-gateway", no)

    assert client.web_apps.get_scm_allowed("rg-test", "fn-gateway").allow is False
    assert client.web_apps.get_ftp_allowed("rg-test", "fn-gateway").allow is True


def test_a_refusal_reaches_azures_client_with_its_message(client: Any, web: Any) -> None:
    with pytest.raises(HttpResponseError, match="FunctionAppConfig is required on create"):
        client.web_apps.begin_create_or_update(
            "rg-test", "fn-gateway", Site(web.body("properties/functionAppConfig"))
        ).result()


def test_a_site_is_served_from_its_first_write_and_follows_each_one(web: Any) -> None:
    web.make_site()
    web.make_site()
    web.arm.make("PUT", f"{web.site}/{SETTINGS}", {"properties": {"platform": {"enabled": True}}})

    assert web.arm.sites.served == [web.site]
    assert web.arm.sites.configured == [web.site, web.site, web.site]


def test_app_settings_are_kept_for_the_site_and_never_answered(web: Any) -> None:
    made = web.make_site()

    kept = web.arm.storage.get("site-settings", web.site.lower())
    assert kept == {"appSettings": {"COLOUR": "red"}}
    assert made["properties"]["siteConfig"] == {"minTlsVersion": "1.2"}
    assert web.arm.make("GET", web.site)["properties"]["siteConfig"] == {"minTlsVersion": "1.2"}


def test_app_settings_are_replaced_as_a_whole_and_stay_when_a_write_does_not_name_them(web: Any) -> None:
    web.make_site()
    place = "properties/siteConfig"

    web.arm.make("PUT", web.site, web.body(place, {"appSettings": [{"name": "SIZE", "value": "L"}]}))
    web.arm.make("PUT", web.site, web.body(place, {"minTlsVersion": "1.3"}))

    assert web.arm.storage.get("site-settings", web.site.lower()) == {"appSettings": {"SIZE": "L"}}


@pytest.mark.parametrize("setting", ["AzureWebJobsStorage", "ANYTHING"])
def test_a_key_in_an_app_setting_is_not_azures_to_refuse(web: Any, setting: str) -> None:
    secret = {"name": setting, "value": "AccountName=st;AccountKey=a2V5;SharedAccessSignature=sig"}

    assert (
        web.arm.call("PUT", web.site, web.body("properties/siteConfig", {"appSettings": [secret]})).status_code == 200
    )


def test_a_change_may_leave_out_the_function_app_config_which_stays(web: Any) -> None:
    web.make_site()

    changed = web.arm.make("PUT", web.site, web.body("properties/functionAppConfig"))

    assert changed["properties"]["functionAppConfig"]["runtime"] == {"name": "python", "version": "3.12"}


def test_the_plan_of_a_site_takes_no_other_and_cannot_be_deleted(web: Any) -> None:
    web.make_site()

    assert web.arm.refusal("PUT", f"{web.site}-2", web.body()) == (409, "Conflict")
    assert web.arm.refusal("DELETE", web.plan) == (409, "Conflict")
    web.arm.make("DELETE", web.site)
    assert web.arm.call("DELETE", web.plan).status_code == 200


def test_a_site_takes_its_settings_and_policies_with_it(web: Any) -> None:
    web.make_site()
    web.arm.make("PUT", f"{web.site}/{SETTINGS}", {"properties": {"platform": {"enabled": True}}})
    web.arm.make("PUT", f"{web.site}/{POLICIES}/scm", {"properties": {"allow": False}})

    web.arm.make("DELETE", web.site)

    assert web.arm.sites.served == []
    assert web.arm.storage.get("site-settings", web.site.lower()) is None
    assert web.arm.refusal("GET", f"{web.site}/{SETTINGS}") == (404, "ParentResourceNotFound")
    web.make_site()
    assert web.arm.make("GET", f"{web.site}/{SETTINGS}")["properties"] == {"platform": {"enabled": False}}
    assert web.arm.make("GET", f"{web.site}/{POLICIES}/scm")["properties"] == {"allow": True}


def test_a_group_takes_its_sites_with_it(web: Any) -> None:
    web.make_site()

    web.arm.make("DELETE", web.group)

    assert web.arm.sites.served == []


def test_what_comes_with_a_site_cannot_be_deleted(web: Any) -> None:
    web.make_site()

    assert web.arm.refusal("DELETE", f"{web.site}/{SETTINGS}") == (405, "MethodNotAllowed")
    assert web.arm.refusal("DELETE", f"{web.site}/{POLICIES}/ftp") == (405, "MethodNotAllowed")


def test_auth_settings_need_their_site(web: Any) -> None:
    body = {"properties": {"platform": {"enabled": True}}}

    assert web.arm.refusal("PUT", f"{web.site}/{SETTINGS}", body) == (404, "ParentResourceNotFound")


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"globalValidation": {"unauthenticatedClientAction": "Return418"}}, "is 'Return418'"),
        ({"identityProviders": {"google": {"enabled": True}}}, "google is not supported by the local Azure"),
        (
            {
                "identityProviders": {
                    "azureActiveDirectory": {
                        "validation": {
                            "defaultAuthorizationPolicy": {"allowedPrincipals": {"identities": ["x" * 251] * 2}}
                        }
                    }
                }
            },
            "allowedPrincipals.identities may have 500 characters in all",
        ),
    ],
)
def test_auth_settings_that_azure_would_refuse_are_refused(web: Any, properties: Any, message: str) -> None:
    web.make_site()

    answer = web.arm.call("PUT", f"{web.site}/{SETTINGS}", {"properties": properties})

    assert answer.status_code == 400
    assert message in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sku": {"name": "Y1", "tier": "Dynamic"}}, "plans of Flex Consumption alone"),
        ({"sku": {"name": "FC1", "tier": "Dynamic"}}, "plans of Flex Consumption alone"),
        ({"properties": {"reserved": False}}, "runs on Linux"),
    ],
)
def test_a_plan_is_one_of_flex_consumption(web: Any, change: Any, message: str) -> None:
    body = {"location": "westeurope", "sku": {"name": "FC1"}, "properties": {"reserved": True}, **change}

    answer = web.arm.call("PUT", f"{web.plan}-2", body)

    assert answer.status_code == 400
    assert message in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("role", "action", "status"),
    [
        # Reader, Website Contributor.
        ("acdd72a7-3385-48ef-bd42-f606fba81ae7", "GET", 200),
        ("acdd72a7-3385-48ef-bd42-f606fba81ae7", "PUT", 403),
        ("de139f84-1756-47ae-9be6-808fbbe84772", "PUT", 200),
    ],
)
def test_auth_settings_open_for_those_who_hold_the_action_on_the_site(
    web: Any, role: str, action: str, status: int
) -> None:
    web.make_site()
    drift = "77b20000-0000-4000-8000-000000000003"
    asked = {
        "principalId": drift,
        "roleDefinitionId": f"/providers/Microsoft.Authorization/roleDefinitions/{role}",
    }
    web.arm.put_assignment("11111111-0000-4000-8000-000000000001", asked, scope=web.site).raise_for_status()

    body = {"properties": {"platform": {"enabled": True}}}

    assert web.arm.call(action, f"{web.site}/{SETTINGS}", body, name="drift").status_code == status
