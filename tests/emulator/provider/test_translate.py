import re
from typing import Any

import pytest

from emulator.provider.translate import (
    AUTO_NAMED,
    complete_inputs,
    find_input_problems,
    imported_inputs,
    is_default,
    make_body,
    make_id,
    make_outputs,
    preview_outputs,
    refresh_inputs,
)
from emulator.provider.wire import UNKNOWN
from emulator.resource_manager.resource_types import RESOURCE_TYPES, ResourceType
from emulator.resource_manager.resource_types.site_config import SITE_CONFIG

ROWS = {row.token.rsplit(":", 1)[-1]: row for row in RESOURCE_TYPES}
SITE, SETTINGS, ACCOUNT, CONTAINER, COMPONENT, IDENTITY, SCM = (
    ROWS[name]
    for name in (
        "WebApp",
        "WebAppAuthSettingsV2",
        "StorageAccount",
        "BlobContainer",
        "Component",
        "UserAssignedIdentity",
        "WebAppScmAllowed",
    )
)
GROUP, TWIN, ROLE, ASSIGNMENT = (
    ROWS[name] for name in ("ResourceGroup", "DigitalTwin", "RoleDefinition", "RoleAssignment")
)
SCOPE = "/subscriptions/s/resourceGroups/rg"
GUID = "aaaaaaaa-0000-4000-8000-000000000001"


def complete(row: ResourceType, inputs: Any, old: Any | None = None, location: str | None = None) -> Any:
    return complete_inputs(row, inputs, old or {}, name="adt", seed=b"seed", location=location)


def test_a_missing_name_is_made_up_once_and_then_kept() -> None:
    first = complete(TWIN, {"resourceGroupName": "rg"})

    assert re.fullmatch(r"adt[0-9a-f]{8}", first["resourceName"])
    assert first[AUTO_NAMED] is True
    assert complete(TWIN, {"resourceGroupName": "rg"}) == first
    assert complete(TWIN, {"resourceGroupName": "rg"}, {"resourceName": "adt00000000"})["resourceName"] == "adt00000000"
    assert re.fullmatch(ASSIGNMENT.name_pattern, complete(ASSIGNMENT, {})["roleAssignmentName"])


def test_a_part_of_a_resource_is_named_as_in_the_program_and_frees_its_name_first() -> None:
    assert complete(CONTAINER, {"accountName": "st"}) == {"accountName": "st", "containerName": "adt"}


def test_a_site_and_a_component_have_the_defaults_of_the_sdk() -> None:
    assert complete(SITE, {"name": "fn", "clientAffinityEnabled": True}) == {
        "name": "fn",
        "clientAffinityEnabled": True,
        "hyperV": False,
        "isXenon": False,
        "scmSiteAlsoStopped": False,
    }
    assert complete(COMPONENT, {"resourceName": "ai"}) == {
        "resourceName": "ai",
        "applicationType": "web",
        "flowType": "Bluefield",
        "ingestionMode": "LogAnalytics",
        "publicNetworkAccessForIngestion": "Enabled",
        "publicNetworkAccessForQuery": "Enabled",
        "requestSource": "rest",
    }


def test_a_given_name_is_taken_as_it_is() -> None:
    assert complete(TWIN, {"resourceName": "adt-1"}) == {"resourceName": "adt-1"}


def test_the_location_is_the_providers_where_the_program_gives_none() -> None:
    assert complete(TWIN, {}, location="westeurope")["location"] == "westeurope"
    assert complete(TWIN, {"location": "northeurope"}, location="westeurope")["location"] == "northeurope"
    assert "location" not in complete(ROLE, {}, location="westeurope")


def test_a_principal_whose_type_is_not_said_is_sent_as_a_user() -> None:
    assert complete(ASSIGNMENT, {})["principalType"] == "User"


