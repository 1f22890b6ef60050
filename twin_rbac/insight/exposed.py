"""One thing to look at of what a preview widens or narrows; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from twin_rbac.insight.changes import is_unknown, short_type
from twin_rbac.insight.preview import State, Step

NOT_YET = "(known at the update)"
"""In place of a value that only the update will know."""


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """One thing to look at."""

    resource: str
    """The resource's logical name."""
    type: str
    """Its type token, shortened."""
    what: str
    """What changes, such as `public access`."""
    old: tuple[str, ...]
    """What it was; for a list, what is taken away."""
    new: tuple[str, ...]
    """What it will be; for a list, what is added."""
    widens: bool
    """Whether somebody can reach or do more than before."""


def expose(step: Step, what: str, old: Iterable[str], new: Iterable[str], *, widens: bool) -> Exposure:
    """What changes at a step's resource."""
    return Exposure(
        resource=step.name, type=short_type(step.type), what=what, old=tuple(old), new=tuple(new), widens=widens
    )


def inputs_of(state: State | None) -> Mapping[str, Any]:
    """A state's inputs; none where there is no state."""
    return state.inputs if state else {}


def texts(value: Any) -> tuple[str, ...]:
    """A value as the cell shows it; nothing where it is left out."""
    if value is None:
        return ()
    return (NOT_YET,) if is_unknown(value) else (str(value),)
