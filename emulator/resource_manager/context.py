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


@dataclass(frozen=True)
class SiteHosts:
    """Where a site is served."""

    site: str
    """Host name of the front end, such as localhost:21001."""
    scm: str
    """Host name of the publish endpoint."""


class SiteHost(Protocol):
    """Serves sites and runs what is published to them."""

    async def start(self, site_id: str) -> SiteHosts:
        """Serves a site and its publish endpoint; one that is served already keeps its host names."""

    async def configure(self, site_id: str) -> None:
        """Takes over what Resource Manager now holds of the site: its settings and auth settings act from now on."""

    async def stop(self, site_id: str) -> None:
        """Ends a site and forgets its package and deployments."""


class BlobHost(Protocol):
    """Keeps the blobs of storage accounts."""

    def endpoint(self, account_name: str) -> str:
        """The account's blob endpoint, such as https://localhost:21002/account/."""

    def drop(self, resource_id: str) -> None:
        """Forgets the blobs of an account, or of a container, that is no more."""


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
    sites: SiteHost
    blobs: BlobHost

    def timestamp(self) -> str:
        """The time now, as Resource Manager writes it."""
        return self.clock.now().isoformat().replace("+00:00", "Z")
