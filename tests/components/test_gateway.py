"""The gateway's parts, by what the whole program registers of them."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from components import build_stack
from components.config import ConfigError, parse_config
from tests.components.scenario import (
    CLIENT,
    EARTH,
    FIRE,
    GROUP,
    IDENTITY,
    REGISTRATION,
    ROLE_ASSIGNMENT,
    ROLE_DEFINITION,
    ROOT,
    TENANT,
    WIND,
    Remembered,
    local_config,
)

SITE = "azure-native:web:WebApp"
AUTH = "azure-native:web:WebAppAuthSettingsV2"
ACCOUNT = "azure-native:storage:StorageAccount"
PUBLISH = "pulumi-python:dynamic/digital-twins-rbac:Publish"
BOUNDARY = "pulumi-python:dynamic/digital-twins-rbac:Boundary"
APPLICATION = "azuread:index/application:Application"
PRE_AUTHORIZED = "azuread:index/applicationPreAuthorized:ApplicationPreAuthorized"
APP_ROLE_ASSIGNMENT = "azuread:index/appRoleAssignment:AppRoleAssignment"
AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
VISUAL_STUDIO_CODE = "aebc6443-996d-45c2-90f0-388ff96faa56"

Build = Callable[..., Any]


@pytest.fixture(autouse=True)
def in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def program(**settings: object) -> Remembered:
    values = {key.split(":", 1)[1]: value for key, value in local_config().items() if key.startswith("digital-twins")}
    return Remembered(f"gateway {settings}", lambda: build_stack(parse_config({**values, **settings})))


def app_settings(built: Any) -> dict[str, str]:
    return {item["name"]: item["value"] for item in built.one(SITE).inputs["siteConfig"]["appSettings"]}


def test_the_gateway_reads_twins_and_roles_and_may_do_nothing_else(build_in_both_modes: Build) -> None:
    built = build_in_both_modes(program())

    (permission,) = built.named("gateway-identity-role").inputs["permissions"]
    assert permission["actions"] == [
        "Microsoft.Authorization/roleAssignments/read",
        "Microsoft.Authorization/roleDefinitions/read",
    ]
    assert permission["dataActions"] == [
        "Microsoft.DigitalTwins/models/read",
        "Microsoft.DigitalTwins/query/action",
        "Microsoft.DigitalTwins/digitaltwins/read",
        "Microsoft.DigitalTwins/digitaltwins/relationships/read",
    ]


def test_its_identity_holds_one_role_each_at_instance_storage_and_insights(build: Build) -> None:
    built = build(program())

    held = [item.inputs for item in built.of_type(ROLE_ASSIGNMENT) if item.inputs["principalId"] == IDENTITY]
    own = built.named("gateway-identity-role").inputs["roleDefinitionId"]
    assert {(item["scope"].rsplit("/", 1)[-1], item["roleDefinitionId"].rsplit("/", 1)[-1]) for item in held} == {
        (built.one("azure-native:digitaltwins:DigitalTwin").inputs["resourceName"], own),
        ("host-storage-id", "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"),
        ("insights-id", "3913510d-42f4-4e42-8a64-420c390055eb"),
    }
    assert {item["principalType"] for item in held} == {"ServicePrincipal"}


def test_the_app_starts_after_its_roles_are_given(build: Build) -> None:
    built = build(program())

    dependencies = " ".join(built.requests["gateway"].dependencies)
    for name in ("gateway-identity-instance-role", "gateway-identity-storage-role", "host-storage-packages"):
        assert f"::{name}" in dependencies


def test_the_storage_accepts_no_key_no_sas_and_no_anonymous_reader(build_in_both_modes: Build) -> None:
    account = build_in_both_modes(program()).one(ACCOUNT).inputs

    assert account["allowSharedKeyAccess"] is False
    assert account["allowBlobPublicAccess"] is False
    assert account["defaultToOAuthAuthentication"] is True
    assert account["minimumTlsVersion"] == "TLS1_2"
    assert account["enableHttpsTrafficOnly"] is True
    assert account["networkRuleSet"]["defaultAction"] == "Allow"


def test_names_are_legal_where_azure_is_strict(build: Build) -> None:
    built = build(program())

    account, site = built.one(ACCOUNT).inputs["accountName"], built.one(SITE).inputs["name"]
    assert len(account) <= 24
    assert account.isalnum()
    assert account == account.lower()
    assert len(site) <= 43


def test_the_app_is_a_flex_app_of_the_fixed_python_and_loads_its_package_by_identity(build: Build) -> None:
    built = build(program())

    config = built.one(SITE).inputs["functionAppConfig"]
    assert config["runtime"] == {"name": "python", "version": "3.12"}
    assert config["deployment"]["storage"]["type"] == "blobContainer"
    assert config["deployment"]["storage"]["value"] == "https://stlocal.blob.core.windows.net/app-package"
    assert config["deployment"]["storage"]["authentication"] == {
        "type": "UserAssignedIdentity",
        "userAssignedIdentityResourceId": "gateway-identity-id",
    }
    assert built.one("azure-native:web:AppServicePlan").inputs["sku"] == {"name": "FC1", "tier": "FlexConsumption"}


def test_the_app_sets_nothing_that_flex_refuses(build: Build) -> None:
    built = build(program())

    refused = {"linuxFxVersion", "pythonVersion", "alwaysOn", "functionAppScaleLimit", "use32BitWorkerProcess"}
    assert refused.isdisjoint(built.one(SITE).inputs["siteConfig"])
    forbidden = ("FUNCTIONS_", "WEBSITE_RUN_FROM_PACKAGE", "WEBSITE_CONTENT", "SCM_DO_BUILD", "ENABLE_ORYX")
    assert [name for name in app_settings(built) if name.startswith(forbidden)] == []


def test_the_settings_hold_addresses_and_ids_and_no_secret(build: Build) -> None:
    settings = app_settings(build(program()))

    assert {name for name in settings if "CONNECTION" in name} == {"APPLICATIONINSIGHTS_CONNECTION_STRING"}
    assert settings["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"] == f"ClientId={CLIENT};Authorization=AAD"
    assert "AzureWebJobsStorage" not in settings
    assert settings["AzureWebJobsStorage__blobServiceUri"] == "https://stlocal.blob.core.windows.net/"
    assert settings["AzureWebJobsStorage__queueServiceUri"] == "https://stlocal.queue.core.windows.net/"
    assert settings["AzureWebJobsStorage__credential"] == "managedidentity"
    assert settings["AzureWebJobsStorage__clientId"] == CLIENT
    assert settings["AZURE_CLIENT_ID"] == CLIENT
    assert not [text for text in settings.values() if "AccountKey" in text or "SharedAccess" in text]
    # Only the platform may say that sign-in is on.
    assert "WEBSITE_AUTH_ENABLED" not in settings


def test_the_gateway_is_told_the_instance_the_marker_roles_and_whose_tokens_count(build: Build) -> None:
    built = build(program(cloud={"authority": "https://localhost:1", "functionWheels": "host"}))
    settings = app_settings(built)

    markers = {
        item.inputs["roleDefinitionId"] for item in built.of_type(ROLE_DEFINITION) if "marker-roles" in item.name
    }
    named = json.loads(settings["TWIN_RBAC_MARKER_ROLES"])
    assert set(named) == {"Earth", "Fire", "Wind"}
    assert {role_id.rsplit("/", 1)[-1] for role_id in named.values()} == markers
    assert settings["TWIN_RBAC_ENDPOINT"] == "https://adt.api.weu.digitaltwins.azure.net"
    assert settings["TWIN_RBAC_INSTANCE_ID"].startswith(f"{GROUP}/providers/Microsoft.DigitalTwins/")
    assert (settings["TWIN_RBAC_PROPERTY"], settings["TWIN_RBAC_KEY"], settings["TWIN_RBAC_ENCODING"]) == (
        "tags",
        "role",
        "value",
    )
    assert settings["TWIN_RBAC_TENANT_ID"] == TENANT
    assert settings["TWIN_RBAC_CLIENT_ID"] == REGISTRATION
    assert json.loads(settings["TWIN_RBAC_CLOUD"]) == {"authority": "https://localhost:1"}


def test_without_a_token_only_the_health_check_answers(build_in_both_modes: Build) -> None:
    auth = build_in_both_modes(program()).one(AUTH).inputs

    assert auth["platform"]["enabled"] is True
    assert auth["globalValidation"] == {
        "requireAuthentication": True,
        "unauthenticatedClientAction": "Return401",
        "excludedPaths": ["/healthz"],
    }


def test_only_the_registrations_own_tokens_are_accepted(build: Build) -> None:
    provider = build(program()).one(AUTH).inputs["identityProviders"]["azureActiveDirectory"]

    assert provider["registration"] == {
        "clientId": REGISTRATION,
        "openIdIssuer": f"https://login.microsoftonline.com/{TENANT}/v2.0",
    }
    assert provider["validation"] == {"allowedAudiences": [REGISTRATION, f"api://{REGISTRATION}"]}


@pytest.mark.parametrize("name", ["gateway-ftp", "gateway-scm", "gateway-sign-in"])
def test_a_setting_that_closes_the_app_is_never_taken_back(build: Build, name: str) -> None:
    built = build(program())

    assert built.requests[name].retainOnDelete is True
    assert [urn.rsplit("::", 1)[-1] for urn in built.requests[name].replace_with] == ["gateway"]


@pytest.mark.parametrize("kind", ["Ftp", "Scm"])
def test_passwords_are_refused_for_ftp_and_publishing(build_in_both_modes: Build, kind: str) -> None:
    assert build_in_both_modes(program()).one(f"azure-native:web:WebApp{kind}Allowed").inputs["allow"] is False


def test_the_package_comes_last_when_the_app_is_closed_and_the_twins_are_tagged(build: Build) -> None:
    built = build(program())

    dependencies = " ".join(built.requests["gateway-package"].dependencies)
    for name in ("gateway-sign-in", "gateway-ftp", "gateway-scm", "role-tags", "boundary"):
        assert f"::{name}" in dependencies


def test_the_package_goes_to_the_app_by_its_id_since_a_preview_may_not_know_its_hosts(build: Build) -> None:
    inputs = build(program(cloud={"functionWheels": "host"})).one(PUBLISH).inputs

    assert set(inputs) - {"__provider"} == {"siteId", "package", "runtime", "wheels", "cloud"}
    assert inputs["siteId"] == "gateway-id"
    assert inputs["wheels"] == "host"
    assert build(program()).one(PUBLISH).inputs["wheels"] == "linux"


def test_the_registration_has_no_secret_and_issues_version_2_tokens_with_assigned_groups_only(build: Build) -> None:
    application = build(program()).one(APPLICATION).inputs

    assert application["signInAudience"] == "AzureADMyOrg"
    assert application["groupMembershipClaims"] == ["ApplicationGroup"]
    assert application["api"]["requestedAccessTokenVersion"] == 2
    assert [scope["value"] for scope in application["api"]["oauth2PermissionScopes"]] == ["user_impersonation"]
    (role,) = application["appRoles"]
    assert (role["value"], role["allowedMemberTypes"]) == ("Twins.Read", ["User", "Application"])
    assert {"passwords", "password", "web", "spa", "publicClient"}.isdisjoint(application)


def test_each_tenant_is_assigned_to_the_registration(build: Build) -> None:
    built = build(program())

    assigned = {item.inputs["principalObjectId"] for item in built.of_type(APP_ROLE_ASSIGNMENT)}
    assert assigned == {EARTH, FIRE, WIND}


def test_each_client_may_ask_for_the_scope_without_consent(build_in_both_modes: Build) -> None:
    built = build_in_both_modes(program(gateway={"clients": [AZURE_CLI.upper(), VISUAL_STUDIO_CODE]}))

    (scope,) = built.one(APPLICATION).inputs["api"]["oauth2PermissionScopes"]
    for client in (AZURE_CLI, VISUAL_STUDIO_CODE):
        inputs = built.named(f"registration-client-{client}").inputs
        assert (inputs["authorizedClientId"], inputs["permissionIds"]) == (client, [scope["id"]])
    assert len(built.of_type(PRE_AUTHORIZED)) == 2


def test_a_client_is_authorized_at_the_gateways_own_registration(build: Build) -> None:
    built = build(program(gateway={"clients": [AZURE_CLI]}))

    assert built.one(PRE_AUTHORIZED).inputs["applicationId"] == "registration-id"


def test_without_clients_every_application_needs_consent(build: Build) -> None:
    assert build(program()).of_type(PRE_AUTHORIZED) == []


def test_a_given_registration_is_used_and_none_is_made(build: Build) -> None:
    given = "c11e0000-0000-4000-8000-000000000009"
    built = build(program(gateway={"clientId": given}))

    assert app_settings(built)["TWIN_RBAC_CLIENT_ID"] == given
    assert [item for item in built.created if item.type.startswith("azuread:")] == []


@pytest.mark.parametrize(
    ("gateway", "problem"),
    [
        ({"createRegistration": False}, "createRegistration is false: give clientId"),
        ({"clientId": "gateway"}, "clientId: must be the client id of an app registration"),
        ({"clientId": "00000000-0000-0000-0000-000000000000"}, "clientId: is still the placeholder"),
        ({"clientID": "x"}, "clientID is not a setting; did you mean clientId?"),
        ({"clients": AZURE_CLI}, "gateway.clients must be a list"),
        ({"clients": ["azure-cli"]}, "gateway.clients.0: must be the client id of an application, such as"),
        ({"clients": ["00000000-0000-0000-0000-000000000000"]}, "gateway.clients.0: is still the placeholder"),
        ({"clients": [AZURE_CLI, AZURE_CLI.upper()]}, f"gateway.clients: {AZURE_CLI} stands there twice"),
        (
            {"clientId": REGISTRATION, "clients": [AZURE_CLI]},
            f"gateway: clients has no effect on the registration {REGISTRATION}, which is not the program's: leave",
        ),
    ],
)
def test_a_wrong_setting_of_the_gateway_is_named(gateway: dict[str, object], problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        program(gateway=gateway)()

    assert problem in str(caught.value)


def test_the_boundary_knows_every_tenant_and_the_instance_before_it_is_made(build_in_both_modes: Build) -> None:
    boundary = build_in_both_modes(program()).one(BOUNDARY).inputs

    assert {name: item["principalId"] for name, item in boundary["tenants"].items()} == {
        "earth": EARTH,
        "fire": FIRE,
        "wind": WIND,
    }
    assert boundary["instanceId"].startswith(f"{GROUP}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt-")
    assert boundary["bypass"] == "refuse"


def test_the_boundary_looks_after_the_programs_own_assignments_are_made_and_knows_them(build: Build) -> None:
    built = build(program())

    dependencies = " ".join(built.requests["boundary"].dependencies)
    for name in ("deployers-tagger-77b20000", "deployers-loader-77b20000", "drift-readers-data-77b20000"):
        assert f"::{name}" in dependencies
    own = {built.named(name).inputs["roleDefinitionId"] for name in ("tagger-role", "loader-role", "drift-reader-role")}
    assert set(built.one(BOUNDARY).inputs["ownRoles"]) == own
    assert [reader[-1] for reader in built.one(BOUNDARY).inputs["readers"]] == ["1", "2", "3"]


def test_a_way_round_the_gateway_can_be_let_pass_with_a_warning_only(build: Build) -> None:
    assert build(program(bypass="warn")).one(BOUNDARY).inputs["bypass"] == "warn"
    with pytest.raises(ConfigError, match="refuse or warn"):
        program(bypass="allow")()


def test_the_outputs_name_the_gateway_and_its_principal(build: Build) -> None:
    outputs = build(program()).outputs

    assert outputs["gatewayEndpoint"] == "https://func-local.azurewebsites.net"
    assert outputs["gatewayPrincipalId"] == IDENTITY
