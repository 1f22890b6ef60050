"""One request of Resource Manager, read, and the check of a body that every PUT goes through."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulator.resource_manager.errors import InvalidRequest
from emulator.resource_manager.resource_types import ResourceType
from emulator.resource_manager.schema import find_problems

VERBS = {"GET": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete"}
"""Method -> the verb of the action that it needs."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request whose caller is known and whose path is one that there is."""

    method: str
    caller: str
    """The caller's object id."""
    parts: Mapping[str, str]
    """What the path's pattern found."""
    query: Mapping[str, str]
    body: Any
    """The JSON body; None when there is none."""

    @property
    def verb(self) -> str:
        """The verb of the action that it needs."""
        return VERBS[self.method]


@dataclass(frozen=True)
class Answer:
    """What to answer when nothing is wrong."""

    status: int
    document: Any = None


def check_body(row: ResourceType, name: str, body: Any) -> None:
    """Returns when the name and the body are what the resource's type takes.

    Raises:
        InvalidRequest: something does not fit; everything that does not is named.
    """
    if not re.fullmatch(row.name_pattern, name):
        message = f"The name '{name}' of a {row.type} is not valid: it must be {row.name_rule}."
        raise InvalidRequest(message, "InvalidResourceName")
    problems = find_problems(body, row.body)
    if problems == ["missing required property location"]:
        raise InvalidRequest("The location property is required for this definition.", "LocationRequired")
    if problems:
        raise InvalidRequest(f"The body of the {row.type} '{name}' is not valid: {'; '.join(problems)}.")
