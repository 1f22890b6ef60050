"""The values that role tags are about."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, Self
from urllib.parse import quote, unquote

Missing = Literal["error", "skip"]
Unlisted = Literal["report", "remove"]


@dataclass(frozen=True, kw_only=True)
class TwinTags:
    """A twin, as far as role tags look at it."""

    twin_id: str
    etag: str
    """The version that was read; a write holds only while the twin still has it."""
    tags: Mapping[str, Any] | None
    """The whole map of tags; None when the twin has none."""


@dataclass(frozen=True, kw_only=True)
class TagRules:
    """A manifest without its twins: which tag it decides about, and how."""

    property: str = "tags"
    """The Map property that holds the tags."""
    key: str = "role"
    """The key in it whose value is the role."""
    roles: tuple[str, ...]
    """The roles, in the manifest's order."""
    ignore: tuple[str, ...] = ()
    """Patterns of twins that are never touched and never reported; `*` and `?`, case counts."""
    missing: Missing = "error"
    """What a listed twin that does not exist is."""
    unlisted: Unlisted = "report"
    """What becomes of a twin that carries one of the roles and is not listed."""

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> Self:
        """The rules from what `to_mapping` gave."""
        return cls(**{**mapping, "roles": tuple(mapping["roles"]), "ignore": tuple(mapping["ignore"])})

    def to_mapping(self) -> dict[str, Any]:
        """The rules as JSON values, for a resource's inputs."""
        return {
            "property": self.property,
            "key": self.key,
            "roles": list(self.roles),
            "ignore": list(self.ignore),
            "missing": self.missing,
            "unlisted": self.unlisted,
        }

    def ignores(self, twin_id: str) -> bool:
        """Whether the twin is none of ours."""
        return any(_compile(pattern).fullmatch(twin_id) for pattern in self.ignore)

    def role_of(self, twin: TwinTags) -> str | None:
        """What the twin's role tag says, whether it is one of the roles or not; None when it has none.

        A value that is no text, such as a marker tag's boolean, is given as JSON.
        """
        value = None if twin.tags is None else twin.tags.get(self.key)
        return value if value is None or isinstance(value, str) else json.dumps(value)


@dataclass(frozen=True, kw_only=True)
class Seeded:
    """The ids that a seed uploaded or found, so that it never brings back what is gone."""

    models: frozenset[str] = frozenset()
    twins: frozenset[str] = frozenset()
    relationships: frozenset[str] = frozenset()

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Iterable[str]]) -> Self:
        """The ids from what `to_mapping` gave; an empty mapping is a seed that has not run."""
        return cls(**{name: frozenset(ids) for name, ids in mapping.items()})

    def to_mapping(self) -> dict[str, list[str]]:
        """The ids, sorted, for a resource's outputs."""
        return {
            "models": sorted(self.models),
            "twins": sorted(self.twins),
            "relationships": sorted(self.relationships),
        }


def encode_ids(ids: Iterable[str]) -> str:
    """Ids as one text, for a property that is to be one line of a preview however many there are."""
    return " ".join(quote(item, safe="") for item in sorted(ids))


def decode_ids(text: str) -> frozenset[str]:
    """The ids from what `encode_ids` gave."""
    return frozenset(map(unquote, text.split()))


@cache
def _compile(pattern: str) -> re.Pattern[str]:
    wildcards = {"*": ".*", "?": "."}
    return re.compile("".join(wildcards.get(char) or re.escape(char) for char in pattern), re.DOTALL)
