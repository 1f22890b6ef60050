from dataclasses import replace
from typing import Any

import pytest

from policy_pack.rules import UNKNOWN, Resource
from tests.policy_pack.conftest import broken, resource

SUBSCRIPTION = "/subscriptions/5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg"
ROLES = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions"
OWNER = f"{ROLES}/bcd981a7-7f74-457b-83e1-cceb9e632ffe"
READER = f"{ROLES}/d57506d4-4c8d-48b1-8587-93c323f6a5a3"
BLOB_OWNER = f"{ROLES}/b7e6dc6d-f1e8-4753-8033-0f276bb0955b"
VERSION_5 = "6fa459ea-ee8a-5ca4-894e-db77e160355e"
MARKER = "Microsoft.DigitalTwins/operations/read"


def definition(name: str, *data_actions: str, parent: str = "", **props: Any) -> Resource:
    permission = {"actions": [], "dataActions": list(data_actions)}
    common = {"roleDefinitionId": VERSION_5, "assignableScopes": [GROUP], "permissions": [permission]}
    return resource("azure-native:authorization:RoleDefinition", name, parent, **{**common, **props})


def assignment(name: str = "grant", /, **props: Any) -> Resource:
    common = {"scope": GROUP, "principalId": "p", "principalType": "Group", "roleDefinitionId": f"{ROLES}/{VERSION_5}"}
    return resource("azure-native:authorization:RoleAssignment", name, **{**common, **props})


def test_an_app_is_never_data_owner_and_a_person_may_be() -> None:
    rule = "no-data-owner-for-an-app"

    assert broken(rule, assignment(roleDefinitionId=OWNER, principalType="ServicePrincipal")) == ["grant"]
    assert broken(rule, assignment(roleDefinitionId=OWNER.upper(), principalType="ServicePrincipal")) == ["grant"]
    assert broken(rule, assignment(roleDefinitionId=OWNER, principalType="User")) == []
    assert broken(rule, assignment(roleDefinitionId=BLOB_OWNER, principalType="ServicePrincipal")) == []
    assert broken(rule, assignment(roleDefinitionId=UNKNOWN, principalType="ServicePrincipal")) == []


ABOVE = [SUBSCRIPTION, "/providers/Microsoft.Management/managementGroups/root", "/"]


@pytest.mark.parametrize("scope", ABOVE)
@pytest.mark.parametrize("role", [OWNER, READER])
def test_a_built_in_data_role_is_refused_above_the_resource_group(scope: str, role: str) -> None:
    rule = "no-data-role-above-the-group"

    assert broken(rule, assignment(scope=scope, roleDefinitionId=role)) == ["grant"]
    assert broken(rule, assignment(scope=GROUP.lower(), roleDefinitionId=role)) == []
    assert broken(rule, assignment(scope=UNKNOWN, roleDefinitionId=role)) == []
    assert broken(rule, assignment(scope=scope, roleDefinitionId=BLOB_OWNER)) == []


@pytest.mark.parametrize(
    "action", ["Microsoft.DigitalTwins/models/read", "microsoft.digitaltwins/*", "*", "Microsoft.*"]
)
def test_a_role_of_the_stack_with_data_actions_is_refused_there_too_also_before_it_has_an_id(action: str) -> None:
    rule, role = "no-data-role-above-the-group", definition("role", action)
    new = replace(
        assignment(scope=SUBSCRIPTION, roleDefinitionId=UNKNOWN), refers={"roleDefinitionId": frozenset({role.urn})}
    )

    assert broken(rule, role, assignment(scope=SUBSCRIPTION)) == ["grant"]
    assert broken(rule, role, new) == ["grant"]
    assert broken(rule, definition("role", action, assignableScopes=[GROUP, SUBSCRIPTION])) == ["role"]
    assert broken(rule, definition("role", assignableScopes=[SUBSCRIPTION])) == []
    assert broken(rule, definition("role", "Microsoft.Storage/*"), assignment(scope=SUBSCRIPTION)) == []


QUERIES = [
    "Microsoft.DigitalTwins/query/action",
    "Microsoft.DigitalTwins/query/*",
    "Microsoft.DigitalTwins/*",
    "*",
    "*/action",
]


@pytest.mark.parametrize("action", QUERIES)
def test_only_the_gateway_the_tagger_and_the_drift_reader_may_query(action: str) -> None:
    rule = "query-only-for-known-roles"

    assert broken(rule, definition("loader-role", action)) == ["loader-role"]
    assert broken(rule, definition("tagger-role", action), definition("north-drift-reader-role", action)) == []
    assert broken(rule, definition("other", action, parent="digital-twins-rbac:index:GatewayIdentity")) == []
    assert broken(rule, definition("tagger-role", action), roles=["analyst"]) == ["tagger-role"]
    assert broken(rule, definition("analyst", action), roles=["analyst"]) == []


