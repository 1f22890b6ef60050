from typing import Any

import pytest

SUBSCRIPTION = "/subscriptions/5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-test"
INSTANCE = f"{GROUP}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt-test"
DEFINITIONS = "/providers/Microsoft.Authorization/roleDefinitions"
ASSIGNMENTS = "/providers/Microsoft.Authorization/roleAssignments"
DATA_READER = "d57506d4-4c8d-48b1-8587-93c323f6a5a3"
DATA_OWNER = "bcd981a7-7f74-457b-83e1-cceb9e632ffe"
ROLE = f"{SUBSCRIPTION}{DEFINITIONS}/{DATA_READER}"
EARTH, EARTH_TENANT = "0f3c0000-0000-4000-8000-000000000011", "0f3c0000-0000-4000-8000-000000000010"
FIRE = "0f3c0000-0000-4000-8000-000000000021"
WIND_APP_ID = "51aaa000-0000-4000-8000-000000000031"
ONE, TWO = "11111111-0000-4000-8000-000000000001", "11111111-0000-4000-8000-000000000002"
MANAGEMENT_GROUP = "/providers/Microsoft.Management/managementGroups/root"


def wanted(principal_id: str = EARTH_TENANT, role: str = ROLE, **more: object) -> dict[str, object]:
    return {"principalId": principal_id, "roleDefinitionId": role, **more}


def test_a_new_assignment_is_answered_whole_and_made_again_it_is_the_same(arm: Any) -> None:
    made = arm.put_assignment(ONE, wanted(principalType="Group", description="Tenant Earth"))
    again = arm.put_assignment(ONE, wanted(principalType="Group", description="Tenant Earth"))

    assert (made.status_code, again.status_code) == (201, 200)
    assert made.json()["id"] == f"{INSTANCE}{ASSIGNMENTS}/{ONE}"
    properties = made.json()["properties"]
    assert properties["scope"] == INSTANCE
    assert properties["createdBy"] == "77b20000-0000-4000-8000-000000000001"
    assert {key: properties[key] for key in ("principalId", "principalType", "roleDefinitionId", "description")} == {
        "principalId": EARTH_TENANT,
        "principalType": "Group",
        "roleDefinitionId": ROLE,
        "description": "Tenant Earth",
    }
    assert arm.make("GET", made.json()["id"]) == again.json()


def test_the_role_is_named_in_any_form_and_answered_in_the_subscriptions(arm: Any) -> None:
    answer = arm.put_assignment(ONE, wanted(role=f"{DEFINITIONS}/{DATA_READER.upper()}"))

    assert answer.json()["properties"]["roleDefinitionId"] == ROLE


def test_a_type_that_is_not_given_is_the_principals_own(arm: Any) -> None:
    assert arm.put_assignment(ONE, wanted()).json()["properties"]["principalType"] == "Group"


@pytest.mark.parametrize(
    ("properties", "status", "code"),
    [
        (wanted(principalType="User"), 400, "UnmatchedPrincipalType"),
        (wanted("00000000-0000-4000-8000-00000000dead", principalType="ServicePrincipal"), 400, "PrincipalNotFound"),
        # The application id where the object id belongs: the usual mistake.
        (wanted(WIND_APP_ID, principalType="ServicePrincipal"), 400, "PrincipalNotFound"),
        (wanted("earth"), 400, "InvalidPrincipalId"),
        (wanted(role=f"{DEFINITIONS}/{ONE}"), 404, "RoleDefinitionDoesNotExist"),
        (wanted(role=DATA_READER), 400, "InvalidRoleDefinitionId"),
        (wanted(role=f"{INSTANCE}{ASSIGNMENTS}/{DATA_READER}"), 400, "InvalidRoleDefinitionId"),
        (wanted(condition="true"), 400, "InvalidCondition"),
        (wanted(condition="true", conditionVersion="1.0"), 400, "InvalidRequestContent"),
        (wanted(principalType="Robot"), 400, "InvalidRequestContent"),
        (wanted(role_definition_id=ROLE), 400, "InvalidRequestContent"),
        ({"roleDefinitionId": ROLE}, 400, "InvalidRequestContent"),
    ],
)
def test_an_assignment_against_a_rule_is_refused(arm: Any, properties: Any, status: int, code: str) -> None:
    assert arm.refusal_of(arm.put_assignment(ONE, properties)) == (status, code)
    assert arm.refusal("GET", f"{INSTANCE}{ASSIGNMENTS}/{ONE}") == (404, "RoleAssignmentNotFound")


