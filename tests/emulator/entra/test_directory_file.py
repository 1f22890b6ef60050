from pathlib import Path

import pytest

from emulator.commands import DIRECTORY
from emulator.entra.directory import StandingAssignment
from emulator.entra.directory_file import load_directory
from emulator.entra.errors import DirectoryInvalid

SUBSCRIPTION = "/subscriptions/5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002"
RIGHT = """\
tenantId: 8f14e45f-ceea-467f-a9d2-4b5b1e0c7a01
subscriptionId: 5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002
principals:
  earth:
    type: User
    objectId: 0F3C0000-0000-4000-8000-000000000011
  tenants:
    type: Group
    objectId: 0f3c0000-0000-4000-8000-000000000010
    members: [earth]
  deployer:
    type: ServicePrincipal
    objectId: 77b20000-0000-4000-8000-000000000001
    appId: 77b2a000-0000-4000-8000-000000000001
    graphPermissions: [Application.ReadWrite.OwnedBy]
standingAssignments:
  - {principal: earth, role: Reader, scope: /subscriptions/5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002}
"""

# What is wrong -> what stood there, what stands there now, where the message must point, what it must say.
MISTAKES = {
    "unknown top key": ("subscriptionId:", "subscription:", "2:1", "unknown key 'subscription'"),
    "missing key": ("tenantId: 8f14e45f-ceea-467f-a9d2-4b5b1e0c7a01\n", "", "1:1", "tenantId is missing: add it"),
    "no UUID": ("0F3C0000-0000-4000-8000-000000000011", "earth", "6:5", "objectId is 'earth': write a UUID"),
    "unknown type": ("type: User", "type: Person", "5:5", "type is 'Person': write one of User, Group"),
    "no type": ("    type: User\n", "", "5:5", "type is None"),
    "key of another type": ("type: User", "type: User\n    members: []", "6:5", "unknown key 'members'"),
    "service principal without app id": ("type: User", "type: ServicePrincipal", "5:5", "appId is missing"),
    "unknown member": ("members: [earth]", "members: [earth, fire]", "10:22", "member 'fire' is no principal"),
    "members no list": ("members: [earth]", "members: earth", "10:5", "write a list"),
    "one id twice": (
        "0f3c0000-0000-4000-8000-000000000010",
        "0f3c0000-0000-4000-8000-000000000011",
        "9:5",
        "is that of 'earth' already",
    ),
    "principal no mapping": ("  earth:\n", "  fire: 3\n  earth:\n", "4:3", "write a mapping"),
    "unknown holder": ("principal: earth", "principal: fire", "17:6", "'fire' is no principal"),
    "scope that is none": ("scope: /", "scope: ", "17:38", "write /subscriptions/"),
    "unknown graph permission": (
        "[Application.ReadWrite.OwnedBy]",
        "[Application.Read.All, Application.ReadWrite.Owned]",
        "15:46",
        "unknown graph permission 'Application.ReadWrite.Owned': there are Application.Read.All,",
    ),
    "graph permissions no list": ("[Application.ReadWrite.OwnedBy]", "all", "15:5", "write a list"),
    "graph permissions of a user": (
        "type: User",
        "type: User\n    graphPermissions: []",
        "6:5",
        "unknown key 'graphPermissions'",
    ),
    "owner neither true nor false": ("type: User", "type: User\n    owner: maybe", "6:5", "write true or false"),
    "no YAML": ("members: [earth]", "members: [earth", "11:11", "not YAML"),
    "a key twice": ("    type: User\n", "    type: User\n    type: User\n", "6:5", "not YAML"),
}


def test_the_scenarios_directory_is_as_the_committed_settings_name_it() -> None:
    directory = load_directory(DIRECTORY)

    assert directory.tenant_id == "8f14e45f-ceea-467f-a9d2-4b5b1e0c7a01"
    assert directory.subscription_id == "5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002"
    assert {principal.name: (principal.type, principal.object_id) for principal in directory.principals} == {
        "deployer": ("ServicePrincipal", "77b20000-0000-4000-8000-000000000001"),
        "tagger": ("ServicePrincipal", "77b20000-0000-4000-8000-000000000002"),
        "drift": ("ServicePrincipal", "77b20000-0000-4000-8000-000000000003"),
        "pull-request": ("ServicePrincipal", "77b20000-0000-4000-8000-000000000004"),
        "earth-tenant": ("Group", "0f3c0000-0000-4000-8000-000000000010"),
        "earth": ("User", "0f3c0000-0000-4000-8000-000000000011"),
        "fire": ("User", "0f3c0000-0000-4000-8000-000000000021"),
        "wind": ("ServicePrincipal", "51aa0000-0000-4000-8000-000000000031"),
        "stranger": ("User", "51aa0000-0000-4000-8000-000000000041"),
        "owner": ("ServicePrincipal", "77b20000-0000-4000-8000-000000000009"),
    }
    assert [principal.name for principal in directory.principals if principal.owner] == ["owner"]
    held = {principal.name: principal.graph_permissions for principal in directory.principals}
    assert {name: permissions for name, permissions in held.items() if permissions} == {
        "deployer": {"Application.ReadWrite.OwnedBy", "AppRoleAssignment.ReadWrite.All"},
        "drift": {"Application.Read.All"},
        "pull-request": {"Application.Read.All"},
    }
    assert directory.groups_of("0f3c0000-0000-4000-8000-000000000011") == {"0f3c0000-0000-4000-8000-000000000010"}
    assert directory.standing_assignments == (
        StandingAssignment("deployer", "Owner", SUBSCRIPTION),
        StandingAssignment("pull-request", "Reader", f"{SUBSCRIPTION}/resourceGroups/rg-digital-twins-rbac-local"),
    )


def test_ids_are_kept_in_lower_case_and_members_as_ids(tmp_path: Path) -> None:
    path = tmp_path / "directory.yaml"
    path.write_text(RIGHT)

    directory = load_directory(path)

    assert directory.by_name("earth").object_id == "0f3c0000-0000-4000-8000-000000000011"
    assert directory.by_name("tenants").members == ("0f3c0000-0000-4000-8000-000000000011",)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_its_place_and_what_to_do(mistake: str, tmp_path: Path) -> None:
    old, new, place, problem = MISTAKES[mistake]
    assert RIGHT.count(old) == 1
    path = tmp_path / "directory.yaml"
    path.write_text(RIGHT.replace(old, new))

    with pytest.raises(DirectoryInvalid) as caught:
        load_directory(path)

    assert str(caught.value).startswith(f"{path}:{place}: ")
    assert problem in str(caught.value)


def test_a_file_that_is_no_mapping_or_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "directory.yaml"
    with pytest.raises(DirectoryInvalid, match=r"directory\.yaml: cannot be read \(No such file"):
        load_directory(path)

    path.write_text("- earth\n")

    with pytest.raises(DirectoryInvalid, match=r"directory\.yaml:1:1: a mapping is expected"):
        load_directory(path)
