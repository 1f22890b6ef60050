"""A function app and what it needs, through the provider and the whole local Azure."""

from typing import Any

import pytest

from emulator.provider.errors import AlreadyChanged, ParentMissing, Refused
from emulator.provider.provider import INPUTS
from emulator.provider.wire import read_properties
from tests.emulator.provider.engine import SUBSCRIPTION_ID, Engine

GROUP = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/rg"
SITE = f"{GROUP}/providers/Microsoft.Web/sites/fn"
SETTINGS_ID = f"{SITE}/config/authsettingsV2"
SCM_ID = f"{SITE}/basicPublishingCredentialsPolicies/scm"
APP, SETTINGS, SCM = (f"azure-native:web:{name}" for name in ("WebApp", "WebAppAuthSettingsV2", "WebAppScmAllowed"))
IN_GROUP = {"resourceGroupName": "rg", "location": "westeurope"}


@pytest.fixture
def engine(emulator: Any) -> Engine:
    return Engine(emulator.environment("deployer"), subscriptionId=SUBSCRIPTION_ID)


def make(engine: Engine, token: str, **inputs: Any) -> dict[str, Any]:
    made = engine.create(f"azure-native:{token}", inputs)
    return {"id": made.resource_id, **read_properties(made.properties)}


@pytest.fixture
def site(engine: Engine) -> dict[str, Any]:
    """The state of a function app."""
    make(engine, "resources:ResourceGroup", resourceGroupName="rg", location="westeurope")
    identity = make(engine, "managedidentity:UserAssignedIdentity", **IN_GROUP, resourceName="id-1")
    account = make(
        engine,
        "storage:StorageAccount",
        **IN_GROUP,
        accountName="st1",
        kind="StorageV2",
        sku={"name": "Standard_LRS"},
    )
    make(engine, "storage:BlobContainer", resourceGroupName="rg", accountName="st1", containerName="packages")
    plan = make(engine, "web:AppServicePlan", **IN_GROUP, name="plan", reserved=True, sku={"name": "FC1"})
    storage = {
        "type": "blobContainer",
        "value": f"{account['primaryEndpoints']['blob']}packages",
        "authentication": {"type": "UserAssignedIdentity", "userAssignedIdentityResourceId": identity["id"]},
    }
    return make(
        engine,
        "web:WebApp",
        **IN_GROUP,
        name="fn",
        kind="functionapp,linux",
        serverFarmId=plan["id"],
        identity={"type": "UserAssigned", "userAssignedIdentities": [identity["id"]]},
        functionAppConfig={
            "deployment": {"storage": storage},
            "runtime": {"name": "python", "version": "3.12"},
        },
        siteConfig={"minTlsVersion": "1.2", "appSettings": [{"name": "COLOUR", "value": "red"}]},
    )


def test_a_site_answers_where_it_is_served_and_keeps_its_app_settings_to_itself(site: dict[str, Any]) -> None:
    types = {state["hostType"]: state["name"] for state in site["hostNameSslStates"]}

    assert site["id"] == SITE
    assert site["defaultHostName"] == types["Standard"]
    assert types["Standard"] != types["Repository"]
    assert all(name.startswith("localhost:") for name in types.values())
    assert site["siteConfig"] == {"minTlsVersion": "1.2"}
    assert site[INPUTS]["siteConfig"]["appSettings"] == [{"name": "COLOUR", "value": "red"}]
    (facts,) = site["identity"]["userAssignedIdentities"].values()
    assert set(facts) == {"clientId", "principalId"}


def test_a_refresh_of_a_site_that_nobody_changed_changes_nothing(engine: Engine, site: dict[str, Any]) -> None:
    state = {key: value for key, value in site.items() if key != "id"}

    response = engine.read(APP, SITE, state)

    assert read_properties(response.properties) == state
    assert read_properties(response.inputs) == state[INPUTS]


def test_a_site_is_changed_and_deleted_and_its_plan_stays(engine: Engine, site: dict[str, Any], emulator: Any) -> None:
    changed = engine.update(APP, SITE, {}, {**site[INPUTS], "httpsOnly": True})

    assert changed["httpsOnly"] is True
    assert changed["defaultHostName"] == site["defaultHostName"]
    engine.delete(APP, SITE)
    assert emulator.call("GET", SITE, version="2025-05-01").status_code == 404
    plan = f"{GROUP}/providers/Microsoft.Web/serverfarms/plan"
    assert emulator.call("GET", plan, version="2025-05-01").status_code == 200


@pytest.mark.usefixtures("site")
def test_what_comes_with_a_site_is_created_while_it_is_as_it_came_and_goes_back_to_that(engine: Engine) -> None:
    inputs = {"resourceGroupName": "rg", "name": "fn", "allow": False}

    made = engine.create(SCM, inputs)

    assert made.resource_id == SCM_ID
    assert read_properties(made.properties)["allow"] is False
    with pytest.raises(AlreadyChanged, match=f"cannot create already existing subresource '{SCM_ID}'"):
        engine.create(SCM, inputs)
    engine.delete(SCM, SCM_ID)
    assert read_properties(engine.read(SCM, SCM_ID).properties)["allow"] is True
    assert engine.create(SCM, inputs).resource_id == SCM_ID


@pytest.mark.usefixtures("site")
def test_deleted_auth_settings_leave_the_site_open(engine: Engine) -> None:
    settings = {"platform": {"enabled": True}, "globalValidation": {"requireAuthentication": True}}
    engine.create(SETTINGS, {"resourceGroupName": "rg", "name": "fn", **settings})

    engine.delete(SETTINGS, SETTINGS_ID)

    outputs = read_properties(engine.read(SETTINGS, SETTINGS_ID).properties)
    assert outputs["platform"] == {"enabled": False}
    assert "globalValidation" not in outputs


@pytest.mark.usefixtures("site")
def test_a_part_of_a_site_that_there_is_not_has_no_parent(engine: Engine) -> None:
    with pytest.raises(ParentMissing, match="parent resource does not exist for resource"):
        engine.create(SCM, {"resourceGroupName": "rg", "name": "other", "allow": False})


def test_a_setting_that_flex_consumption_refuses_is_said_in_azures_way(engine: Engine, site: dict[str, Any]) -> None:
    settings = [{"name": "FUNCTIONS_WORKER_RUNTIME", "value": "python"}]

    with pytest.raises(Refused, match=r'Status=400 Code="BadRequest".*FUNCTIONS_WORKER_RUNTIME'):
        engine.update(APP, SITE, {}, {**site[INPUTS], "siteConfig": {"appSettings": settings}})


def test_a_changed_kind_or_name_is_a_new_site_and_a_changed_setting_is_not(
    engine: Engine, site: dict[str, Any]
) -> None:
    old = site[INPUTS]
    settings = {**old["siteConfig"], "appSettings": [{"name": "COLOUR", "value": "blue"}]}

    assert engine.diff(APP, old, {**old, "kind": "functionapp"}).replaces == ["kind"]
    assert engine.diff(APP, old, {**old, "name": "fn2"}).replaces == ["name"]
    changed = engine.diff(APP, old, {**old, "siteConfig": settings})
    assert changed.replaces == []
    assert list(changed.detailed_diff) == ["siteConfig.appSettings[0].value"]