@pytest.mark.parametrize(
    ("row", "inputs", "problems"),
    [
        (TWIN, {"resourceGroupName": "rg", "resourceName": "adt-1"}, []),
        (TWIN, {"resourceName": "adt-1"}, [("resourceGroupName", "missing required property 'resourceGroupName'")]),
        (
            TWIN,
            {"resourceGroupName": "rg", "resourceName": "x_y"},
            [
                (
                    "resourceName",
                    "resourceName is 'x_y', and must be 3-63 letters, digits and hyphens, no hyphen at an end",
                )
            ],
        ),
        (
            TWIN,
            {"resourceGroupName": "rg", "publicNetworkAccess": "Maybe"},
            [("publicNetworkAccess", "publicNetworkAccess is 'Maybe', and must be one of: Enabled, Disabled")],
        ),
        (
            TWIN,
            {"resourceGroupName": "rg", "privateEndpointConnections": []},
            [
                (
                    "privateEndpointConnections",
                    "privateEndpointConnections is not supported by the local Azure; see docs/emulator-differences.md",
                )
            ],
        ),
        (
            ROLE,
            {"scope": SCOPE, "roleName": "r", "permissions": [{"dataAction": []}]},
            [
                (
                    "permissions",
                    (
                        "unknown property permissions[0].dataAction; there are: actions, notActions, dataActions, "
                        "notDataActions"
                    ),
                )
            ],
        ),
        (
            ASSIGNMENT,
            {
                "scope": SCOPE,
                "principalId": GUID,
                "roleDefinitionId": "/r",
                "roleAssignmentName": "earth",
                "principalType": "Robot",
            },
            [
                (
                    "principalType",
                    "principalType is 'Robot', and must be one of: User, Group, ServicePrincipal, ForeignGroup, Device",
                ),
                ("roleAssignmentName", "roleAssignmentName is 'earth', and must be a GUID"),
            ],
        ),
        (
            ACCOUNT,
            {"resourceGroupName": "rg", "accountName": "St-1", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}},
            [("accountName", "accountName is 'St-1', and must be 3-24 lower-case letters and digits")],
        ),
        (
            SITE,
            {"resourceGroupName": "rg", "siteConfig": {"cors": {}, "colour": "red", "http20Enabled": "yes"}},
            [
                ("siteConfig", "siteConfig.cors is not supported by the local Azure; see docs/emulator-differences.md"),
                ("siteConfig", f"unknown property siteConfig.colour; there are: {', '.join(SITE_CONFIG.properties)}"),
                ("siteConfig", "siteConfig.http20Enabled must be a boolean"),
            ],
        ),
        (SCM, {"resourceGroupName": "rg", "name": "fn"}, [("allow", "missing required property 'allow'")]),
        (SETTINGS, {"resourceGroupName": "rg"}, [("name", "missing required property 'name'")]),
        # The identity's ids are a list in Pulumi.
        (
            TWIN,
            {"resourceGroupName": "rg", "identity": {"type": "UserAssigned", "userAssignedIdentities": ["/x"]}},
            [],
        ),
    ],
)
def test_wrong_inputs_are_named(row: ResourceType, inputs: Any, problems: list[tuple[str, str]]) -> None:
    assert find_input_problems(row, inputs) == problems


def test_an_unknown_property_is_named_with_those_that_there_are() -> None:
    ((key, reason),) = find_input_problems(GROUP, {"resourceGroupName": "rg", "colour": "red"})

    assert key == "colour"
    assert reason == (
        "unknown property colour; azure-native:resources:ResourceGroup has: "
        "location, tags, managedBy, resourceGroupName"
    )


def test_what_a_preview_cannot_know_is_not_judged() -> None:
    inputs = {
        "scope": UNKNOWN,
        "principalId": UNKNOWN,
        "roleDefinitionId": UNKNOWN,
        "roleAssignmentName": UNKNOWN,
        "principalType": UNKNOWN,
    }

    assert find_input_problems(ASSIGNMENT, inputs) == []


def test_ids_are_azures_with_or_without_a_slash_before_the_scope() -> None:
    inputs = {"scope": SCOPE, "roleAssignmentName": GUID}
    expected = f"{SCOPE}/providers/Microsoft.Authorization/roleAssignments/{GUID}"

    assert make_id(ASSIGNMENT, inputs, "s") == expected
    assert make_id(ASSIGNMENT, {**inputs, "scope": SCOPE.lstrip("/")}, "s") == expected
    assert make_id(TWIN, {"resourceGroupName": "rg", "resourceName": "adt"}, "s") == (
        f"{SCOPE}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt"
    )


