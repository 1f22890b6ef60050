from typing import Any

import pytest

SUBSCRIPTION = "/subscriptions/5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-test"
INSTANCE = f"{GROUP}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt-test"
DEFINITIONS = "/providers/Microsoft.Authorization/roleDefinitions"
GUID = "aaaaaaaa-0000-4000-8000-000000000001"
OTHER = "aaaaaaaa-0000-4000-8000-000000000002"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
EARTH_TENANT = "0f3c0000-0000-4000-8000-000000000010"
DRIFT = "77b20000-0000-4000-8000-000000000003"
MANAGEMENT_GROUP = "/providers/Microsoft.Management/managementGroups/root"


def test_a_role_written_at_a_group_answers_with_an_id_of_the_subscription(arm: Any) -> None:
    answer = arm.put_role(GUID.upper(), description="Reads twins.")

    role = answer.json()
    assert answer.status_code == 201
    assert role["id"] == f"{SUBSCRIPTION}{DEFINITIONS}/{GUID}"
    assert role["properties"]["type"] == "CustomRole"
    assert role["properties"]["createdOn"].endswith("Z")
    assert arm.make("GET", role["id"]) == role
    assert arm.make("GET", f"{DEFINITIONS}/{GUID}") == role


def test_a_change_replaces_what_the_role_holds_and_keeps_when_it_was_made(arm: Any) -> None:
    made = arm.put_role(GUID).json()
    arm.clock.advance(60)

    changed = arm.put_role(GUID, permissions=[{"actions": ["Microsoft.DigitalTwins/operations/read"]}])

    properties = changed.json()["properties"]
    assert changed.status_code == 201  # Azure's own client takes no other status for a success
    assert properties["permissions"] == [{"actions": ["Microsoft.DigitalTwins/operations/read"]}]
    assert properties["createdOn"] == made["properties"]["createdOn"]
    assert properties["updatedOn"] > made["properties"]["updatedOn"]


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"assignableScopes": []}, "MissingAssignableScopes"),
        ({"assignableScopes": [INSTANCE]}, "InvalidAssignableScope"),
        ({"assignableScopes": ["/"]}, "InvalidAssignableScope"),
        ({"assignableScopes": [f"{SUBSCRIPTION}/resourceGroups/*"]}, "InvalidAssignableScope"),
        (
            {"assignableScopes": [MANAGEMENT_GROUP, f"{MANAGEMENT_GROUP}2"], "permissions": []},
            "InvalidAssignableScope",
        ),
        ({"assignableScopes": [MANAGEMENT_GROUP]}, "InvalidRoleDefinition"),
        (
            {"permissions": [{"dataActions": ["Microsoft.DigitalTwins/twins/read"]}]},
            "InvalidDataActionOrNotDataAction",
        ),
        (
            {"permissions": [{"notDataActions": ["Microsoft.DigitalTwins/operations/read"]}]},
            "InvalidDataActionOrNotDataAction",
        ),
        ({"permissions": [{"actions": ["Microsoft.DigitalTwins/query/action"]}]}, "InvalidActionOrNotAction"),
        ({"permissions": [{"notActions": ["*/digitalTwins*/read"]}]}, "InvalidActionOrNotAction"),
        ({"permissions": [{"dataAction": []}]}, "InvalidRequestContent"),
        ({"assignableScopes": [f"{MANAGEMENT_GROUP}/a/b"], "permissions": []}, "InvalidAssignableScope"),
        ({"assignableScopes": [GROUP] * 2001}, "InvalidRequestContent"),
        ({"roleName": "x" * 513}, "InvalidRequestContent"),
        ({"roleName": None}, "InvalidRequestContent"),
        ({"description": "x" * 2049}, "InvalidRequestContent"),
        ({"type": "BuiltInRole"}, "InvalidRequestContent"),
    ],
)
def test_a_role_against_a_rule_is_refused(arm: Any, properties: dict[str, Any], code: str) -> None:
    assert arm.refusal_of(arm.put_role(GUID, **properties)) == (400, code)
    assert arm.refusal("GET", f"{DEFINITIONS}/{GUID}") == (404, "RoleDefinitionDoesNotExist")


def test_a_role_may_hold_nothing_at_all(arm: Any) -> None:
    assert arm.put_role(GUID, permissions=[]).status_code == 201
    assert arm.put_role(OTHER, roleName="Marker", permissions=[{"actions": [], "dataActions": []}]).status_code == 201


