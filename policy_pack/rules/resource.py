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
"""A value that the preview cannot know yet.

It breaks no rule but where a wrong value would give rights on twins or open the instance: `pulumi up` knows it, and
looks again, but a rule that is judged at the end would then come too late.
"""
_VERSIONED = re.compile(r"^azure-native(?:_[a-z0-9]+_v\w+)?:(\w+)(?:/v\w+)?:")


@dataclass(frozen=True)
class Resource:
    """A resource that a program declares."""

    type: str
    """Such as azure-native:web:WebApp, without a version of the API; a component's is its token."""
    name: str
    """The logical name."""
    urn: str
    props: Any
    """The inputs by their names in Pulumi's schema (camelCase), or UNKNOWN as a whole."""
    refers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Input -> URNs of the resources that its value is made of; known also where the value is not."""

    def __post_init__(self) -> None:
        # The same resource has a token for each version of Azure's API.
        object.__setattr__(self, "type", _VERSIONED.sub(r"azure-native:\1:", self.type))

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
        """Whether the input is made of the other resource, or names it; that resource's own name is an input of it.

        Not where nothing tells: what belongs to another resource would count for this one.
        """
        value, wanted = self.get(key), other.get(name)
        if other.urn in self.refers.get(key, ()):
            return True
        return isinstance(value, str) and value.rpartition("/")[2].lower() == str(wanted).lower()

    def hides(self, key: str) -> bool:
        """Whether the program gives the input, and a preview does not know it or part of it.

        Not of a resource that is no target of this run: it stays as it is.
        """
        return self.props is not UNKNOWN and _has_unknown(self.get(key))


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

        One of these is enough: the pack's setting `profile`, a resource group's Azure tag `profile`, or a word of the
        stack's name is `prod` or `production`. None of them can take back what another says.
        """
        tags = (group.get("tags", "profile") for group in self.of_type("azure-native:resources:ResourceGroup"))
        told = {str(word).lower() for word in (self.settings.get("profile"), *tags)}
        return not {"prod", "production"}.isdisjoint(told | set(self._words_of_name()))

    def _words_of_name(self) -> list[str]:
        urn = next(iter(self.resources), "")
        name = urn.partition("::")[0].rpartition(":")[2]
        return re.split(r"[^a-z]+", name.lower())


def _has_unknown(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_has_unknown(item) for item in value.values())
    return any(_has_unknown(item) for item in value) if isinstance(value, list) else value is UNKNOWN
