"""What is served beside Resource Manager and Entra ID: instances, sites, blobs."""

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import ASGIApp

from emulator.app_service.environment import SiteEnvironment
from emulator.app_service.host import LocalSiteHost, Platform, SiteSockets
from emulator.app_service.identities import SiteIdentities
from emulator.app_service.kept import kept_sites, record_hosts
from emulator.app_service.packages import SITES_FOLDER
from emulator.blob.access import BlobAccess
from emulator.blob.host import LocalBlobHost
from emulator.blob.store import BLOBS_FOLDER, BlobStore
from emulator.data_plane_access import DataPlaneAccess
from emulator.digital_twins.call import answer_error
from emulator.digital_twins.errors import error_of_fault
from emulator.digital_twins.instance import Instance
from emulator.digital_twins.routes import create_app as create_instance_app
from emulator.entra.routes import MANAGED_IDENTITY_PATH
from emulator.fault_middleware import DIGITAL_TWINS, FaultMiddleware
from emulator.faults import FailingCall
from emulator.instance_host import LocalInstanceHost
from emulator.kept_instances import kept_instances, record_host_name
from emulator.parts import Parts
from emulator.ports import BLOB, Sockets, close


@dataclass(frozen=True)
class Listening:
    """The sockets of what earlier starts left."""

    instances: Mapping[str, Sockets]
    sites: Mapping[str, SiteSockets]


@dataclass(frozen=True)
class Hosts:
    """They come and go with their resources; blobs have one address for all accounts."""

    parts: Parts
    instances: LocalInstanceHost
    sites: LocalSiteHost
    blobs: LocalBlobHost
    identities: SiteIdentities

    def listen(self) -> Listening:
        """Listens for the instances and sites of earlier starts; they are served by `serve`.

        Raises:
            PortInUse: a port of one is another program's; none listens.
        """
        with ExitStack() as undo:
            instances = self.instances.listen(kept_instances(self.parts.storage))
            for sockets in instances.values():
                undo.callback(close, sockets)
            sites = self.sites.listen(kept_sites(self.parts.storage))
            undo.pop_all()
        return Listening(instances, sites)

    async def serve(self, listening: Listening) -> None:
        """Serves them, and lets Resource Manager know where."""
        storage = self.parts.storage
        await self.instances.serve(listening.instances)
        for resource_id, host_name in self.instances.host_names.items():
            record_host_name(storage, resource_id, host_name)
        await self.sites.serve(listening.sites)
        for site_id, hosts in self.sites.hosts.items():
            record_hosts(storage, site_id, hosts)
        self.blobs.record_endpoints(storage)

    async def stop_all(self) -> None:
        """Ends all instances and sites and forgets their data."""
        await self.sites.stop_all()
        await self.instances.stop_all()

    async def close(self) -> None:
        """Stops serving; everything stays."""
        await asyncio.gather(self.instances.close(), self.sites.close())


def make_hosts(parts: Parts) -> Hosts:
    """The hosts; nothing is served yet."""
    identities = SiteIdentities(parts.storage)
    blobs = LocalBlobHost(
        store=BlobStore(parts.storage, parts.home.folder / BLOBS_FOLDER, parts.clock),
        access=BlobAccess(
            storage=parts.storage, issuer=parts.issuer, access=parts.access, tenant_id=parts.directory.tenant_id
        ),
        port=lambda: parts.ports.services[BLOB],
    )
    sites = LocalSiteHost(_make_platform(parts, identities, blobs))
    return Hosts(parts, _make_instances(parts), sites, blobs, identities)


def _make_platform(parts: Parts, identities: SiteIdentities, blobs: LocalBlobHost) -> Platform:
    return Platform(
        storage=parts.storage,
        ports=parts.ports,
        certificates=parts.certificates,
        clock=parts.clock,
        faults=parts.faults,
        folder=parts.home.folder / SITES_FOLDER,
        environment=SiteEnvironment(
            identities=identities,
            identity_endpoint=f"{parts.authority}{MANAGED_IDENTITY_PATH}",
            trusted=parts.certificates.bundle,
        ),
        blobs=blobs,
        access=parts.access,
        validate=parts.issuer.validate_header,
        authenticate=parts.authenticate,
    )


def _make_instances(parts: Parts) -> LocalInstanceHost:
    def make_app(resource_id: str) -> ASGIApp:
        access = DataPlaneAccess(parts.issuer, parts.access, tenant_id=parts.directory.tenant_id, scope=resource_id)
        instance = Instance(
            key=resource_id.lower(),
            storage=parts.storage,
            clock=parts.clock,
            faults=parts.faults,
            counters=parts.counters,
            authorizer=access,
        )
        app = create_instance_app(instance)
        return FaultMiddleware(app, service=DIGITAL_TWINS, faults=parts.faults, answer=answer_instance_fault)

    return LocalInstanceHost(
        storage=parts.storage, ports=parts.ports, certificates=parts.certificates, make_app=make_app
    )


def answer_instance_fault(status: int, fault: FailingCall) -> Response:
    """A fault's answer in the shape of the data plane."""
    return answer_error(error_of_fault(status=status, code=fault.code, retry_after=fault.retry_after))
