"""Who and what there is in the scenario of the stack `local`, and in the mocks' answers."""

import asyncio
import runpy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pulumi
import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent.parent
TENANT = "8f14e45f-ceea-467f-a9d2-4b5b1e0c7a01"
SUBSCRIPTION = "5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-digital-twins-rbac-local"
EARTH = "0f3c0000-0000-4000-8000-000000000010"
FIRE = "0f3c0000-0000-4000-8000-000000000021"
WIND = "51aa0000-0000-4000-8000-000000000031"
ROLE_DEFINITION = "azure-native:authorization:RoleDefinition"
ROLE_ASSIGNMENT = "azure-native:authorization:RoleAssignment"
IDENTITY = "1d000000-0000-4000-8000-000000000001"
CLIENT = "c1000000-0000-4000-8000-000000000001"
REGISTRATION = "a9900000-0000-4000-8000-000000000001"


@cache
def _pulumi_loop() -> asyncio.AbstractEventLoop:
    # It is never closed: its threads, which Pulumi gives loops of their own, live as long as it does.
    return asyncio.new_event_loop()


@contextmanager
def in_pulumis_loop() -> Iterator[None]:
    """One loop for all programs: Pulumi keeps the first program's stack, and with it the loop that it was made in."""
    asyncio.set_event_loop(_pulumi_loop())
    try:
        yield
    finally:
        # As asyncio.run leaves it, which other tests use.
        asyncio.set_event_loop(None)


def local_config() -> dict[str, object]:
    return dict(YAML(typ="safe").load(ROOT / "Pulumi.local.yaml")["config"])


@dataclass(frozen=True)
class Remembered:
    """A program that declares the same for the same key, config and mode: it is run once for all tests."""

    key: str
    run: Callable[[], dict[str, Any]]
    exports: dict[str, Any] = field(default_factory=dict)

    def __call__(self) -> dict[str, Any]:
        return self.run()


def run_program(exports: dict[str, Any]) -> Remembered:
    """The program as `pulumi up` runs it."""

    def run() -> dict[str, Any]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pulumi, "export", exports.__setitem__)
            runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")
        return exports

    return Remembered("__main__.py", run, exports)
