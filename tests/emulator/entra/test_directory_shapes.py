"""Texts of directory.yaml that YAML reads as something else than what is expected there."""

from pathlib import Path

import pytest

from emulator.entra.directory import Directory
from emulator.entra.directory_file import load_directory
from emulator.entra.errors import CannotSignIn, DirectoryInvalid

HEAD = """\
tenantId: 00000000-0000-4000-8000-0000000000ff
subscriptionId: 00000000-0000-4000-8000-0000000000fe
principals:
  7: {type: User, objectId: 00000000-0000-4000-8000-000000000007}
"""


def load(folder: Path, text: str | bytes) -> Directory:
    path = folder / "directory.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load_directory(path)


def test_a_name_may_be_a_number_wherever_it_stands(tmp_path: Path) -> None:
    directory = load(
        tmp_path,
        HEAD
        + "  team: {type: Group, objectId: 00000000-0000-4000-8000-000000000008, members: [7]}\n"
        + "standingAssignments: [{principal: 7, role: Reader, scope: /subscriptions/s}]\n",
    )

    assert directory.by_name("team").members == (directory.by_name("7").object_id,)
    assert directory.standing_assignments[0].principal == "7"


def test_a_group_without_members_says_that_nobody_can_sign_in_for_it(tmp_path: Path) -> None:
    directory = load(tmp_path, HEAD + "  none: {type: Group, objectId: 00000000-0000-4000-8000-000000000008}\n")

    with pytest.raises(CannotSignIn, match=r"^'none' is a group and cannot sign in, and it has no members$"):
        directory.signed_in("none")


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("", "1:1", "a mapping is expected: write tenantId, subscriptionId and principals"),
        (b"tenantId: \xff\xfe", "1:1", "not YAML: "),
        (HEAD.replace("  7: ", "- "), "3:1", "principals is ["),
        (
            HEAD + "  t: {type: Group, objectId: 00000000-0000-4000-8000-000000000008, members: [[7]]}\n",
            "5:78",
            "member [7] is no principal: add it, or take it out",
        ),
        (
            HEAD + "standingAssignments:\n  - 7 is an Owner\n",
            "6:5",
            "standing assignment '7 is an Owner': write principal, role and scope",
        ),
        (HEAD + "standingAssignments:\n  - {principal: 7, role: Owner}\n", "6:5", "scope is missing: add it"),
        (
            HEAD + "standingAssignments: [{principal: [7], role: Owner, scope: /}]\n",
            "5:24",
            "[7] is no principal: add it under principals",
        ),
    ],
)
def test_another_shape_is_named_with_its_place(tmp_path: Path, text: str | bytes, place: str, problem: str) -> None:
    with pytest.raises(DirectoryInvalid) as failure:
        load(tmp_path, text)

    assert str(failure.value).startswith(f"{tmp_path}/directory.yaml:{place}: {problem}")