def test_the_body_of_an_instance_has_its_properties_where_azure_wants_them() -> None:
    inputs = {
        "resourceGroupName": "rg",
        "resourceName": "adt",
        AUTO_NAMED: True,
        "location": "westeurope",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": ["/x"]},
        "publicNetworkAccess": "Enabled",
    }

    assert make_body(TWIN, inputs) == {
        "location": "westeurope",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {"/x": {}}},
        "properties": {"publicNetworkAccess": "Enabled"},
    }


def test_a_group_has_no_properties_to_send_and_the_type_of_a_role_is_renamed() -> None:
    assert make_body(GROUP, {"resourceGroupName": "rg", "location": "westeurope"}) == {"location": "westeurope"}
    assert make_body(ROLE, {"scope": SCOPE, "roleDefinitionId": GUID, "roleType": "CustomRole"}) == {
        "properties": {"type": "CustomRole"}
    }


def test_the_names_of_an_account_and_of_a_component_are_the_services_where_they_differ() -> None:
    account = {"accountName": "st", "kind": "StorageV2", "enableHttpsTrafficOnly": True, "networkRuleSet": {}}
    component = {"resourceName": "ai", "kind": "web", "applicationType": "web", "workspaceResourceId": "/w"}

    assert make_body(ACCOUNT, {**account, "resourceGroupName": "rg"}) == {
        "kind": "StorageV2",
        "properties": {"supportsHttpsTrafficOnly": True, "networkAcls": {}},
    }
    assert make_body(COMPONENT, {**component, "resourceGroupName": "rg"}) == {
        "kind": "web",
        "properties": {"Application_Type": "web", "WorkspaceResourceId": "/w"},
    }
    assert make_outputs(COMPONENT, {"name": "ai", "properties": {"ConnectionString": "c", "Flow_Type": "f"}}) == {
        "name": "ai",
        "connectionString": "c",
        "flowType": "f",
        "azureApiVersion": "2020-02-02",
    }


def test_the_identity_of_a_site_is_a_list_on_the_way_in_and_a_map_on_the_way_out() -> None:
    facts = {"type": "UserAssigned", "userAssignedIdentities": {"/x": {"clientId": "c", "principalId": "p"}}}
    sent = make_body(SITE, {"name": "fn", "identity": {"type": "UserAssigned", "userAssignedIdentities": ["/x"]}})

    assert sent["identity"] == {"type": "UserAssigned", "userAssignedIdentities": {"/x": {}}}
    assert make_outputs(SITE, {"identity": facts})["identity"] == facts
    inputs = {"identity": {"type": "UserAssigned", "userAssignedIdentities": ["/x"]}}
    renewed = {"type": "UserAssigned", "userAssignedIdentities": {"/x": {"clientId": "c", "principalId": "q"}}}
    assert refresh_inputs(SITE, inputs, {"identity": facts}, {"identity": renewed}) == inputs


def test_a_part_of_a_site_goes_by_the_name_of_its_site() -> None:
    site = f"{SCOPE}/providers/Microsoft.Web/sites/fn"
    inputs = {"resourceGroupName": "rg", "name": "fn", "allow": False}

    assert make_id(SETTINGS, inputs, "s") == f"{site}/config/authsettingsV2"
    assert make_id(SCM, inputs, "s") == f"{site}/basicPublishingCredentialsPolicies/scm"
    assert make_body(SCM, inputs) == {"properties": {"allow": False}}
    assert imported_inputs(SCM, f"{site}/basicPublishingCredentialsPolicies/scm", {"allow": False}) == {
        "resourceGroupName": "rg",
        "name": "fn",
        "allow": False,
    }


@pytest.mark.parametrize(
    ("row", "properties", "expected"),
    [
        (SCM, {"allow": True}, True),
        (SCM, {"allow": False}, False),
        (SCM, {}, False),
        (SETTINGS, {"platform": {"enabled": False, "runtimeVersion": "~1"}, "login": {}}, True),
        (SETTINGS, {"platform": {"enabled": True}}, False),
        (SETTINGS, {"platform": None}, False),
    ],
)
def test_what_comes_with_its_parent_is_as_it_came_or_not(row: ResourceType, properties: Any, *, expected: bool) -> None:
    assert is_default(row, {"properties": properties}) is expected


