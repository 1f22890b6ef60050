"""The values that role tags are about."""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache
from typing import Any, Literal, Self
from urllib.parse import quote, unquote

Encoding = Literal["value", "marker"]
Missing = Literal["error", "skip"]
Unlisted = Literal["report", "remove"]


@dataclass(frozen=True, kw_only=True, slots=True)
class TwinTags:
    """A twin, as far as role tags look at it."""

    twin_id: str
    etag: str
    """The version that was read; a write holds only while the twin still has it."""
    tags: Mapping[str, Any] | None
    """The whole map of tags; None when the twin has none."""
    model_id: str | None = None
    """The twin's model, where it was asked for."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much of a role one run may change: percentages of the twins that carry the role now."""

    add: int = 100
    """Twins that newly carry it."""
    change: int = 30
    """Twins that lose it for another role."""
    remove: int = 10
    """Twins that lose it for none."""


@dataclass(frozen=True, kw_only=True)
class TagRules:
    """A manifest without its twins: which tag it decides about, and how."""

    property: str = "tags"
    """The Map property that holds the tags."""
    key: str = "role"
    """The key in it whose value is the role; no part of it with markers."""
    encoding: Encoding = "value"
    """`value`: the key's value is the role, one a twin. `marker`: a key for each role, of which a twin has several."""
    roles: tuple[str, ...]
    """The roles, in the manifest's order."""
    ignore: tuple[str, ...] = ()
    """Patterns of twins that are never touched and never reported; `*` and `?`, case counts."""
    missing: Missing = "error"
    """What a listed twin that does not exist is."""
    unlisted: Unlisted = "report"
    """What becomes of a twin that carries one of the roles and is not listed."""
    limits: Limits = Limits()
    """Past which a plan is unsafe."""

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> Self:
        """The rules from what `to_mapping` gave, by this version or an earlier one."""
        # Pulumi's state knows no whole numbers.
        limits = {name: int(percent) for name, percent in (mapping.get("limits") or {}).items()}
        known = {field.name: mapping[field.name] for field in fields(cls) if field.name in mapping}
        lists = {name: tuple(mapping[name]) for name in ("roles", "ignore")}
        return cls(**{**known, **lists, "limits": Limits(**limits)})

    def to_mapping(self) -> dict[str, Any]:
        """The rules as JSON values, for a resource's inputs."""
        return {**asdict(self), "roles": list(self.roles), "ignore": list(self.ignore)}

    def ignores(self, twin_id: str) -> bool:
        """Whether the twin is none of ours."""
        return any(matches(pattern, twin_id) for pattern in self.ignore)

    def role_of(self, twin: TwinTags, roles: Collection[str] | None = None) -> str | None:
        """What the twin's role tag says; None when it has none.

        By value it is whatever stands there, one of the roles or not, and what is no text is given as JSON. With
        markers it is those of the roles that the twin has, as `join_roles` gives them; a marker's value does not count.

        Args:
            twin: the twin.
            roles: the roles that are looked for; the manifest's own when left out.
        """
        if twin.tags is None:
            return None
        if self.encoding == "marker":
            return join_roles(role for role in (self.roles if roles is None else roles) if role in twin.tags)
        value = twin.tags.get(self.key)
        return value if value is None or isinstance(value, str) else json.dumps(value)

    def split(self, role: str | None) -> frozenset[str]:
        """The single roles of what `role_of` gave."""
        if role is None:
            return frozenset()
        return frozenset(role.split(",")) if self.encoding == "marker" else frozenset({role})


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


def join_roles(roles: Iterable[str]) -> str | None:
    """Marker roles as the one text that plans, states and results hold; None when there is none."""
    return ",".join(sorted(roles)) or None


def matches(pattern: str, twin_id: str) -> bool:
    """Whether the twin's id is as the pattern says: `*` is any text, `?` one character, and case counts."""
    return _compile(pattern).fullmatch(twin_id) is not None


def printable(text: str) -> str:
    """The text for a screen or a log: a tag or an id that somebody wrote begins no line there, and sets no colour."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


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
