"""What check of Boundary finds in the role assignments of a local Azure, and what it says when it cannot look."""

import uuid
from typing import Any

import pytest
from pulumi.output import Unknown

from twin_rbac.access.assignments import assignment_name
from twin_rbac.providers.boundary import BoundaryProvider

PROVIDER = BoundaryProvider()
UNKNOWN: Any = Unknown()  # type: ignore[no-untyped-call]  # Pulumi gives it no types
# Fact sheet adt-rbac, section 3, and Azure's own ids of two control-plane roles.
DATA_READER = "d57506d4-4c8d-48b1-8587-93c323f6a5a3"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
# examples/tenants/directory.yaml
EARTH_GROUP, EARTH = "0f3c0000-0000-4000-8000-000000000010", "0f3c0000-0000-4000-8000-000000000011"
FIRE, WIND = "0f3c0000-0000-4000-8000-000000000021", "51aa0000-0000-4000-8000-000000000031"
STRANGER = "51aa0000-0000-4000-8000-000000000041"
TENANTS = {
    "earth": {"principalId": EARTH_GROUP, "principalType": "Group"},
    "fire": {"principalId": FIRE, "principalType": "User"},
    "wind": {"principalId": WIND, "principalType": "ServicePrincipal"},
}
ROLE_ASSIGNMENTS = "providers/Microsoft.Authorization/roleAssignments"


def props(azure: Any, **changes: Any) -> dict[str, Any]:
    """What the component gives its provider."""
    return {
        "instanceId": azure.instance_id,
        "tenants": TENANTS,
        "bypass": "refuse",
        "readers": [],
        "ownRoles": [],
        "cloud": azure.cloud,
    } | changes


def check(azure: Any, **changes: Any) -> list[str]:
    """The reasons of the failures."""
    given = props(azure, **changes)
    result = PROVIDER.check({}, dict(given))
    assert result.inputs == given, "check hands on the inputs as they are"
    return [failure.reason for failure in result.failures]


def assign(azure: Any, scope: str, role: str, principal_id: str, type_: str = "User") -> str:
    """Assigns a role, and returns the assignment's id."""
    role_definition_id = f"{azure.subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    path = f"{scope}/{ROLE_ASSIGNMENTS}/{uuid.uuid4()}"
    facts = {"roleDefinitionId": role_definition_id, "principalId": principal_id, "principalType": type_}
    azure.resource("PUT", path, {"properties": facts})
    return path


def define(azure: Any, *, actions: list[str], data_actions: list[str], not_data_actions: list[str]) -> str:
    """Makes a custom role, and returns its GUID."""
    guid = str(uuid.uuid4())
    permission = {
        "actions": actions,
        "notActions": [],
        "dataActions": data_actions,
        "notDataActions": not_data_actions,
    }
    facts = {"roleName": guid, "type": "CustomRole", "assignableScopes": [azure.group], "permissions": [permission]}
    path = f"{azure.subscription}/providers/Microsoft.Authorization/roleDefinitions/{guid}"
    azure.resource("PUT", path, {"properties": facts}, version="2022-05-01-preview")
    return guid


@pytest.fixture
def project(empty_azure: Any) -> Any:
    """An instance at which each tenant has a marker role, as the program gives it."""
    empty_azure.create_instance()
    marker = define(
        empty_azure, actions=["Microsoft.DigitalTwins/operations/read"], data_actions=[], not_data_actions=[]
    )
    for tenant in TENANTS.values():
        assign(empty_azure, empty_azure.instance_id, marker, tenant["principalId"], tenant["principalType"])
    return empty_azure