def test_an_app_setting_that_was_changed_by_hand_is_no_drift_but_a_site_property_is() -> None:
    inputs = {"name": "fn", "siteConfig": {"minTlsVersion": "1.2", "appSettings": [{"name": "A", "value": "1"}]}}
    before, after = {"siteConfig": {"minTlsVersion": "1.2"}}, {"siteConfig": {"minTlsVersion": "1.0"}}

    assert refresh_inputs(SITE, inputs, before, before) == inputs
    assert refresh_inputs(SITE, inputs, before, after)["siteConfig"] == {
        "minTlsVersion": "1.0",
        "appSettings": [{"name": "A", "value": "1"}],
    }


def test_a_preview_of_a_new_identity_does_not_know_its_principal() -> None:
    outputs = preview_outputs(IDENTITY, {"resourceGroupName": "rg", "resourceName": "id"}, {})

    assert outputs["principalId"] == outputs["clientId"] == outputs["tenantId"] == UNKNOWN


def test_outputs_are_flat_but_for_a_group() -> None:
    role = {"id": "/r", "name": GUID, "type": ROLE.type, "properties": {"roleName": "r", "type": "CustomRole"}}
    group = {"id": "/g", "name": "rg", "properties": {"provisioningState": "Succeeded"}}

    assert make_outputs(ROLE, role) == {
        "name": GUID,
        "type": ROLE.type,
        "roleName": "r",
        "roleType": "CustomRole",
        "azureApiVersion": "2022-05-01-preview",
    }
    assert make_outputs(GROUP, group)["properties"] == {"provisioningState": "Succeeded"}


def test_a_preview_knows_what_was_given_and_nothing_that_the_service_decides() -> None:
    inputs = {"resourceGroupName": "rg", "resourceName": "adt", "identity": {"type": "SystemAssigned"}, "tags": {}}

    outputs = preview_outputs(TWIN, inputs, {"name": "adt"})

    assert outputs["tags"] == {}
    assert outputs["name"] == "adt"
    assert outputs["hostName"] == outputs["identity"] == outputs["publicNetworkAccess"] == UNKNOWN
    assert "resourceGroupName" not in outputs


def test_a_preview_knows_the_scope_that_the_service_answers_too() -> None:
    assert preview_outputs(ASSIGNMENT, {"scope": SCOPE, "roleAssignmentName": GUID}, {})["scope"] == SCOPE
    assert "scope" not in preview_outputs(ROLE, {"scope": SCOPE, "roleDefinitionId": GUID}, {})


LIVE = {
    "location": "westeurope",
    "identity": {"type": "SystemAssigned", "principalId": "p", "tenantId": "t"},
    "publicNetworkAccess": "Enabled",
}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, {}),
        ({"tags": {"hand": "made"}}, {"tags": {"hand": "made"}}),
        # Set by the service until somebody set it: it shows although the program does not say it.
        ({"publicNetworkAccess": "Disabled"}, {"publicNetworkAccess": "Disabled"}),
        ({"identity": None}, {"identity": None}),
        # Another principal is no input.
        ({"identity": {"type": "SystemAssigned", "principalId": "q", "tenantId": "t"}}, {}),
    ],
)
def test_a_refresh_carries_what_changed_into_the_inputs(change: Any, expected: dict[str, Any]) -> None:
    inputs = {"resourceGroupName": "rg", "resourceName": "adt", "identity": {"type": "SystemAssigned"}}
    wanted = {**inputs, **expected}

    assert refresh_inputs(TWIN, inputs, LIVE, {**LIVE, **change}) == {
        key: value for key, value in wanted.items() if value is not None
    }


def test_an_imported_resource_has_the_inputs_that_would_have_made_it() -> None:
    resource_id = f"{SCOPE}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt"

    assert imported_inputs(TWIN, resource_id, {**LIVE, "hostName": "h"}) == {
        "location": "westeurope",
        "identity": {"type": "SystemAssigned"},
        "publicNetworkAccess": "Enabled",
        "resourceGroupName": "rg",
        "resourceName": "adt",
    }
