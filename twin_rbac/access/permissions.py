"""What there is to allow on an instance, and what the permissions of a role allow."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Self

_PROVIDER = "Microsoft.DigitalTwins"

PERMISSION_SCOPES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "models": {
        "read": (f"{_PROVIDER}/models/read",),
        "write": (f"{_PROVIDER}/models/write",),
        "delete": (f"{_PROVIDER}/models/delete",),
    },
    "query": {"action": (f"{_PROVIDER}/query/action",)},
    # Never digitaltwins/*: the wildcard would grant the relationships too (fact sheet adt-rbac, section 3).
    "twins": {
        "read": (f"{_PROVIDER}/digitaltwins/read",),
        "write": (f"{_PROVIDER}/digitaltwins/write",),
        "delete": (f"{_PROVIDER}/digitaltwins/delete",),
        "action": (f"{_PROVIDER}/digitaltwins/commands/action",),
    },
    "relationships": {
        "read": (f"{_PROVIDER}/digitaltwins/relationships/read",),
        "write": (f"{_PROVIDER}/digitaltwins/relationships/write",),
        "delete": (f"{_PROVIDER}/digitaltwins/relationships/delete",),
    },
    "eventRoutes": {
        "read": (f"{_PROVIDER}/eventroutes/read",),
        "write": (f"{_PROVIDER}/eventroutes/write",),
        "delete": (f"{_PROVIDER}/eventroutes/delete",),
    },
    "jobs": {
        "read": (f"{_PROVIDER}/jobs/imports/read", f"{_PROVIDER}/jobs/deletions/read"),
        "write": (f"{_PROVIDER}/jobs/imports/write",),
        # To start a deletion job is to delete every twin, relationship and model: whoever may write cannot.
        "delete": (f"{_PROVIDER}/jobs/imports/delete", f"{_PROVIDER}/jobs/deletions/write"),
        "action": (f"{_PROVIDER}/jobs/imports/cancel/action",),
    },
}
"""Permission scope -> verb -> the data actions that it stands for.

The five scopes of the service's security page, and jobs (fact sheet adt-rbac, sections 1 and 4).
"""

OLDER_DATA_ACTIONS = (
    f"{_PROVIDER}/jobs/import/read",
    f"{_PROVIDER}/jobs/import/write",
    f"{_PROVIDER}/jobs/import/delete",
    f"{_PROVIDER}/jobs/delete/read",
    f"{_PROVIDER}/jobs/delete/write",
)
"""Names that jobs had before: they count when somebody holds them, and no role of ours is made of them."""


@dataclass(frozen=True, kw_only=True)
class Permission:
    """One permission of a role definition, or one row of Resource Manager's listing of a caller's permissions."""

    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> Self:
        """The permission from Resource Manager's JSON; a list that is absent or null is empty."""
        return cls(
            actions=tuple(mapping.get("actions") or ()),
            not_actions=tuple(mapping.get("notActions") or ()),
            data_actions=tuple(mapping.get("dataActions") or ()),
            not_data_actions=tuple(mapping.get("notDataActions") or ()),
        )

    def allows_action(self, action: str) -> bool:
        """Whether the actions of the control plane cover this one and the excluded ones do not; see below."""
        return _covers(self.actions, action) and not _covers(self.not_actions, action)

    def allows_data_action(self, data_action: str) -> bool:
        """Whether the data actions cover this one and the excluded ones do not.

        Case does not count, and `*` stands for any text, slashes included (fact sheet adt-rbac, section 8).
        """
        return _covers(self.data_actions, data_action) and not _covers(self.not_data_actions, data_action)


def allow_action(permissions: Iterable[Permission], action: str) -> bool:
    """Whether one of a caller's permissions allows the action of the control plane."""
    return any(permission.allows_action(action) for permission in permissions)


def allow_data_action(permissions: Iterable[Permission], data_action: str) -> bool:
    """Whether one of a caller's permissions allows the data action.

    What one permission excludes, another may still allow: an exclusion is no deny (fact sheet adt-rbac, section 8).
    """
    return any(permission.allows_data_action(data_action) for permission in permissions)


def _covers(patterns: Iterable[str], action: str) -> bool:
    return any(_compile(pattern).fullmatch(action) for pattern in patterns)


@cache
def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.IGNORECASE | re.DOTALL)
