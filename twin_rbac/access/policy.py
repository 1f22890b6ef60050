"""The rule: a twin is seen by whoever holds the role that its role tag names.

It is used twice, to decide about one twin (`Policy.check`) and to scope a query (`twin_rbac.query.scope`), and a test
binds the two: a scoped query finds exactly the twins that `check` allows.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from twin_rbac.access.errors import PolicyInvalid
from twin_rbac.access.model import Decision

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_ROLE = re.compile(r"[A-Za-z0-9_-]{1,128}")


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Which tag of a twin names its role, and which roles there are.

    Raises:
        PolicyInvalid: a name cannot stand in a query as it is, or the encoding is another one.
    """

    property: str = "tags"
    """The Map property that holds a twin's tags."""
    key: str = "role"
    """The key in it whose value is the role."""
    encoding: str = "value"
    """How a tag names a role: `value` is `tags.role = 'Earth'`."""
    roles: frozenset[str]
    """The roles that count; a role outside them gives nobody anything."""

    def __post_init__(self) -> None:
        if self.encoding != "value":
            raise PolicyInvalid(f"encoding: {self.encoding!r} is not supported; use 'value'")
        for setting, name in (("property", self.property), ("key", self.key)):
            if not _NAME.fullmatch(name):
                raise PolicyInvalid(f"{setting}: {name!r} is no name; use letters, digits and _, a letter first")
        for role in sorted(self.roles):
            if not _ROLE.fullmatch(role):
                raise PolicyInvalid(f"roles: {role!r} is no role; use 1 to 128 letters, digits, _ and -")

    def granted(self, roles: Iterable[str]) -> tuple[str, ...]:
        """Those of the roles that a caller holds which count, sorted."""
        return tuple(sorted(self.roles.intersection(roles)))

    def check(self, roles: Iterable[str], tags: object) -> Decision:
        """Whether a caller with the roles may see a twin.

        `tags` is what the twin has under `property`, as it stands in the twin's document, or None where it has
        nothing. Case counts. Whatever is no tag of a role that the caller holds means denied.
        """
        role = tags.get(self.key) if isinstance(tags, Mapping) else None
        if role is None:
            return Decision(allowed=False, reason=f"the twin has no {self.property}.{self.key}")
        if not isinstance(role, str):
            return Decision(allowed=False, reason=f"the twin's {self.property}.{self.key} is no text")
        # Not `granted`, which sorts: this is asked for each twin of a page. A set, since "in" a text finds parts of it.
        held = roles if isinstance(roles, frozenset) else frozenset(roles)
        if role not in self.roles or role not in held:
            return Decision(allowed=False, reason=f"the caller does not hold the twin's role {role!r}")
        return Decision(allowed=True, reason=f"the caller holds the twin's role {role!r}")
