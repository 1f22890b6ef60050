"""What a rule is."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .resource import Resource, Stack

Check = Callable[[Resource, Stack], Iterable[str]]
"""Gives a sentence for each thing about the resource that breaks the rule, and what to do about it."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One policy of the pack."""

    name: str
    """What Pulumi prints and the pack's config calls it by."""
    sentence: str
    """What must hold."""
    check: Check
    needs_all: bool = False
    """Whether it can be judged only when all resources are known: at the end of a preview, or of an update.

    A rule that needs one resource alone stops an update before that resource is made.
    """
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Name -> JSON schema of what the pack's config may set."""
