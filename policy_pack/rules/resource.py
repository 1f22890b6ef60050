"""What a rule looks at: resources with their inputs, as Pulumi's engine tells them, and nothing of Pulumi itself."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final


class Unknown:
    """The type of UNKNOWN."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()
"""A value that the preview cannot know yet. It breaks no rule: `pulumi up` knows it, and looks again."""


@dataclass(frozen=True)
class Resource:
    """A resource that a program declares."""

    type: str
    """Such as azure-native:web:WebApp; a component's is its token."""
    name: str
    """The logical name."""
    urn: str
    props: Any
    """The inputs by their names in Pulumi's schema (camelCase), or UNKNOWN as a whole."""
    refers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Input -> URNs of the resources that its value is made of; known also where the value is not."""

    def get(self, *path: str) -> Any:
        """The input at the path: None where nothing is given, UNKNOWN where it or what holds it is unknown."""
        value = self.props
        for key in path:
            if value is UNKNOWN:
                return UNKNOWN
            value = value.get(key) if isinstance(value, Mapping) else None
        return value

    def items(self, *path: str) -> list[Any]:
        """The list at the path; empty where it is not given, and where it is unknown."""
        value = self.get(*path)
        return value if isinstance(value, list) else []

    def is_not(self, wanted: object, *path: str) -> bool:
        """Whether the input is known to be another than the wanted one; one that is not given is another."""
        value = self.get(*path)
        return value is not UNKNOWN and value != wanted

    def is_about(self, key: str, other: "Resource", name: str) -> bool:
        """Whether the input names the other resource, whose own name is the given input of it.

        True too where nothing tells that it does not.
        """
        value, wanted = self.get(key), other.get(name)
        if other.urn in self.refers.get(key, ()) or UNKNOWN in (value, wanted):
            return True
        return isinstance(value, str) and value.rpartition("/")[2].lower() == str(wanted).lower()


@dataclass(frozen=True)
class Stack:
    """The resources of a program that are known so far, and the rule's settings."""

    resources: Mapping[str, Resource]
    """By URN."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """The rule's part of the pack's config."""

    def of_type(self, type_: str) -> Iterator[Resource]:
        """All resources of a type."""
        return (resource for resource in self.resources.values() if resource.type == type_)

    @property
    def is_prod(self) -> bool:
        """Whether this is a production stack.

        The pack's setting `profile` says it; else a resource group's Azure tag `profile`; else the stack's name, one
        of whose words is then `prod` or `production`.
        """
        told = self.settings.get("profile")
        tags = (group.get("tags", "profile") for group in self.of_type("azure-native:resources:ResourceGroup"))
        profile = told or next((tag for tag in tags if isinstance(tag, str)), None)
        return profile == "prod" if profile else not {"prod", "production"}.isdisjoint(self._words_of_name())

    def _words_of_name(self) -> list[str]:
        urn = next(iter(self.resources), "")
        name = urn.partition("::")[0].rpartition(":")[2]
        return re.split(r"[^a-z]+", name.lower())
