"""What the permissions of a role allow."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Self


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