def test_marker_roles_and_roles_of_the_control_plane_are_no_way_round(
    project: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assign(project, project.group, READER, FIRE)

    assert check(project) == []
    assert capsys.readouterr().out == ""


def test_a_tenant_that_may_assign_roles_is_named_in_a_warning(project: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assign(project, project.subscription, OWNER, WIND, "ServicePrincipal")

    assert check(project) == []
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(
        "warning: tenant wind may give itself access or take over the gateway: it holds the role 'Owner' at "
        f"{project.subscription}, which allows Microsoft.Authorization/roleAssignments/write (assignment "
    )


def test_a_group_with_a_data_role_that_may_contain_a_tenants_group_is_named_in_a_warning(
    project: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assign(project, project.group, DATA_READER, EARTH_GROUP, "Group")

    tenants = {
        "fire": {"principalId": FIRE, "principalType": "User"},
        "more": {**TENANTS["earth"], "principalId": WIND},
    }
    assert check(project, tenants=tenants) == []

    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"warning: group {EARTH_GROUP} holds the role 'Azure Digital Twins Data Reader' at ")
    assert "whether it contains the group of more cannot be seen from here" in line


def test_what_the_program_itself_assigned_is_a_way_round_while_the_config_says_so_and_leaves_with_it(
    project: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    own = define(project, actions=[], data_actions=["Microsoft.DigitalTwins/query/action"], not_data_actions=[])
    role_id = f"{project.subscription}/providers/Microsoft.Authorization/roleDefinitions/{own}"
    facts = {"roleDefinitionId": role_id, "principalId": EARTH_GROUP, "principalType": "Group"}
    name = assignment_name(project.instance_id, EARTH_GROUP, role_id)
    project.resource("PUT", f"{project.instance_id}/{ROLE_ASSIGNMENTS}/{name}", {"properties": facts})

    (reason,) = check(project, readers=[EARTH_GROUP], ownRoles=[own])
    assert reason.startswith(f"tenant earth, Group {EARTH_GROUP}, holds the role ")
    assert capsys.readouterr().out == ""

    assert check(project, readers=[], ownRoles=[own]) == []
    assert "its principal has left the config, so that this run removes the assignment" in capsys.readouterr().out


def test_an_own_role_that_somebody_else_assigned_stays_a_failure(project: Any) -> None:
    own = define(project, actions=[], data_actions=["Microsoft.DigitalTwins/query/action"], not_data_actions=[])
    assign(project, project.instance_id, own, FIRE)

    (reason,) = check(project, readers=[], ownRoles=[own])

    assert reason.startswith(f"tenant fire, User {FIRE}, holds the role ")


@pytest.mark.parametrize("place", ["instance_id", "group", "subscription"])
def test_a_data_role_at_or_above_the_instance_is_a_failure_that_says_what_to_do(project: Any, place: str) -> None:
    scope = getattr(project, place)
    path = assign(project, scope, DATA_READER, FIRE)

    (reason,) = check(project)

    assert reason == (
        f"tenant fire, User {FIRE}, holds the role 'Azure Digital Twins Data Reader' at {scope}: its data actions, "
        "such as Microsoft.DigitalTwins/query/action, act on the whole instance, past the gateway (assignment "
        f"{path}); remove that assignment in Azure itself, or set digital-twins-rbac:bypass to warn"
    )


def test_a_group_and_an_application_are_looked_at_as_well(project: Any) -> None:
    assign(project, project.group, DATA_READER, EARTH_GROUP, "Group")
    assign(project, project.group, DATA_READER, WIND, "ServicePrincipal")

    earth, wind = check(project)

    assert earth.startswith(f"tenant earth, Group {EARTH_GROUP}, holds")
    assert wind.startswith(f"tenant wind, ServicePrincipal {WIND}, holds")


def test_a_data_role_that_comes_through_a_group_names_the_group(project: Any) -> None:
    assign(project, project.group, DATA_READER, EARTH_GROUP, "Group")

    (reason,) = check(project, tenants={"user": {"principalId": EARTH, "principalType": "User"}})

    assert f"through group {EARTH_GROUP} at {project.group}" in reason
    assert reason.endswith(
        "take the tenant out of that group, or remove that assignment in Azure itself, "
        "or set digital-twins-rbac:bypass to warn"
    )


def test_every_assignment_is_a_failure_of_its_own_and_none_is_named_twice(project: Any) -> None:
    assign(project, project.instance_id, DATA_READER, FIRE)
    assign(project, project.group, DATA_READER, FIRE)

    assert len(check(project)) == 2


@pytest.mark.parametrize(
    ("data_actions", "not_data_actions", "failures"),
    [
        (["Microsoft.DigitalTwins/models/read"], [], 1),
        (["Microsoft.DigitalTwins/*/read"], [], 1),
        (["Microsoft.DigitalTwins/*"], ["Microsoft.DigitalTwins/*"], 0),
        (["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"], [], 0),
    ],
)
def test_a_custom_role_counts_by_its_data_actions(
    project: Any, data_actions: list[str], not_data_actions: list[str], failures: int
) -> None:
    role = define(project, actions=[], data_actions=data_actions, not_data_actions=not_data_actions)
    assign(project, project.group, role, FIRE)

    assert len(check(project)) == failures


def test_other_principals_and_other_places_do_not_matter(project: Any) -> None:
    other = f"{project.subscription}/resourceGroups/rg-other"
    project.resource("PUT", other, {"location": "westeurope"}, version="2021-04-01")
    assign(project, other, DATA_READER, FIRE)
    assign(project, project.instance_id, DATA_READER, STRANGER)

    assert check(project) == []


def test_with_bypass_warn_a_way_round_is_a_line(project: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assign(project, project.group, DATA_READER, FIRE)

    assert check(project, bypass="warn") == []

    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"warning: tenant fire, User {FIRE}, holds the role 'Azure Digital Twins Data Reader'")


def test_before_there_is_an_instance_the_scopes_above_it_are_looked_at(empty_azure: Any) -> None:
    assert check(empty_azure) == []

    assign(empty_azure, empty_azure.subscription, DATA_READER, FIRE)

    assert len(check(empty_azure)) == 1


@pytest.mark.parametrize("code", ["ResourceNotFound", "ResourceGroupNotFound"])
def test_a_scope_that_resource_manager_does_not_know_yet_is_asked_about_one_further_up(project: Any, code: str) -> None:
    assign(project, project.subscription, DATA_READER, FIRE)
    project.fail(
        service="resource-manager", path=".*/(adt-test|rg-[^/]*)/providers/[^/]*/roleAssignments", status=404,
        code=code, times=2,
    )  # fmt: skip

    assert len(check(project)) == 1


def test_who_may_not_list_assignments_gets_one_warning(
    project: Any, become: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    become(project, "stranger")

    assert check(project) == []
    assert capsys.readouterr().out == (
        f"warning: ways round the gateway were not looked for in the role assignments at {project.instance_id} and "
        "above (Microsoft.Authorization/roleAssignments/read is missing)\n"
    )


def test_who_reads_the_resource_group_alone_sees_what_is_inherited(project: Any, become: Any) -> None:
    assign(project, project.subscription, DATA_READER, FIRE)
    become(project, "pull-request")

    assert len(check(project)) == 1


def test_groups_that_the_directory_does_not_list_are_a_warning_beside_the_failures(
    project: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assign(project, project.group, DATA_READER, FIRE)
    # Of the calls for user and application, those by assignedTo come second.
    tenants = {"fire": TENANTS["fire"]}
    project.fail(service="resource-manager", path=".*/roleAssignments", status=400, code="GraphDenied", skip=2)

    assert len(check(project, tenants=tenants)) == 1
    assert capsys.readouterr().out == (
        "warning: ways round the gateway were not looked for in the groups of tenant fire (the directory does not list "
        "them)\n"
    )


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (404, "RoleDefinitionDoesNotExist", "it is gone"),
        (403, "AuthorizationFailed", "Microsoft.Authorization/roleDefinitions/read is missing"),
    ],
)
def test_a_role_definition_that_cannot_be_read_is_a_warning(
    project: Any, capsys: pytest.CaptureFixture[str], status: int, code: str, words: str
) -> None:
    assign(project, project.group, DATA_READER, FIRE)
    project.fail(service="resource-manager", path=f".*/roleDefinitions/{DATA_READER}", status=status, code=code)

    assert check(project) == []
    assert capsys.readouterr().out == (
        f"warning: ways round the gateway were not looked for in the role definition {DATA_READER} ({words})\n"
    )


def test_a_resource_manager_that_refuses_the_question_is_a_failure(project: Any) -> None:
    project.fail(service="resource-manager", path=".*/roleAssignments", status=400, code="Odd")

    (reason,) = check(project)

    assert reason.startswith("it is not known whether a tenant can get round the gateway: listing of role assignments")


@pytest.mark.parametrize("bypass", ["refuse", "warn"])
def test_a_resource_manager_that_does_not_answer_is_a_failure_in_every_mode(project: Any, bypass: str) -> None:
    cloud = {**project.cloud, "resourceManager": "https://localhost:1"}

    (reason,) = check(project, cloud=cloud, bypass=bypass)

    assert reason.startswith("it is not known whether a tenant can get round the gateway: ")
    assert "https://localhost:1" in reason


def test_what_pulumi_does_not_know_yet_is_not_looked_at(project: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assign(project, project.group, DATA_READER, FIRE)

    assert check(project, instanceId=UNKNOWN) == []
    assert "were not looked at: the instance's id is not known yet" in capsys.readouterr().out
    assert check(project, tenants={"fire": {"principalId": UNKNOWN, "principalType": "User"}}) == []
    assert "not looked for in the role assignments of tenant fire (its principal is not known yet)" in (
        capsys.readouterr().out
    )


def test_nothing_is_written_and_the_outputs_are_the_inputs(project: Any) -> None:
    given = props(project)
    before = project.resource("GET", f"{project.instance_id}/{ROLE_ASSIGNMENTS}")

    created = PROVIDER.create(given)
    updated = PROVIDER.update(created.id, given, given)
    read = PROVIDER.read(created.id, given)
    PROVIDER.delete(created.id, given)

    assert created.id == f"{project.instance_id}/boundary"
    assert created.outs == updated.outs == read.outs == given
    assert read.id == created.id
    assert project.resource("GET", f"{project.instance_id}/{ROLE_ASSIGNMENTS}") == before


def test_only_another_instance_is_another_resource(project: Any) -> None:
    moved = PROVIDER.diff("id", props(project), props(project, instanceId="/other"))
    changed = PROVIDER.diff("id", props(project), props(project, bypass="warn"))

    assert (moved.changes, moved.replaces) == (True, ["instanceId"])
    assert (changed.changes, changed.replaces) == (None, [])
