"""The permission scopes of Azure Digital Twins, and the data actions that they stand for.

The scopes are those of the service's security page (fact sheet adt-rbac, section 4), with jobs as a sixth group.
"""

from collections.abc import Mapping, Sequence

_PROVIDER = "Microsoft.DigitalTwins"

DATA_ACTIONS: Mapping[str, Mapping[str, str]] = {
    "models": {
        "read": f"{_PROVIDER}/models/read",
        "write": f"{_PROVIDER}/models/write",
        "delete": f"{_PROVIDER}/models/delete",
    },
    "query": {"action": f"{_PROVIDER}/query/action"},
    # Never digitaltwins/*: the wildcard would grant the relationships too (fact sheet adt-rbac, section 3).
    "twins": {
        "read": f"{_PROVIDER}/digitaltwins/read",
        "write": f"{_PROVIDER}/digitaltwins/write",
        "delete": f"{_PROVIDER}/digitaltwins/delete",
        "action": f"{_PROVIDER}/digitaltwins/commands/action",
    },
    "relationships": {
        "read": f"{_PROVIDER}/digitaltwins/relationships/read",
        "write": f"{_PROVIDER}/digitaltwins/relationships/write",
        "delete": f"{_PROVIDER}/digitaltwins/relationships/delete",
    },
    "eventRoutes": {
        "read": f"{_PROVIDER}/eventroutes/read",
        "write": f"{_PROVIDER}/eventroutes/write",
        "delete": f"{_PROVIDER}/eventroutes/delete",
    },
}

Permissions = Mapping[str, Sequence[str]]
"""Permission scope -> verbs, such as {"twins": ["read", "write"], "query": ["action"]}."""

TAGGER: Permissions = {"twins": ["read", "write"], "query": ["action"], "models": ["read"]}
"""What applying role tags takes: no relationships, no deletes."""

LOADER: Permissions = {"models": ["read", "write"], "twins": ["read", "write"], "relationships": ["read", "write"]}
"""What seeding a graph takes: no query, no deletes."""

DRIFT_READER: Permissions = {"twins": ["read"], "models": ["read"], "query": ["action"]}
"""What finding drift takes: no write."""

GATEWAY: Permissions = {"query": ["action"], "twins": ["read"], "relationships": ["read"], "models": ["read"]}
"""What answering tenants takes: no write of any kind."""


def compose_data_actions(permissions: Permissions) -> list[str]:
    """The data actions of some permission scopes, in the order of the table above.

    Raises:
        ValueError: a permission scope or verb does not exist; the text names those that do.
    """
    for scope, verbs in permissions.items():
        if scope not in DATA_ACTIONS:
            raise ValueError(f"unknown permission scope {scope!r}; there are: {', '.join(DATA_ACTIONS)}")
        for verb in verbs:
            if verb not in DATA_ACTIONS[scope]:
                raise ValueError(f"{scope} has no {verb!r}; it has: {', '.join(DATA_ACTIONS[scope])}")
    return [
        action
        for scope, actions in DATA_ACTIONS.items()
        for verb, action in actions.items()
        if verb in permissions.get(scope, ())
    ]