def test_a_role_that_cannot_query_or_is_not_known_yet_passes() -> None:
    rule = "query-only-for-known-roles"
    without_query = [
        {"dataActions": ["Microsoft.DigitalTwins/*"], "notDataActions": ["Microsoft.DigitalTwins/query/*"]}
    ]

    assert broken(rule, definition("r", "Microsoft.DigitalTwins/digitaltwins/*")) == []
    assert broken(rule, definition("r", permissions=without_query)) == []
    assert broken(rule, definition("r", permissions=UNKNOWN)) == []
    assert (
        broken(rule, definition("r", permissions=[UNKNOWN, {"dataActions": UNKNOWN}, {"dataActions": [UNKNOWN]}])) == []
    )


def test_azures_own_data_roles_may_query_and_are_given_to_nobody() -> None:
    rule = "query-only-for-known-roles"

    assert broken(rule, assignment(roleDefinitionId=READER)) == ["grant"]
    assert broken(rule, assignment(roleDefinitionId=OWNER)) == ["grant"]
    assert broken(rule, assignment("operators", roleDefinitionId=OWNER), roles=["operators"]) == []


def test_a_tenant_is_given_no_rights_on_the_instance_whatever_the_assignment_is_called() -> None:
    rule = "no-data-role-for-a-tenant"
    marker_role = definition("marker-roles-Earth", roleDefinitionId="0e5d2e37-0000-5000-8000-000000000001")
    is_tenant = assignment(
        "label", principalId="earth", roleDefinitionId=f"{ROLES}/{marker_role.get('roleDefinitionId')}"
    )
    reading = definition("reading", "Microsoft.DigitalTwins/digitaltwins/read")

    assert broken(rule, marker_role, is_tenant, reading, assignment(principalId="earth")) == ["grant"]
    assert broken(rule, marker_role, is_tenant, reading, assignment(principalId="tagger")) == []
    assert broken(rule, marker_role, is_tenant, reading, assignment(principalId=UNKNOWN)) == []
    assert broken(rule, reading, assignment("tenants-fire")) == ["tenants-fire"]
    assert broken(rule, marker_role, is_tenant, assignment(principalId="earth", roleDefinitionId=READER)) == ["grant"]
    assert broken(rule, marker_role, is_tenant) == []


@pytest.mark.parametrize(
    ("permission", "fine"),
    [
        ({"actions": [MARKER], "dataActions": []}, True),
        ({"actions": UNKNOWN, "dataActions": UNKNOWN}, True),
        ({"actions": [MARKER], "dataActions": ["Microsoft.DigitalTwins/models/read"]}, False),
        ({"actions": [MARKER, "*/read"]}, False),
        ({"actions": []}, False),
        ({}, False),
    ],
)
def test_a_marker_role_is_a_label(permission: dict[str, Any], *, fine: bool) -> None:
    by_name = definition("marker-roles-Earth", permissions=[permission])
    by_parent = definition("Earth", parent="digital-twins-rbac:index:MarkerRoles", permissions=[permission])

    assert broken("markers-allow-nothing", by_name, by_parent) == ([] if fine else ["marker-roles-Earth", "Earth"])
    assert broken("markers-allow-nothing", definition("loader-role", permissions=[permission])) == []


@pytest.mark.parametrize(
    ("name", "fine"),
    [
        (VERSION_5, True),
        (UNKNOWN, True),
        ("0f8fad5b-d9cb-469f-a165-70867728950e", False),
        ("tagger-role3f2a", False),
        (None, False),
    ],
    ids=["version 5", "not known yet", "random", "no UUID", "left out"],
)
def test_names_are_made_of_what_they_name(name: Any, *, fine: bool) -> None:
    role, grant = definition("role", roleDefinitionId=name), assignment(roleAssignmentName=name)

    assert broken("names-deterministic", role, grant) == ([] if fine else ["role", "grant"])


def test_an_assignment_says_for_whom_it_is_and_has_no_condition() -> None:
    rule = "assignments-explicit"

    assert broken(rule, assignment()) == []
    assert broken(rule, assignment(principalType=UNKNOWN, condition=UNKNOWN)) == []
    assert broken(rule, assignment(principalType=None)) == ["grant"]
    assert broken(rule, assignment(principalType="Gruop")) == ["grant"]
    assert broken(rule, assignment(condition="@Resource[...] StringEquals 'x'")) == ["grant"]