def test_the_name_of_a_role_is_unique_in_the_directory_whatever_its_case(arm: Any) -> None:
    arm.put_role(GUID).raise_for_status()

    assert arm.refusal_of(arm.put_role(OTHER, roleName="twin READER")) == (409, "RoleDefinitionWithSameNameExists")
    assert arm.refusal_of(arm.put_role(OTHER, roleName="Owner")) == (409, "RoleDefinitionWithSameNameExists")
    assert arm.put_role(GUID, roleName="Twin Reader").status_code == 201


def test_the_name_of_the_definition_must_be_a_guid(arm: Any) -> None:
    assert arm.refusal_of(arm.put_role("twin-reader")) == (400, "InvalidResourceName")


def test_a_role_that_is_assigned_stays_until_it_no_longer_is(arm: Any) -> None:
    role_id = arm.put_role(GUID).json()["id"]
    assignment = arm.put_assignment(OTHER, {"principalId": EARTH_TENANT, "roleDefinitionId": role_id}).json()

    assert arm.refusal("DELETE", role_id) == (400, "RoleDefinitionHasAssignments")
    arm.make("DELETE", assignment["id"])
    assert arm.call("DELETE", role_id).status_code == 200
    assert arm.call("DELETE", role_id).status_code == 204


def test_a_built_in_role_is_read_by_everybody_and_changed_by_nobody(arm: Any) -> None:
    path = f"{DEFINITIONS}/{READER}"

    assert arm.make("GET", path, name="stranger")["properties"]["permissions"][0]["actions"] == ["*/read"]
    assert arm.make("GET", f"{SUBSCRIPTION}{path}")["properties"]["roleName"] == "Reader"
    assert arm.refusal_of(arm.put_role(READER)) == (403, "CannotUpdateBuiltInRole")
    assert arm.refusal("DELETE", f"{SUBSCRIPTION}{path}", name="owner") == (403, "CannotUpdateBuiltInRole")


def test_a_list_holds_what_can_be_assigned_there_and_finds_a_name(arm: Any) -> None:
    arm.put_role(GUID).raise_for_status()

    at_instance = arm.list(f"{INSTANCE}{DEFINITIONS}")
    at_subscription = arm.list(f"{SUBSCRIPTION}{DEFINITIONS}")

    names = {item["properties"]["roleName"] for item in at_instance}
    assert names - {item["properties"]["roleName"] for item in at_subscription} == {"Twin reader"}
    assert "Azure Digital Twins Data Owner" in names
    assert [item["name"] for item in arm.list(f"{GROUP}{DEFINITIONS}", "roleName eq 'Reader'")] == [READER]


@pytest.mark.parametrize("name", ["drift", "stranger"])
def test_writing_a_role_takes_the_right_on_every_assignable_scope(arm: Any, name: str) -> None:
    assert arm.refusal_of(arm.put_role(GUID, name=name)) == (403, "AuthorizationFailed")


def test_an_owner_of_one_group_cannot_make_a_role_assignable_elsewhere_nor_take_over_one_that_is(arm: Any) -> None:
    owner_role = f"{SUBSCRIPTION}{DEFINITIONS}/8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
    arm.put_assignment(OTHER, {"principalId": DRIFT, "roleDefinitionId": owner_role}, scope=GROUP).raise_for_status()

    wider = arm.put_role(GUID, name="drift", assignableScopes=[GROUP, SUBSCRIPTION])
    assert arm.refusal_of(wider) == (403, "AuthorizationFailed")
    assert arm.put_role(GUID, name="drift").status_code == 201

    arm.put_role(GUID, assignableScopes=[GROUP, SUBSCRIPTION]).raise_for_status()
    assert arm.refusal_of(arm.put_role(GUID, name="drift")) == (403, "AuthorizationFailed")
    assert arm.refusal("DELETE", f"{GROUP}{DEFINITIONS}/{GUID}", name="drift") == (403, "AuthorizationFailed")


def test_who_reads_a_group_reads_the_roles_that_can_be_assigned_in_it(arm: Any) -> None:
    role_id = arm.put_role(GUID).json()["id"]
    reader = f"{SUBSCRIPTION}{DEFINITIONS}/{READER}"
    arm.put_assignment(OTHER, {"principalId": DRIFT, "roleDefinitionId": reader}, scope=GROUP).raise_for_status()

    assert arm.make("GET", role_id, name="drift")["name"] == GUID
    assert arm.refusal("GET", role_id, name="stranger") == (403, "AuthorizationFailed")
