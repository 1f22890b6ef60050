import pytest

from twin_rbac.access import permissions
from twin_rbac.access.permissions import Permission

QUERY = "Microsoft.DigitalTwins/query/action"
READ_RELATIONSHIPS = "Microsoft.DigitalTwins/digitaltwins/relationships/read"
READ_TWINS = "Microsoft.DigitalTwins/digitaltwins/read"
WRITE_TWINS = "Microsoft.DigitalTwins/digitaltwins/write"

DATA_READER = Permission(
    # The built-in Data Reader, fact sheet adt-rbac, section 3.
    data_actions=(
        "Microsoft.DigitalTwins/digitaltwins/read",
        "Microsoft.DigitalTwins/digitaltwins/relationships/read",
        "Microsoft.DigitalTwins/models/read",
        "Microsoft.DigitalTwins/query/action",
    )
)


@pytest.mark.parametrize(
    ("data_actions", "not_data_actions", "action", "allowed"),
    [
        ([QUERY], [], QUERY, True),
        (["microsoft.digitaltwins/QUERY/action"], [], QUERY, True),
        ([], [], QUERY, False),
        (["Microsoft.DigitalTwins/digitaltwins/*"], [], WRITE_TWINS, True),
        # The wildcard takes in what stands below: the relationships.
        (["Microsoft.DigitalTwins/digitaltwins/*"], [], READ_RELATIONSHIPS, True),
        (["Microsoft.DigitalTwins/*/read"], [], READ_RELATIONSHIPS, True),
        (["Microsoft.DigitalTwins/*/read"], [], WRITE_TWINS, False),
        (["*"], [], QUERY, True),
        (["*"], ["Microsoft.DigitalTwins/query/*"], QUERY, False),
        (["*"], ["Microsoft.DigitalTwins/query/*"], READ_TWINS, True),
        # A dot is a dot, and a prefix is no match.
        (["MicrosoftxDigitalTwins/query/action"], [], QUERY, False),
        (["Microsoft.DigitalTwins/query"], [], QUERY, False),
    ],
)
def test_a_permission_allows_what_its_data_actions_cover_and_its_exclusions_do_not(
    *, data_actions: list[str], not_data_actions: list[str], action: str, allowed: bool
) -> None:
    permission = Permission.from_mapping({"dataActions": data_actions, "notDataActions": not_data_actions})

    assert permission.allows_data_action(action) is allowed


def test_control_plane_actions_allow_nothing_on_the_data_plane() -> None:
    owner = Permission.from_mapping({"actions": ["*"], "notActions": [], "dataActions": None})

    assert not owner.allows_data_action(QUERY)


def test_what_one_permission_excludes_another_may_allow() -> None:
    all_but_query = Permission(data_actions=("*",), not_data_actions=(QUERY,))

    assert not permissions.allow_data_action([all_but_query], QUERY)
    assert permissions.allow_data_action([all_but_query, DATA_READER], QUERY)


def test_nobody_without_permissions_may_do_anything() -> None:
    assert not permissions.allow_data_action([], QUERY)


@pytest.mark.parametrize(
    ("actions", "not_actions", "allowed"),
    [
        (["*"], [], True),
        (["MICROSOFT.Web/sites/publish/ACTION"], [], True),
        (["*"], ["microsoft.web/sites/publish/*"], False),
        (["Microsoft.Web/sites/read"], [], False),
        ([], [], False),
    ],
)
def test_an_action_of_the_control_plane_is_judged_by_actions_alone(
    *, actions: list[str], not_actions: list[str], allowed: bool
) -> None:
    permission = Permission(actions=tuple(actions), not_actions=tuple(not_actions), data_actions=("*",))

    assert permissions.allow_action([permission], "Microsoft.Web/sites/publish/action") is allowed
