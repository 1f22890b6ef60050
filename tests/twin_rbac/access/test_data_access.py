from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin_rbac.access.assignments import RoleAssignment, is_at_or_above
from twin_rbac.access.data_access import DATA_ACTIONS, RoleDefinition, Tenant, find_risks, find_ways_round

GROUP = "/subscriptions/5b1e/resourceGroups/rg"
INSTANCE = f"{GROUP}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt"
EARTH = Tenant(name="earth", principal_id="0F3C-E", principal_type="User")


def role(
    *data_actions: str, without: tuple[str, ...] = (), actions: tuple[str, ...] = (), name: str = "Data role"
) -> RoleDefinition:
    permission = {"actions": list(actions), "dataActions": list(data_actions), "notDataActions": list(without)}
    return RoleDefinition.from_mapping({"properties": {"roleName": name, "permissions": [permission]}})


def assignment(**changes: Any) -> RoleAssignment:
    facts = {
        "assignment_id": f"{INSTANCE}/providers/Microsoft.Authorization/roleAssignments/a1",
        "principal_id": "0f3c-e",
        "principal_type": "User",
        "role_definition_id": "/subscriptions/5b1e/providers/Microsoft.Authorization/roleDefinitions/D1",
        "scope": INSTANCE,
    }
    return RoleAssignment(**{**facts, **changes})


def test_the_data_actions_are_those_of_the_fact_sheet() -> None:
    assert len(DATA_ACTIONS) == len(set(DATA_ACTIONS)) == 25
    assert {"Microsoft.DigitalTwins/query/action", "Microsoft.DigitalTwins/jobs/deletions/write"} < set(DATA_ACTIONS)


@pytest.mark.parametrize(
    ("data_actions", "without", "found"),
    [
        ([], [], 0),
        (["Microsoft.DigitalTwins/models/read"], [], 1),
        (["MICROSOFT.DIGITALTWINS/MODELS/READ"], [], 1),
        (["*"], [], 25),
        (["Microsoft.DigitalTwins/*"], [], 25),
        (["*/read"], [], 8),
        (["Microsoft.DigitalTwins/eventroutes/*"], [], 3),
        (["Microsoft.DigitalTwins/*"], ["microsoft.digitaltwins/*"], 0),
        (["Microsoft.DigitalTwins/query/*"], ["*/action"], 0),
        (["Microsoft.Storage/storageAccounts/blobServices/*"], [], 0),
        (["Microsoft.DigitalTwinsX/query/action"], [], 0),
        # Newer than our list: it is a data action of the instance all the same.
        (["Microsoft.DigitalTwins/telemetry/action"], [], 1),
        (["Microsoft.DigitalTwins/telemetry/action"], ["Microsoft.DigitalTwins/telemetry/*"], 0),
        (["Microsoft.DigitalTwins/telemetry/*"], [], 1),
        (["Microsoft.DigitalTwins/telemetry/*"], ["Microsoft.DigitalTwins/*"], 0),
    ],
)
def test_a_role_has_the_data_actions_that_it_covers_and_does_not_exclude(
    data_actions: list[str], without: list[str], found: int
) -> None:
    assert len(role(*data_actions, without=tuple(without)).data_actions) == found


def test_what_one_permission_excludes_another_may_still_allow() -> None:
    permissions = [
        {"dataActions": ["Microsoft.DigitalTwins/*"], "notDataActions": ["*"]},
        {"dataActions": ["Microsoft.DigitalTwins/query/action"]},
    ]
    definition = RoleDefinition.from_mapping({"properties": {"roleName": "r", "permissions": permissions}})

    assert definition.data_actions == ("Microsoft.DigitalTwins/query/action",)


@pytest.mark.parametrize(
    "actions", [("*",), ("Microsoft.DigitalTwins/*",), ("Microsoft.DigitalTwins/operations/read",)]
)
def test_actions_of_the_control_plane_give_no_data_access(actions: tuple[str, ...]) -> None:
    assert role(actions=actions).data_actions == ()


@given(action=st.sampled_from(DATA_ACTIONS), cut=st.data(), upper=st.booleans())
def test_a_wildcard_in_place_of_any_part_of_an_action_still_gives_it(
    action: str, cut: st.DataObject, *, upper: bool
) -> None:
    start = cut.draw(st.integers(0, len(action)))
    end = cut.draw(st.integers(start, len(action)))
    pattern = f"{action[:start]}*{action[end:]}"

    assert action in role(pattern.upper() if upper else pattern).data_actions
    assert action not in role("*", without=(pattern,)).data_actions


