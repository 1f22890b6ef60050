from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pulumi_azure_native.authorization import PrincipalType

from components import (
    CustomRole,
    CustomRoleArgs,
    RoleAssignment,
    RoleAssignments,
    RoleAssignmentsArgs,
    built_in_role_id,
)

Build = Callable[..., Any]
ASSIGNMENT = "azure-native:authorization:RoleAssignment"
EARTH = RoleAssignment(principal_id="p-1", principal_type="Group", role_definition_id="/roles/r-1", description="why")
READER = RoleAssignment(
    principal_id="p-1",
    principal_type="Group",
    role_definition_id=built_in_role_id("s", "Azure Digital Twins Data Reader"),
)
GROUP = "/subscriptions/s/resourceGroups/g"
INSTANCE = f"{GROUP}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt"
MANAGEMENT_GROUP = "/providers/Microsoft.Management/managementGroups/all"


def program(*, scope: str = "/scope", why_wide: str | None = None, **assignments: RoleAssignment) -> Callable[[], None]:
    def build() -> None:
        RoleAssignments(
            "grants",
            RoleAssignmentsArgs(scope=scope, role_assignments=assignments or {"earth": EARTH}, why_wide=why_wide),
        )

    return build


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", found.append)
    return found


def test_an_assignment_says_all_that_azure_needs(build_in_both_modes: Build) -> None:
    created = build_in_both_modes(program()).one(ASSIGNMENT)

    name = created.inputs["roleAssignmentName"]
    assert created.name == "grants-earth"
    assert created.inputs == {
        "scope": "/scope",
        "principalId": "p-1",
        "principalType": "Group",
        "roleDefinitionId": "/roles/r-1",
        "description": "why",
        "roleAssignmentName": name,
    }


def test_the_same_grant_has_the_same_name_and_another_grant_another(build: Build) -> None:
    def name(program: Callable[[], None]) -> str:
        return str(build(program).one(ASSIGNMENT).inputs["roleAssignmentName"])

    other = RoleAssignment(principal_id="p-2", principal_type="Group", role_definition_id="/roles/r-1")
    assert name(program()) == name(program())
    assert len({name(program()), name(program(earth=other)), name(program(scope="/elsewhere"))}) == 3


def test_a_changed_role_replaces_the_assignment_since_azure_refuses_to_change_it(build: Build) -> None:
    request = build(program()).requests["grants-earth"]

    assert list(request.replaceOnChanges) == ["roleDefinitionId"]


def test_it_can_be_imported_at_the_stacks_top_since_the_command_then_needs_no_parent(build: Build) -> None:
    aliases = build(program()).requests["grants-earth"].aliases

    assert any(alias.spec.noParent for alias in aliases)


def test_a_condition_is_refused_since_azure_digital_twins_evaluates_none(build_in_both_modes: Build) -> None:
    condition = "@Resource[Microsoft.DigitalTwins/digitaltwins:tag] StringEquals 'Earth'"
    narrowed = RoleAssignment(
        principal_id="p-1", principal_type="Group", role_definition_id="/roles/r-1", condition=condition
    )

    with pytest.raises(ValueError, match=r"grants-earth: leave the condition out\. .* on every twin"):
        build_in_both_modes(program(earth=narrowed))


@pytest.mark.parametrize("given", ["User", "Group", "ServicePrincipal", *map(PrincipalType, ["User", "Group"])])
def test_roles_are_assigned_to_users_groups_and_service_principals(build_in_both_modes: Build, given: str) -> None:
    person = RoleAssignment(principal_id="p-1", principal_type=given, role_definition_id="/roles/r-1")

    assert build_in_both_modes(program(earth=person)).one(ASSIGNMENT).inputs["principalType"] == given


@pytest.mark.parametrize("given", ["Application", "serviceprincipal", "ForeignGroup", ""])
def test_another_type_of_principal_is_refused_with_those_that_there_are(build_in_both_modes: Build, given: str) -> None:
    wrong = RoleAssignment(principal_id="p-1", principal_type=given, role_definition_id="/roles/r-1")

    with pytest.raises(ValueError, match=f"grants-earth: a principal is one of User, Group, .*, not '{given}'"):
        build_in_both_modes(program(earth=wrong))


@pytest.mark.parametrize(("kind", "scope"), [("resource group", GROUP), ("subscription", "/subscriptions/s")])
def test_a_scope_that_is_wider_than_needed_is_warned_of_by_name(
    build_in_both_modes: Build, warnings: list[str], kind: str, scope: str
) -> None:
    build_in_both_modes(program(scope=scope, earth=READER))

    (warning,) = warnings
    assert warning.startswith(f"grants-earth: Azure Digital Twins Data Reader is assigned at the {kind} {scope}, ")
    assert "the Azure Digital Twins instance would do" in warning


def test_a_scope_that_is_known_only_later_is_judged_then(build: Build, warnings: list[str]) -> None:
    def later() -> None:
        args = RoleAssignmentsArgs(scope=pulumi.Output.from_input(GROUP), role_assignments={"earth": READER})
        RoleAssignments("grants", args)

    build(later)

    assert len(warnings) == 1


@pytest.mark.parametrize("why_wide", [None, "a drift reader refreshes every resource of the group"])
def test_an_assignment_at_the_instance_and_one_with_a_reason_are_not_warned_of(
    build_in_both_modes: Build, warnings: list[str], why_wide: str | None
) -> None:
    build_in_both_modes(program(scope=GROUP if why_wide else INSTANCE, why_wide=why_wide, earth=READER))

    assert warnings == []


def test_a_built_in_role_at_a_management_group_is_made_with_a_warning_that_it_takes_hours(
    build_in_both_modes: Build, warnings: list[str]
) -> None:
    built = build_in_both_modes(program(scope=MANAGEMENT_GROUP, why_wide="all instances are read", earth=READER))

    assert built.one(ASSIGNMENT).inputs["scope"] == MANAGEMENT_GROUP
    assert ["takes hours to act" in warning for warning in warnings] == [True]


def test_a_custom_role_at_a_management_group_is_refused(build: Build) -> None:
    def at_management_group() -> None:
        role = CustomRole(
            "reader",
            CustomRoleArgs(
                title="Twin reader",
                description="Reads twins.",
                subscription_id="s",
                resource_group_name="g",
                permissions={"twins": ["read"]},
            ),
        )
        own = RoleAssignment(principal_id="p", principal_type="Group", role_definition_id=role.role_definition_id)
        RoleAssignments("grants", RoleAssignmentsArgs(scope=MANAGEMENT_GROUP, role_assignments={"own": own}))

    with pytest.raises(ValueError, match=r"grants-own: .* only a built-in role can be assigned at a management group"):
        build(at_management_group)
    with pytest.raises(ValueError, match="only a built-in role"):
        build(program(scope=MANAGEMENT_GROUP), preview=True)