def test_a_wrong_type_is_said_with_both_types(arm: Any) -> None:
    message = arm.put_assignment(ONE, wanted(principalType="User")).json()["error"]["message"]

    assert message == (
        f"The PrincipalId '{EARTH_TENANT}' has type 'Group', which is different from specified PrincipalType 'User'."
    )


def test_a_condition_is_kept(arm: Any) -> None:
    answer = arm.put_assignment(ONE, wanted(condition="true", conditionVersion="2.0"))

    assert answer.json()["properties"]["condition"] == "true"


def test_the_name_must_be_a_guid_and_the_scope_must_be_there(arm: Any) -> None:
    assert arm.refusal_of(arm.put_assignment("earth", wanted())) == (400, "InvalidResourceName")
    assert arm.refusal_of(arm.put_assignment(ONE, wanted(), scope=f"{INSTANCE}-2")) == (404, "ResourceNotFound")
    assert arm.refusal_of(arm.put_assignment(ONE, wanted(), scope=f"{GROUP}-2")) == (404, "ResourceGroupNotFound")
    for nowhere in (f"{SUBSCRIPTION}/nonsense", "/nonsense", f"{MANAGEMENT_GROUP}/children"):
        answer = arm.put_assignment(ONE, wanted(), scope=nowhere, name="owner")
        assert arm.refusal_of(answer) == (404, "ResourceNotFound")


def test_an_id_in_other_letters_is_the_same_assignment(arm: Any) -> None:
    made = arm.put_assignment(ONE, wanted()).json()
    elsewise = made["id"].upper().replace(ASSIGNMENTS.upper(), ASSIGNMENTS.lower())

    assert arm.send("GET", elsewise, name="deployer", version="2022-04-01").json() == made
    again = arm.put_assignment(ONE, wanted(EARTH_TENANT.upper()), scope=INSTANCE.replace("adt-test", "ADT-TEST"))
    assert (again.status_code, again.json()["id"]) == (200, made["id"])


def test_the_same_grant_under_another_name_is_refused_with_the_name_it_has(arm: Any) -> None:
    arm.put_assignment(ONE, wanted()).raise_for_status()

    answer = arm.put_assignment(TWO, wanted())

    assert arm.refusal_of(answer) == (409, "RoleAssignmentExists")
    assert ONE.replace("-", "") in answer.json()["error"]["message"]
    assert arm.put_assignment(TWO, wanted(), scope=GROUP).status_code == 201


@pytest.mark.parametrize(
    ("properties", "scope"),
    [
        (wanted(FIRE), INSTANCE),
        (wanted(role=f"{DEFINITIONS}/{DATA_OWNER}"), INSTANCE),
        # Names are unique in the tenant.
        (wanted(), GROUP),
    ],
)
def test_what_an_assignment_grants_cannot_change_under_its_name(arm: Any, properties: Any, scope: str) -> None:
    arm.put_assignment(ONE, wanted()).raise_for_status()

    answer = arm.put_assignment(ONE, properties, scope=scope)

    assert arm.refusal_of(answer) == (400, "RoleAssignmentUpdateNotPermitted")


def test_a_role_is_assigned_only_where_it_is_assignable(arm: Any) -> None:
    role = arm.put_role(TWO).json()["id"]

    assert arm.put_assignment(ONE, wanted(role=role)).status_code == 201
    wider = arm.put_assignment(TWO, wanted(role=role), scope=SUBSCRIPTION)
    assert arm.refusal_of(wider) == (400, "RoleAssignmentScopeNotAssignableToRoleDefinition")


def test_a_role_with_data_actions_is_not_assigned_at_a_management_group(arm: Any) -> None:
    answer = arm.put_assignment(ONE, wanted(), scope=MANAGEMENT_GROUP, name="owner")

    assert arm.refusal_of(answer) == (400, "InvalidScope")


def test_a_removed_assignment_is_answered_once_and_gone(arm: Any) -> None:
    made = arm.put_assignment(ONE, wanted()).json()

    assert arm.make("DELETE", made["id"]) == made
    assert arm.call("DELETE", made["id"]).status_code == 204


