"""Role templates: what a role is usually given on one permission scope, by name."""

from collections.abc import Mapping

from .permission_scopes import Permissions, merge_permissions

ROLE_TEMPLATES: Mapping[str, Permissions] = {
    "models reader": {"models": ["read"]},
    "models contributor": {"models": ["read", "write"]},
    "models owner": {"models": ["read", "write", "delete"]},
    "query user": {"query": ["action"]},
    "twins reader": {"twins": ["read"]},
    "twins contributor": {"twins": ["read", "write"]},
    "twins operator": {"twins": ["read", "action"]},
    "twins owner": {"twins": ["read", "write", "delete", "action"]},
    "relationships reader": {"relationships": ["read"]},
    "relationships contributor": {"relationships": ["read", "write"]},
    "relationships owner": {"relationships": ["read", "write", "delete"]},
    "event routes reader": {"eventRoutes": ["read"]},
    "event routes contributor": {"eventRoutes": ["read", "write"]},
    "event routes owner": {"eventRoutes": ["read", "write", "delete"]},
    "jobs reader": {"jobs": ["read"]},
    "jobs contributor": {"jobs": ["read", "write"]},
    "jobs operator": {"jobs": ["read", "action"]},
    "jobs owner": {"jobs": ["read", "write", "delete", "action"]},
}
"""Name -> permissions. A reader reads, a contributor also writes, an operator reads and acts, an owner may do all.

Only an owner deletes, and starts a deletion job, which empties the instance. `query user` reads every twin and every
relationship of the instance (fact sheet adt-rbac, section 5).
"""


def compose_permissions(*templates: str) -> Permissions:
    """What some role templates allow together, for a custom role.

    Raises:
        ValueError: there is no such template; the text names those that there are.
    """
    for name in templates:
        if name not in ROLE_TEMPLATES:
            raise ValueError(f"unknown role template {name!r}; there are: {', '.join(ROLE_TEMPLATES)}")
    return merge_permissions(*(ROLE_TEMPLATES[name] for name in templates))
