"""Serves each site that Resource Manager creates: its front end and its SCM site, on ports of their own."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from starlette.types import ASGIApp

from emulator.app_service import front_end, scm
from emulator.app_service.deployments import Deployments, PackageStorage
from emulator.app_service.documents import SiteDocuments
from emulator.app_service.easy_auth import Validate
from emulator.app_service.environment import SiteEnvironment
from emulator.app_service.packages import Packages
from emulator.app_service.reach import ReachMiddleware
from emulator.app_service.scm import Access, ScmContext
from emulator.app_service.site import Site
from emulator.clock import Clock
from emulator.fault_middleware import APP_SERVICE, SCM, FaultMiddleware
from emulator.faults import Faults
from emulator.ports import Ports, Sockets, close
from emulator.resource_manager.context import SiteHosts
from emulator.serving import RunningServer, start_server
from emulator.storage import Storage
from emulator.tls import Certificates

_LOGGER = logging.getLogger(__name__)

SiteSockets = tuple[Sockets, Sockets]
"""Of the front end and of the SCM site."""


@dataclass(frozen=True, kw_only=True)
class Platform:
    """What all sites share."""

    storage: Storage
    ports: Ports
    certificates: Certificates
    clock: Clock
    faults: Faults
    folder: Path
    """Gets a folder for each site."""
    environment: SiteEnvironment
    blobs: PackageStorage
    access: Access
    validate: Validate
    """Authorization header, audiences -> claims; raises InvalidToken."""
    authenticate: Callable[[str | None], str]
    """Authorization header with one of Resource Manager's tokens -> object id; raises InvalidToken."""


@dataclass(frozen=True)
class _Served:
    site: Site
    deployments: Deployments
    servers: tuple[RunningServer, RunningServer]


class LocalSiteHost:
    """The sites that are served now."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._served: dict[str, _Served] = {}
        self._changing = asyncio.Lock()

    async def start(self, site_id: str) -> SiteHosts:
        """Serves a site, unless it is served already.

        Raises:
            PortInUse, NoFreePort: there is no port for it.
        """
        async with self._changing:
            if site_id.lower() not in self._served:
                sockets = self._platform.ports.listen_site(site_id.lower())
                self._platform.ports.save()
                await self._serve(site_id, sockets)
        return self.hosts_of(site_id)

    async def configure(self, site_id: str) -> None:
        """Lets the settings act that are stored now: the process restarts where they are its environment."""
        served = self._served.get(site_id.lower())
        if served is not None:
            served.site.restart_if_changed()

    async def stop(self, site_id: str) -> None:
        """Ends a site, if it is served, and forgets what was published to it."""
        async with self._changing:
            served = self._served.pop(site_id.lower(), None)
            if served is not None:
                await _end(served)
                _LOGGER.info("site %s is gone", served.site.documents.name)
            self._packages(site_id).drop()
            self._platform.environment.identities.forget(site_id)

    async def stop_all(self) -> None:
        """Ends all sites and forgets what was published to them."""
        for served in list(self._served.values()):
            await self.stop(served.site.documents.site_id)

    def listen(self, site_ids: Iterable[str]) -> Mapping[str, SiteSockets]:
        """Listens for sites of earlier starts, by ARM id; they are served by `serve`.

        Raises:
            PortInUse: a port of one is another program's; none listens.
        """
        listening: dict[str, SiteSockets] = {}
        with ExitStack() as undo:
            for site_id in site_ids:
                listening[site_id] = self._platform.ports.listen_site(site_id.lower())
                for sockets in listening[site_id]:
                    undo.callback(close, sockets)
            undo.pop_all()
        return listening

    async def serve(self, listening: Mapping[str, SiteSockets]) -> None:
        """Serves sites of earlier starts; their processes start when they are first called."""
        for site_id, sockets in listening.items():
            await self._serve(site_id, sockets)

    async def close(self) -> None:
        """Stops serving, and ends the sites' processes; the sites and their packages stay."""
        await asyncio.gather(*(_end(served) for served in self._served.values()))
        self._served.clear()

    @property
    def hosts(self) -> Mapping[str, SiteHosts]:
        """The ARM id of each site and its host names, oldest first."""
        ids = [served.site.documents.site_id for served in self._served.values()]
        return {site_id: self.hosts_of(site_id) for site_id in ids}

    def hosts_of(self, site_id: str) -> SiteHosts:
        """The host names of a site that is served."""
        ports = self._platform.ports
        key = site_id.lower()
        return SiteHosts(site=f"localhost:{ports.sites[key]}", scm=f"localhost:{ports.scm_sites[key]}")

    def process_id(self, site_id: str) -> int | None:
        """The process that runs the site's package now."""
        served = self._served.get(site_id.lower())
        return served.site.process_id if served is not None else None

    async def _serve(self, site_id: str, sockets: SiteSockets) -> None:
        platform = self._platform
        site = self._make_site(site_id)
        site.packages.sweep()
        deployments = Deployments(site, blobs=platform.blobs, clock=platform.clock, faults=platform.faults)
        context = ScmContext(
            site_id=site_id, deployments=deployments, access=platform.access, authenticate=platform.authenticate
        )
        front = ReachMiddleware(front_end.create_app(site, platform.validate), site.documents, platform.faults)
        published = ReachMiddleware(scm.create_app(context), site.documents, platform.faults, scm=True)
        apps: tuple[tuple[ASGIApp, str, Sockets], ...] = (
            (front, APP_SERVICE, sockets[0]),
            (published, SCM, sockets[1]),
        )
        first, second = [
            await start_server(
                FaultMiddleware(app, service=service, faults=platform.faults, answer=front_end.answer_fault),
                listening,
                platform.certificates,
            )
            for app, service, listening in apps
        ]
        self._served[site_id.lower()] = _Served(site, deployments, (first, second))
        _LOGGER.info("site %s at https://%s", site.documents.name, self.hosts_of(site_id).site)

    def _make_site(self, site_id: str) -> Site:
        documents, packages = SiteDocuments(self._platform.storage, site_id), self._packages(site_id)

        def make_environment() -> Mapping[str, str]:
            host_name = self.hosts_of(site_id).site
            return self._platform.environment.of(documents, host_name=host_name, home=packages.home)

        return Site(documents, packages, make_environment)

    def _packages(self, site_id: str) -> Packages:
        return Packages(self._platform.storage, site_id, self._platform.folder / site_id.rsplit("/", 1)[-1])


async def _end(served: _Served) -> None:
    await served.deployments.close()
    await asyncio.gather(served.site.close(), *(server.stop() for server in served.servers))
