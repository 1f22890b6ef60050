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
    assert broken(rule, assignment(roleDefinitionId=f"{OWNER}/", principalType="ServicePrincipal")) == ["grant"]
    assert broken(rule, assignment(roleDefinitionId=OWNER, principalType="User")) == []
    assert broken(rule, assignment(roleDefinitionId=BLOB_OWNER, principalType="ServicePrincipal")) == []
    assert broken(rule, assignment(roleDefinitionId=UNKNOWN, principalType="ServicePrincipal")) == []


ABOVE = [
    SUBSCRIPTION,
    "/providers/Microsoft.Management/managementGroups/root",
    "/providers/Microsoft.Management/managementGroups/resourceGroups",
    "/",
]


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

    named = [definition(name, action) for name in ("tagger-role", "north-drift-reader-role", "gateway-identity-role")]
    below = definition("other", action, parent="digital-twins-rbac:index:GatewayIdentity")
    is_exact = action == QUERIES[0]

    assert broken(rule, definition("loader-role", action)) == ["loader-role"]
    assert broken(rule, *named, below) == ([] if is_exact else [item.name for item in (*named, below)])
    assert broken(rule, definition("tagger-role", action), roles=["analyst"]) == ["tagger-role"]
    assert broken(rule, definition("analyst", action), roles=["analyst"]) == ([] if is_exact else ["analyst"])


TWINS = "Microsoft.DigitalTwins/digitaltwins"
ROUTES = "Microsoft.DigitalTwins/eventroutes"


@pytest.mark.parametrize(
    ("name", "action", "fine"),
    [
        ("tagger-role", f"{TWINS}/write", True),
        ("tagger-role", f"{TWINS}/WRITE", True),
        ("tagger-role", f"{TWINS}/delete", False),
        ("tagger-role", f"{TWINS}/relationships/read", False),
        ("drift-reader-role", f"{ROUTES}/read", True),
        ("drift-reader-role", f"{TWINS}/write", False),
        ("gateway-identity-role", f"{TWINS}/relationships/read", True),
        ("gateway-identity-role", f"{TWINS}/write", False),
        ("analyst", f"{ROUTES}/write", True),
        ("analyst", f"{TWINS}/delete", False),
    ],
)
def test_a_name_excuses_what_a_role_of_that_name_is_known_to_allow_and_no_more(
    name: str, action: str, *, fine: bool
) -> None:
    roles = [name] if name == "analyst" else []
    role = definition(f"north-{name}", QUERIES[0], action)

    assert broken("query-only-for-known-roles", role, roles=roles) == ([] if fine else [role.name])


def test_a_role_that_cannot_query_passes() -> None:
    rule = "query-only-for-known-roles"
    without_query = [
        {"dataActions": ["Microsoft.DigitalTwins/*"], "notDataActions": ["Microsoft.DigitalTwins/query/*"]}
    ]

    assert broken(rule, definition("r", "Microsoft.DigitalTwins/digitaltwins/*")) == []
    assert broken(rule, definition("r", permissions=without_query)) == []


UNKNOWN_PERMISSIONS = [UNKNOWN, [UNKNOWN], [{"dataActions": UNKNOWN}], [{"dataActions": [UNKNOWN]}]]


@pytest.mark.parametrize("permissions", UNKNOWN_PERMISSIONS)
def test_a_role_that_allows_nobody_knows_what_is_refused_whatever_it_is_called(permissions: Any) -> None:
    rule, role = "query-only-for-known-roles", definition("tagger-role", permissions=permissions)

    assert broken(rule, role) == ["tagger-role"]
    assert broken("no-data-role-above-the-group", role, assignment(scope=SUBSCRIPTION)) == ["grant"]
    assert broken(rule, replace(role, props=UNKNOWN)) == [], "no target of this run"


def test_azures_own_data_roles_may_query_and_are_given_to_nobody() -> None:
    rule = "query-only-for-known-roles"

    assert broken(rule, assignment(roleDefinitionId=READER)) == ["grant"]
    assert broken(rule, assignment(roleDefinitionId=OWNER)) == ["grant"]
    assert broken(rule, assignment("operators", roleDefinitionId=OWNER), roles=["operators"]) == ["operators"]
    assert broken(rule, assignment("tagger-role", roleDefinitionId=OWNER)) == ["tagger-role"]


