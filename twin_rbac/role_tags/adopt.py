"""A manifest from the role tags that twins carry; pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from twin_rbac.role_tags.errors import RoleTagsError
from twin_rbac.role_tags.model import TagRules, TwinTags

_ROLE = re.compile(r"[A-Za-z0-9_-]{1,128}")


@dataclass(frozen=True, kw_only=True)
class Adopted:
    """What a manifest can say of the twins, and what it cannot."""

    rules: TagRules
    """The given rules, with the roles that were found."""
    twins: Mapping[str, str]
    """Twin -> role."""
    left: Mapping[str, str]
    """Twin -> why it stays out."""


def adopt(rules: TagRules, existing: Iterable[TwinTags]) -> Adopted:
    """The manifest's roles and twins from the tags that are live.

    Args:
        rules: which tag is meant, and which twins are ignored. By value every value that can be a role's name is a
            role; with markers those of the rules are.
        existing: the twins that carry the tag.

    Raises:
        RoleTagsError: no twin carries a role.
    """
    twins, left = {}, {}
    first: dict[str, str] = {role.lower(): role for role in rules.roles}
    for twin in sorted(existing, key=lambda twin: twin.twin_id):
        role = rules.role_of(twin)
        if role is None or rules.ignores(twin.twin_id):
            continue
        reason = _refuse(rules, twin, role, first)
        if reason:
            left[twin.twin_id] = reason
        else:
            twins[twin.twin_id] = role
    if not twins:
        tag = "one of the markers" if rules.encoding == "marker" else f"{rules.property}.{rules.key}"
        raise RoleTagsError(f"no twin carries a role in {tag}, so that there is nothing to adopt")
    found = {role for text in twins.values() for role in rules.split(text)}
    roles = (*rules.roles, *sorted(found - set(rules.roles)))
    return Adopted(rules=replace(rules, roles=roles), twins=twins, left=left)


def _refuse(rules: TagRules, twin: TwinTags, role: str, first: dict[str, str]) -> str | None:
    if rules.encoding == "marker":
        return None
    if not isinstance((twin.tags or {}).get(rules.key), str):
        return f"{role} is no text, and so no role"
    if not _ROLE.fullmatch(role):
        return f"{role!r} cannot be a role's name: letters, digits, - and _, at most 128"
    other = first.setdefault(role.lower(), role)
    return None if other == role else f"{role!r} differs from the role {other!r} in case only; mend one of the two"
