"""One Deploy: what becomes of a zip that was published to a site (fact sheet pulumi-azure, 2.5)."""

import asyncio
import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from emulator.app_service.errors import PackageInvalid
from emulator.app_service.packages import check_package
from emulator.app_service.site import Site
from emulator.blob.errors import AccountNotFound, BlobError, ContainerNotFound
from emulator.blob.store import BlobName
from emulator.clock import Clock
from emulator.faults import Faults

PENDING, BUILDING, DEPLOYING, FAILED, SUCCEEDED = 0, 1, 2, 3, 4
_LOGGER = logging.getLogger(__name__)


class PackageStorage(Protocol):
    """Where the platform puts packages."""

    def write_as(self, object_id: str, name: BlobName, content: bytes) -> None:
        """Writes a blob as a principal; raises BlobError."""


class DeploymentRunning(Exception):
    """Another package is being deployed to the site."""


@dataclass
class Deployment:
    """One publish, and how far it got."""

    received: datetime
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: int = PENDING
    text: str = ""
    ended: datetime | None = None
    polls: int = 0

    @property
    def is_complete(self) -> bool:
        """Whether it succeeded or failed."""
        return self.status in {FAILED, SUCCEEDED}


class Deployments:
    """The deployments of one site since the emulator was started: one that a killed emulator leaves is gone."""

    def __init__(self, site: Site, *, blobs: PackageStorage, clock: Clock, faults: Faults) -> None:
        self._site = site
        self._blobs = blobs
        self._clock = clock
        self._faults = faults
        self._deployments: dict[str, Deployment] = {}
        self._running: asyncio.Task[None] | None = None

    def start(self, package: bytes) -> str:
        """Deploys a package in the background, and returns the deployment's id.

        Raises:
            DeploymentRunning: one is under way already.
        """
        if self._running is not None and not self._running.done():
            raise DeploymentRunning
        deployment = Deployment(self._clock.now())
        self._deployments[deployment.id] = deployment
        self._running = asyncio.create_task(self._run(deployment, package))
        return deployment.id

    def describe(self, deployment_id: str) -> Mapping[str, Any] | None:
        """How far the deployment got; None where there is none, or, of a slow one, not yet."""
        deployment = self._deployments.get(deployment_id)
        if deployment is None:
            return None
        deployment.polls += 1
        if self._faults.publish_seconds > 0 and deployment.polls == 1 and not deployment.is_complete:
            return None
        return self._document(deployment)

    async def close(self) -> None:
        """Breaks off what is under way."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def _run(self, deployment: Deployment, package: bytes) -> None:
        try:
            await self._deploy(deployment, package)
            deployment.status = SUCCEEDED
        except (PackageInvalid, BlobError, _Failed) as exc:
            deployment.status, deployment.text = FAILED, _reason(exc)
        except Exception:
            _LOGGER.exception("a deployment to the site %s failed", self._site.documents.name)
            deployment.status, deployment.text = FAILED, "InternalServerError"
        deployment.ended = self._clock.now()

    async def _deploy(self, deployment: Deployment, package: bytes) -> None:
        deployment.status = BUILDING
        await asyncio.sleep(self._faults.publish_seconds)
        if self._faults.failing_publishes > 0:
            self._faults.failing_publishes -= 1
            raise _Failed("A fault on demand.")
        check_package(package)
        deployment.status = DEPLOYING
        packages, before = self._site.packages, self._site.packages.current_deployment
        try:
            await asyncio.to_thread(packages.unpack, deployment.id, package)
            self._store(package)
            packages.activate(deployment.id)
        finally:
            packages.discard(deployment.id)
        self._site.restart(replaced=before)

    def _store(self, package: bytes) -> None:
        """The platform writes the package as the site's deployment identity, not as who published it."""
        storage = self._site.documents.deployment_storage
        if storage is None:
            raise _Failed("The site has no functionAppConfig.deployment.storage in the local Azure.")
        wanted = (storage.identity_id or self._site.documents.site_id).lower()
        for identity in self._site.documents.identities:
            if identity.resource_id == wanted:
                self._blobs.write_as(identity.object_id, storage.package, package)
                return
        raise _Failed(f"The identity {wanted} is not assigned to the site.")

    def _document(self, deployment: Deployment) -> Mapping[str, Any]:
        received, ended = deployment.received.isoformat(), deployment.ended
        return {
            "id": deployment.id,
            "status": deployment.status,
            "status_text": deployment.text,
            "message": "OneDeploy",
            "progress": "",
            "deployer": "OneDeploy",
            "received_time": received,
            "start_time": received,
            "end_time": ended.isoformat() if ended else None,
            "complete": deployment.is_complete,
            "active": deployment.id == self._site.packages.current_deployment,
            "is_temp": False,
            "is_readonly": True,
            "site_name": self._site.documents.name,
        }


class _Failed(Exception):
    """The deployment cannot succeed; the text says why."""


def _reason(exc: Exception) -> str:
    if isinstance(exc, AccountNotFound | ContainerNotFound):
        return "Azure Storage responded with NotFound"
    return "Azure Storage responded with Forbidden" if isinstance(exc, BlobError) else str(exc)