def test_a_tenant_is_given_no_rights_on_the_instance_whatever_the_assignment_is_called() -> None:
    rule = "no-data-role-for-a-tenant"
    marker_role = definition("marker-roles-Earth", roleDefinitionId="0e5d2e37-0000-5000-8000-000000000001")
    is_tenant = assignment(
        "label", principalId="earth", roleDefinitionId=f"{ROLES}/{marker_role.get('roleDefinitionId')}"
    )
    reading = definition("reading", "Microsoft.DigitalTwins/digitaltwins/read")

    assert broken(rule, marker_role, is_tenant, reading, assignment(principalId="earth")) == ["grant"]
    assert broken(rule, marker_role, is_tenant, reading, assignment(principalId="EARTH")) == ["grant"]
    assert broken(rule, marker_role, is_tenant, assignment(principalId="Earth", roleDefinitionId=OWNER)) == ["grant"]
    assert broken(rule, marker_role, is_tenant, reading, assignment(principalId="tagger")) == []
    assert broken(rule, marker_role, is_tenant, reading, assignment(principalId=UNKNOWN)) == []
    assert broken(rule, reading, assignment("tenants-fire")) == ["tenants-fire"]
    assert broken(rule, marker_role, is_tenant, assignment(principalId="earth", roleDefinitionId=READER)) == ["grant"]
    assert broken(rule, marker_role, is_tenant) == []


@pytest.mark.parametrize(
    ("permission", "fine"),
    [
        ({"actions": [MARKER], "dataActions": []}, True),
        ({"actions": UNKNOWN, "dataActions": []}, False),
        ({"actions": [MARKER], "dataActions": UNKNOWN}, False),
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


def made_of(key: str, *resources: Resource) -> Resource:
    """An assignment of which a preview knows only what an input is made of."""
    return replace(assignment(**{key: UNKNOWN}), refers={key: frozenset(item.urn for item in resources)})


@pytest.mark.parametrize("key", ["scope", "roleDefinitionId"])
def test_an_assignment_of_nobody_knows_what_or_where_is_refused_unless_the_stack_explains_it(key: str) -> None:
    rule, role = "assignments-explicit", definition("role")
    instance = resource("azure-native:digitaltwins:DigitalTwin", "instance")
    group = resource("azure-native:resources:ResourceGroup", "group")
    others = (
        resource("random:index/randomUuid:RandomUuid", "random"),
        resource("azure-native:management:ManagementGroup", "above"),
        resource("azure-native:resources:Deployment", "template"),
    )

    assert broken(rule, made_of(key)) == ["grant"]
    assert broken(rule, *others, made_of(key, *others)) == ["grant"]
    assert broken(rule, made_of(key, role, instance)) == ["grant"], "neither is of the stack"
    assert broken(rule, role, made_of(key, role)) == ([] if key == "roleDefinitionId" else ["grant"])
    assert broken(rule, instance, made_of(key, instance)) == ([] if key == "scope" else ["grant"])
    assert broken(rule, group, made_of(key, group)) == ([] if key == "scope" else ["grant"])


@pytest.mark.parametrize(
    "type_",
    [
        "azure-native:authorization/v20220401:RoleAssignment",
        "azure-native_authorization_v20220401:authorization:RoleAssignment",
    ],
)
def test_a_type_with_its_version_is_the_plain_one(type_: str) -> None:
    grant = resource(type_, "grant", roleDefinitionId=OWNER, principalType="ServicePrincipal")

    assert broken("no-data-owner-for-an-app", grant) == ["grant"]


@pytest.mark.parametrize(
    "kind",
    [
        "RoleAssignmentScheduleRequest",
        "RoleEligibilityScheduleRequest",
        "PimRoleAssignment",
        "PimRoleEligibilitySchedule",
    ],
)
def test_a_role_for_a_while_is_refused_since_the_other_rules_would_not_see_it(kind: str) -> None:
    for module in ("authorization", "authorization/v20201001"):
        assert broken("assignments-explicit", resource(f"azure-native:{module}:{kind}", "it")) == ["it"]
