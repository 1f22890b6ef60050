"""What a preview says: each resource as it is and as it will be. Pure.

The engine's own comparison is null for dynamic resources (fact sheet pulumi-azure, 6.4b): what changes is found by
comparing the inputs of the old and the new state.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What the engine writes in place of a value, of whatever type, that only the update will know."""


class Operation(StrEnum):
    """What happens to a resource."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    SAME = "same"
    REFRESH = "refresh"
    """A look at what is there, before the others; it changes nothing."""
    PART = "part"
    """A part of a replacement, whose own step says all."""


@dataclass(frozen=True, kw_only=True)
class State:
    """A resource as it is, or as it will be."""

    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any] = field(default_factory=dict)
    parent: str | None = None
    """Its parent's URN."""
    dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Input -> URNs of the resources that it comes from: what is left of a value that is not known yet."""
    custom: bool = True
    """Whether it is something of a provider's; a component is not."""
    resource_id: str | None = None
    """Its id in Azure; None where that is not known."""

    @classmethod
    def from_mapping(cls, document: Mapping[str, Any]) -> Self:
        """The state from the engine's JSON."""
        dependencies = document.get("propertyDependencies") or {}
        return cls(
            inputs=document.get("inputs") or {},
            outputs=document.get("outputs") or {},
            parent=document.get("parent"),
            dependencies={name: tuple(urns or ()) for name, urns in dependencies.items()},
            custom=bool(document.get("custom")),
            resource_id=found if isinstance(found := document.get("id"), str) and found != UNKNOWN else None,
        )

    def text(self, name: str) -> str | None:
        """An input that is a text and known; else None."""
        value = self.inputs.get(name)
        return value if isinstance(value, str) and value != UNKNOWN else None


@dataclass(frozen=True, kw_only=True)
class Step:
    """What happens to one resource."""

    operation: Operation
    urn: str
    old: State | None = None
    new: State | None = None
    reasons: tuple[str, ...] = ()
    """The inputs that force a replacement."""

    @property
    def type(self) -> str:
        """The resource's type token."""
        return type_of(self.urn)

    @property
    def name(self) -> str:
        """The resource's logical name."""
        return name_of(self.urn)


@dataclass(frozen=True, kw_only=True)
class Preview:
    """A preview's steps, and what it said."""

    stack: str
    changes: tuple[Step, ...]
    """What creates, updates, replaces or deletes."""
    before: Mapping[str, State]
    """URN -> what is there, as far as the preview tells."""
    after: Mapping[str, State]
    """URN -> what will be there, as far as the preview tells."""
    is_whole: bool
    """Whether it tells of resources that do not change, too."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """The stack's config, objects and lists decoded."""
    messages: tuple[str, ...] = ()
    """Warnings, each once."""
    errors: tuple[str, ...] = ()
    """Why the preview failed; empty when it did not."""


def type_of(urn: str) -> str:
    """The type token in a URN, without the types of its parents."""
    return urn.split("::", 3)[2].rpartition("$")[2]


def name_of(urn: str) -> str:
    """The logical name in a URN."""
    return urn.split("::", 3)[3]
