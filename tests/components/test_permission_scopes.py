import pytest

from components.permission_scopes import DRIFT_READER, LOADER, TAGGER, compose_data_actions

PREFIX = "Microsoft.DigitalTwins/"

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
}


@pytest.mark.parametrize("identity", EXPECTED)
def test_each_role_holds_exactly_the_data_actions_of_its_identity(identity: str) -> None:
    permissions, expected = EXPECTED[identity]

    assert set(compose_data_actions(permissions)) == {PREFIX + action for action in expected}


def test_no_permission_scope_uses_a_wildcard_since_that_of_twins_covers_relationships() -> None:
    everything = {
        scope: ["read", "write", "delete"] for scope in ("models", "twins", "relationships", "eventRoutes")
    } | {"query": ["action"]}

    assert not [action for action in compose_data_actions(everything) if "*" in action]


@pytest.mark.parametrize(
    ("permissions", "message"),
    [
        ({"twin": ["read"]}, "unknown permission scope 'twin'; there are: models, query, twins"),
        ({"query": ["read"]}, "query has no 'read'; it has: action"),
    ],
)
def test_an_unknown_scope_or_verb_is_named_with_those_that_exist(
    permissions: dict[str, list[str]], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        compose_data_actions(permissions)
