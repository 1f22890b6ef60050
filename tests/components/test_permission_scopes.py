import pytest

from components.permission_scopes import DRIFT_READER, GATEWAY, LOADER, TAGGER, compose_data_actions, merge_permissions
from twin_rbac.access.data_access import DATA_ACTIONS
from twin_rbac.access.permissions import OLDER_DATA_ACTIONS, PERMISSION_SCOPES

PREFIX = "Microsoft.DigitalTwins/"
EVERYTHING = {scope: list(verbs) for scope, verbs in PERMISSION_SCOPES.items()}

# Identity -> its data actions, as design section 2 lists them.
EXPECTED = {
    "tagger": (TAGGER, {"models/read", "query/action", "digitaltwins/read", "digitaltwins/write"}),
    "loader": (
        LOADER,
        {
            "models/read",
            "models/write",
            "digitaltwins/read",
            "digitaltwins/write",
            "digitaltwins/relationships/read",
            "digitaltwins/relationships/write",
        },
    ),
    "drift reader": (DRIFT_READER, {"digitaltwins/read", "models/read", "query/action"}),
    "gateway": (GATEWAY, {"digitaltwins/read", "digitaltwins/relationships/read", "models/read", "query/action"}),
}


@pytest.mark.parametrize("identity", EXPECTED)
def test_each_role_holds_exactly_the_data_actions_of_its_identity(identity: str) -> None:
    permissions, expected = EXPECTED[identity]

    assert set(compose_data_actions(permissions)) == {PREFIX + action for action in expected}


def test_there_are_the_five_scopes_of_the_service_and_jobs_each_with_its_verbs() -> None:
    # Fact sheet adt-rbac, sections 1 and 4.
    assert EVERYTHING == {
        "models": ["read", "write", "delete"],
        "query": ["action"],
        "twins": ["read", "write", "delete", "action"],
        "relationships": ["read", "write", "delete"],
        "eventRoutes": ["read", "write", "delete"],
        "jobs": ["read", "write", "delete", "action"],
    }


def test_the_scopes_cover_every_data_action_once_except_for_older_names() -> None:
    composed = compose_data_actions(EVERYTHING)

    assert len(composed) == len(set(composed)) == 20
    assert set(composed) == set(DATA_ACTIONS) - set(OLDER_DATA_ACTIONS)
    assert set(OLDER_DATA_ACTIONS) < set(DATA_ACTIONS)


def test_no_permission_scope_uses_a_wildcard_since_that_of_twins_covers_relationships() -> None:
    assert not [action for action in compose_data_actions(EVERYTHING) if "*" in action]


def test_who_may_write_jobs_cannot_start_one_that_empties_the_instance() -> None:
    writes = compose_data_actions({"jobs": ["read", "write", "action"]})

    assert PREFIX + "jobs/deletions/write" not in writes
    assert PREFIX + "jobs/deletions/write" in compose_data_actions({"jobs": ["delete"]})


def test_merged_permissions_are_those_of_all_parts_and_leave_the_parts_alone() -> None:
    assert merge_permissions(LOADER, {"eventRoutes": ["read"]}, {"models": ["delete"]}) == {
        "models": ["read", "write", "delete"],
        "twins": ["read", "write"],
        "relationships": ["read", "write"],
        "eventRoutes": ["read"],
    }
    assert "eventRoutes" not in LOADER


@pytest.mark.parametrize("use", [compose_data_actions, merge_permissions])
@pytest.mark.parametrize(
    ("permissions", "message"),
    [
        ({"twin": ["read"]}, "unknown permission scope 'twin'; there are: models, query, twins"),
        ({"query": ["read"]}, "query has no 'read'; it has: action"),
        ({"jobs": ["cancel"]}, "jobs has no 'cancel'; it has: read, write, delete, action"),
    ],
)
def test_an_unknown_scope_or_verb_is_named_with_those_that_exist(
    use: object, permissions: dict[str, list[str]], message: str
) -> None:
    assert callable(use)
    with pytest.raises(ValueError, match=message):
        use(permissions)
