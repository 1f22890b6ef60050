"""The values that the rule gives back."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Decision:
    """Whether a caller may see a twin, and why."""

    allowed: bool
    reason: str
    """One sentence. It may name roles and role tags, and holds no other property of the twin."""
