"""What Resource Manager is given to work with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from emulator.clock import Clock
from emulator.entra.directory import Directory
from emulator.faults import Faults
from emulator.resource_manager.authorization import AccessControl
from emulator.storage import Storage


class InstanceHost(Protocol):
    """Serves the data planes of instances."""

    async def start(self, resource_id: str) -> str:
        """Serves a new instance, and returns its host name."""

    async def stop(self, resource_id: str) -> None:
        """Ends an instance and forgets its data."""


@dataclass(frozen=True, kw_only=True)
class ResourceManagerContext:
    """State, rights, and what happens outside."""

    storage: Storage
    clock: Clock
    faults: Faults
    directory: Directory
    access: AccessControl
    authenticate: Callable[[str | None], str]
    """Authorization header -> object id; raises InvalidToken."""
    instances: InstanceHost

    def timestamp(self) -> str:
        """The time now, as Resource Manager writes it."""
        return self.clock.now().isoformat().replace("+00:00", "Z")
