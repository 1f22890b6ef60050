"""The plants of this program: the stack's own config is the first, `plants:north` is the second."""

from collections.abc import Iterator
from dataclasses import dataclass

import pulumi

from twin_rbac.components import StackConfig, load_config, parse_config


@dataclass(frozen=True)
class Plant:
    """One plant: what it is called, None for the first, and what is asked for."""

    name: str | None
    config: StackConfig

    def output(self, name: str) -> str:
        """The stack's output of that name."""
        return f"{self.name}-{name}" if self.name else name


def load_plants() -> Iterator[Plant]:
    """Each plant, its config checked as the package checks its own.

    Raises:
        ConfigError: a config cannot be used.
    """
    first = load_config()
    yield Plant(None, first)
    # Who deploys, and to which Azure, is the same for all plants.
    shared = first.model_dump(mode="json", by_alias=True, include={"deployers", "drift_readers", "cloud"})
    north = pulumi.Config("plants").require_object("north")
    yield Plant("north", parse_config({**shared, **north}))