@pytest.mark.parametrize(
    ("scope", "acts"),
    [
        (INSTANCE, True),
        (INSTANCE.upper(), True),
        (f"{INSTANCE}/", True),
        (GROUP, True),
        ("/subscriptions/5b1e", True),
        ("/", True),
        ("/providers/Microsoft.Management/managementGroups/root", True),
        (f"{INSTANCE}2", False),
        (f"{INSTANCE}/endpoints/e", False),
        (f"{GROUP}2", False),
        ("/subscriptions/5b1", False),
        (f"{GROUP}/providers/Microsoft.Storage/storageAccounts/s", False),
    ],
)
def test_an_assignment_acts_on_an_instance_from_its_scope_and_from_any_above(scope: str, *, acts: bool) -> None:
    assert is_at_or_above(scope, INSTANCE) is acts


def test_each_assignment_of_a_role_with_data_actions_is_a_way_round_whatever_its_condition() -> None:
    held = {EARTH: [assignment(), assignment(has_condition=True, scope=GROUP)]}

    ways = find_ways_round(held, {"d1": role("Microsoft.DigitalTwins/query/action")})

    assert [way.assignment.scope for way in ways] == [INSTANCE, GROUP]


def test_a_marker_role_and_a_role_that_could_not_be_read_are_none() -> None:
    other = assignment(role_definition_id="/x/D2")

    assert find_ways_round({EARTH: [assignment(), other]}, {"d1": role(actions=("a/read",))}) == []


def test_a_way_round_names_tenant_principal_role_scope_and_assignment() -> None:
    (way,) = find_ways_round({EARTH: [assignment()]}, {"d1": role("*", name="Owner of data")})

    assert str(way) == (
        "tenant earth, User 0F3C-E, holds the role 'Owner of data' at "
        "/subscriptions/5b1e/resourceGroups/rg/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt: its data "
        "actions, such as Microsoft.DigitalTwins/query/action, act on the whole instance, past the gateway (assignment "
        "/subscriptions/5b1e/resourceGroups/rg/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt"
        "/providers/Microsoft.Authorization/roleAssignments/a1)"
    )
    assert not way.is_through_group


def test_a_group_that_holds_the_role_is_named() -> None:
    (way,) = find_ways_round({EARTH: [assignment(principal_id="77b2-g")]}, {"d1": role("*")})

    assert way.is_through_group
    assert "holds the role 'Data role' through group 77b2-g at" in str(way)


TENANTS = Tenant(name="earth", principal_id="0F3C-E", principal_type="Group")


@pytest.mark.parametrize(
    ("action", "allows"),
    [
        ("Microsoft.Authorization/*", "Microsoft.Authorization/roleAssignments/write"),
        ("*", "Microsoft.Authorization/roleAssignments/write"),
        ("Microsoft.Web/sites/*", "Microsoft.Web/sites/publish/action"),
        ("Microsoft.Web/sites/Write", "Microsoft.Web/sites/write"),
        ("Microsoft.ManagedIdentity/*/assign/action", "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"),
    ],
)
def test_a_tenant_that_may_assign_roles_or_publish_may_give_itself_access(action: str, allows: str) -> None:
    roles = {"d1": role(actions=(action,), name="Some role")}

    (risk,) = find_risks({EARTH: [assignment()]}, [], roles)

    assert risk.startswith(
        "tenant earth may give itself access or take over the gateway: it holds the role 'Some role'"
    )
    assert f"which allows {allows} (assignment " in risk
    assert find_risks({EARTH: [assignment()]}, [], {"d1": role(actions=("*/read",))}) == []


def test_a_group_that_holds_a_data_action_may_contain_a_tenants_group() -> None:
    other = assignment(principal_id="0f3c-other", principal_type="Group")

    (risk,) = find_risks({TENANTS: []}, [other], {"d1": role("Microsoft.DigitalTwins/query/action")})

    assert risk.startswith("group 0f3c-other holds the role 'Data role' at /subscriptions/5b1e")
    assert "whether it contains the group of earth cannot be seen" in risk


@pytest.mark.parametrize(
    ("tenant", "holder", "data_action"),
    [
        (EARTH, "Group", "Microsoft.DigitalTwins/query/action"),  # the groups of a user are listed
        (TENANTS, "ServicePrincipal", "Microsoft.DigitalTwins/query/action"),
        (TENANTS, "Group", "Microsoft.Storage/storageAccounts/read"),
    ],
)
def test_what_cannot_contain_a_tenants_group_is_no_risk(tenant: Tenant, holder: str, data_action: str) -> None:
    other = assignment(principal_id="0f3c-other", principal_type=holder)

    assert find_risks({tenant: []}, [other], {"d1": role(data_action)}) == []
