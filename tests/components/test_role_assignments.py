from collections.abc import Callable
from typing import Any

from components import RoleAssignment, RoleAssignments, RoleAssignmentsArgs

Build = Callable[..., Any]
ASSIGNMENT = "azure-native:authorization:RoleAssignment"
EARTH = RoleAssignment(principal_id="p-1", principal_type="Group", role_definition_id="/roles/r-1", description="why")


def program(*, scope: str = "/scope", **assignments: RoleAssignment) -> Callable[[], None]:
    def build() -> None:
        RoleAssignments("grants", RoleAssignmentsArgs(scope=scope, role_assignments=assignments or {"earth": EARTH}))

    return build


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
