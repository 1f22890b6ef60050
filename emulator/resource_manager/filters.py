"""The `$filter` expressions that lists of role definitions and role assignments take (fact sheet adt-rbac, section 8).

Any other expression is refused: an answer to a filter that was not understood would be a wrong one.
"""

import re
from dataclasses import dataclass

from emulator.resource_manager.errors import InvalidRequest

_ID = r"'(?P<id>[0-9A-Fa-f-]+)'"
_AT_SCOPE = re.compile(r"atScope\(\)", re.IGNORECASE)
_ASSIGNED_TO = re.compile(rf"assignedTo\({_ID}\)", re.IGNORECASE)
_PRINCIPAL_ID = re.compile(rf"principalId\s+eq\s+{_ID}", re.IGNORECASE)
_ROLE_NAME = re.compile(r"roleName\s+eq\s+'(?P<name>(?:[^']|'')*)'", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class AssignmentFilter:
    """Which role assignments are wanted; all of its conditions hold."""

    at_scope: bool = False
    """Not those below the scope."""
    assigned_to: str | None = None
    """Those of this principal and of the groups that hold it."""
    principal_id: str | None = None
    """Those of exactly this principal, in lower case."""


def parse_assignment_filter(text: str) -> AssignmentFilter:
    """The filter of a list of role assignments; the empty text wants all.

    Raises:
        InvalidRequest: the expression is none of the documented ones.
    """
    at_scope, assigned_to, principal_id = False, None, None
    for part in re.split(r"\s+and\s+", text.strip()) if text.strip() else ():
        if _AT_SCOPE.fullmatch(part):
            at_scope = True
        elif match := _ASSIGNED_TO.fullmatch(part):
            assigned_to = match["id"].lower()
        elif match := _PRINCIPAL_ID.fullmatch(part):
            principal_id = match["id"].lower()
        else:
            raise _unsupported(text, "atScope(), assignedTo('ID'), principalId eq 'ID', joined by and")
    return AssignmentFilter(at_scope=at_scope, assigned_to=assigned_to, principal_id=principal_id)


def parse_role_name(text: str) -> str | None:
    """The display name that a list of role definitions is filtered by; None for the empty text.

    Raises:
        InvalidRequest: the expression is another one.
    """
    if not text.strip():
        return None
    match = _ROLE_NAME.fullmatch(text.strip())
    if match is None:
        raise _unsupported(text, "roleName eq 'NAME'")
    return match["name"].replace("''", "'")


def _unsupported(text: str, known: str) -> InvalidRequest:
    return InvalidRequest(f"The filter '{text}' is not supported; there are: {known}.", "UnsupportedQuery")
