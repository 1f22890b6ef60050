"""The permission scopes of Azure Digital Twins, and the data actions that they stand for.

A role is composed of permission scopes and verbs, and never of wildcards (fact sheet adt-rbac, sections 1 to 4).
"""

from collections.abc import Mapping, Sequence

from twin_rbac.access.permissions import PERMISSION_SCOPES

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


def merge_permissions(*parts: Permissions) -> Permissions:
    """All that one of the parts allows, such as that of two role templates.

    Raises:
        ValueError: as `compose_data_actions`.
    """
    for part in parts:
        _check(part)
    merged = {
        scope: [verb for verb in verbs if any(verb in part.get(scope, ()) for part in parts)]
        for scope, verbs in PERMISSION_SCOPES.items()
    }
    return {scope: verbs for scope, verbs in merged.items() if verbs}


def compose_data_actions(permissions: Permissions) -> list[str]:
    """The data actions of some permission scopes, in the order of `PERMISSION_SCOPES`.

    Raises:
        ValueError: a permission scope or verb does not exist; the text names those that do.
    """
    _check(permissions)
    return [
        action
        for scope, verbs in PERMISSION_SCOPES.items()
        for verb, actions in verbs.items()
        for action in actions
        if verb in permissions.get(scope, ())
    ]


def _check(permissions: Permissions) -> None:
    for scope, verbs in permissions.items():
        if scope not in PERMISSION_SCOPES:
            raise ValueError(f"unknown permission scope {scope!r}; there are: {', '.join(PERMISSION_SCOPES)}")
        for verb in verbs:
            if verb not in PERMISSION_SCOPES[scope]:
                raise ValueError(f"{scope} has no {verb!r}; it has: {', '.join(PERMISSION_SCOPES[scope])}")