@pytest.mark.parametrize("name", ["earth", "tagger", "pull-request"])
def test_who_is_no_owner_neither_assigns_nor_removes(arm: Any, name: str) -> None:
    made = arm.put_assignment(ONE, wanted()).json()

    assert arm.refusal_of(arm.put_assignment(TWO, wanted(FIRE), name=name)) == (403, "AuthorizationFailed")
    assert arm.refusal("DELETE", made["id"], name=name) == (403, "AuthorizationFailed")


def names(items: list[Any]) -> set[str]:
    return {item["name"] for item in items}


@pytest.fixture
def placed(arm: Any) -> Any:
    """Earth's group at the instance and at the subscription, fire at the group."""
    arm.put_assignment(ONE, wanted()).raise_for_status()
    arm.put_assignment(TWO, wanted(FIRE), scope=GROUP).raise_for_status()
    arm.put_assignment(THREE, wanted(), scope=SUBSCRIPTION).raise_for_status()
    return arm


THREE = "11111111-0000-4000-8000-000000000003"


@pytest.mark.parametrize(
    ("scope", "text", "expected"),
    [
        (INSTANCE, "atScope()", {ONE, TWO, THREE}),
        (GROUP, "atScope()", {TWO, THREE}),
        (GROUP, "", {ONE, TWO, THREE}),
        (GROUP, f"assignedTo('{EARTH}')", {ONE, THREE}),
        (GROUP, f"atScope() and assignedTo('{EARTH}')", {THREE}),
        (GROUP, f"principalId eq '{EARTH}'", set()),
        (GROUP, f"principalId eq '{EARTH_TENANT}'", {ONE, THREE}),
    ],
)
def test_a_list_is_filtered_as_azure_filters_it(placed: Any, scope: str, text: str, expected: set[str]) -> None:
    assert names(placed.list(f"{scope}{ASSIGNMENTS}", text)) & {ONE, TWO, THREE} == expected


def test_a_resource_that_is_not_there_yet_has_the_assignments_above_it(placed: Any) -> None:
    missing = f"{GROUP}/providers/Microsoft.Web/sites/none"

    assert names(placed.list(f"{missing}{ASSIGNMENTS}", "atScope()")) & {ONE, TWO, THREE} == {TWO, THREE}
    assert names(placed.list(f"{missing}{ASSIGNMENTS}", f"principalId eq '{EARTH_TENANT}'")) == {THREE}


@pytest.mark.parametrize("below", ["", "/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt-test"])
def test_a_group_that_is_not_there_has_no_list_of_assignments(arm: Any, below: str) -> None:
    missing = f"{SUBSCRIPTION}/resourceGroups/none{below}"

    assert arm.refusal("GET", f"{missing}{ASSIGNMENTS}") == (404, "ResourceGroupNotFound")
    assert arm.refusal("GET", f"{missing}{ASSIGNMENTS}", name="earth") == (403, "AuthorizationFailed")


def test_a_standing_assignment_is_listed_like_any_other_and_stays(arm: Any) -> None:
    at_subscription = f"{SUBSCRIPTION}{ASSIGNMENTS}"
    (standing,) = arm.list(at_subscription, "principalId eq '77b20000-0000-4000-8000-000000000001'")

    assert standing["properties"]["roleDefinitionId"].endswith("8e3af657-a8ff-443c-a75c-2fe8c4bcb635")
    assert arm.make("GET", standing["id"]) == standing
    assert standing in arm.list(f"{INSTANCE}{ASSIGNMENTS}", "atScope()")
    assert arm.refusal("DELETE", standing["id"]) == (403, "RoleAssignmentStanding")
    again = arm.put_assignment(standing["name"], wanted(standing["properties"]["principalId"]), scope=SUBSCRIPTION)
    assert arm.refusal_of(again) == (400, "RoleAssignmentUpdateNotPermitted")


def test_everybody_may_ask_what_it_holds_itself(arm: Any) -> None:
    path = f"{INSTANCE}/providers/Microsoft.Authorization/permissions"
    arm.put_assignment(ONE, wanted()).raise_for_status()

    (earth,) = arm.list(path, name="earth")

    assert "Microsoft.DigitalTwins/query/action" in earth["dataActions"]
    assert arm.list(path, name="stranger") == []
    assert arm.list(path, name="deployer")[0]["actions"] == ["*"]
