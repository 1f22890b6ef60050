"""Where the services listen: chosen free once, then kept, since host names end up in people's stacks."""

import errno
import itertools
import json
import secrets
import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from emulator.errors import FileDamaged, NoFreePort, PortInUse, PortNotUsable
from emulator.home import Home, read_json, write_file

RESOURCE_MANAGER = "resourceManager"
ENTRA = "entra"
BLOB = "blob"
_SERVICE_NAMES = {RESOURCE_MANAGER: "Resource Manager", ENTRA: "Entra ID", BLOB: "Blob storage"}
_OF_RESOURCES = ("instances", "sites", "scmSites")

# Below what systems hand out to outgoing connections: a kept port is then still free at the next start.
_CHOICE = range(20000, 32000)
_LAST_PORT = 65535
_NO_IPV6 = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
_LOOPBACK = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
_BACKLOG = 2048

Sockets = list[socket.socket]


@dataclass
class Ports:
    """The ports of one local folder. What is listened on is in the file after `save`."""

    home: Home
    first: int | None = None
    """PORT: the first of the ports to use instead of the kept ones; None to keep them."""
    services: dict[str, int] = field(default_factory=dict)
    """RESOURCE_MANAGER, ENTRA and BLOB to port."""
    instances: dict[str, int] = field(default_factory=dict)
    """Lower-case ARM id to port, also of instances that were deleted: made again, they come back to it."""
    sites: dict[str, int] = field(default_factory=dict)
    """The same for the front ends of sites."""
    scm_sites: dict[str, int] = field(default_factory=dict)
    """The same for the endpoints where sites are published."""

    def listen_service(self, name: str) -> Sockets:
        """Listens for a service on its kept port, or chooses one.

        Raises:
            PortInUse: the kept port is another program's.
            NoFreePort: there is none to choose.
        """
        return self._listen(self.services, name, f"the emulator's {_SERVICE_NAMES[name]}")

    def listen_instance(self, key: str) -> Sockets:
        """Listens for an instance on its kept port, or chooses one.

        Raises:
            PortInUse: the kept port is another program's.
            NoFreePort: there is none to choose.
        """
        return self._listen(self.instances, key, f"the instance {key.rsplit('/', 1)[-1]}")

    def listen_site(self, key: str) -> tuple[Sockets, Sockets]:
        """Listens for a site's front end and for its SCM site on their kept ports, or chooses some.

        Raises:
            PortInUse: a kept port is another program's; neither listens.
            NoFreePort: there are none to choose.
        """
        name = key.rsplit("/", 1)[-1]
        front = self._listen(self.sites, key, f"the site {name}")
        try:
            return front, self._listen(self.scm_sites, key, f"the SCM site of {name}")
        except (PortInUse, NoFreePort):
            close(front)
            raise

    def save(self) -> None:
        """Writes the file."""
        document = {**self.services, **dict(zip(_OF_RESOURCES, self._of_resources, strict=True))}
        write_file(self.home.ports_file, json.dumps(document, indent=2))

    def _listen(self, kept: dict[str, int], name: str, service: str) -> Sockets:
        if name in kept:
            return listen(kept[name], service)
        for port in self._candidates():
            with suppress(PortInUse):
                sockets = listen(port, service)
                kept[name] = port
                return sockets
        raise NoFreePort(service)

    def _candidates(self) -> Iterator[int]:
        if self.first is None:
            # Not in order: local folders that are started side by side would meet.
            candidates: Iterable[int] = secrets.SystemRandom().sample(_CHOICE, k=len(_CHOICE))
        else:
            candidates = range(self.first + len(_SERVICE_NAMES), _LAST_PORT + 1)
        taken = {port for ports in (self.services, *self._of_resources) for port in ports.values()}
        return (port for port in candidates if port not in taken)

    @property
    def _of_resources(self) -> tuple[dict[str, int], ...]:
        return self.instances, self.sites, self.scm_sites


def load_ports(home: Home, *, first: int | None = None) -> Ports:
    """The kept ports; with `first` (PORT), those that follow from it, unless the kept ones already do.

    Raises:
        FileDamaged: the file is no longer what was written.
    """
    document = read_json(home.ports_file)
    try:
        services, *of_resources = _read(document)
    except (TypeError, ValueError, AttributeError) as exc:
        raise FileDamaged(
            home.ports_file, "not the ports as they were written", "delete it to choose new ones"
        ) from exc
    if first is not None and services.get(RESOURCE_MANAGER) != first:
        numbers = itertools.count(first)
        services = dict(zip(_SERVICE_NAMES, numbers, strict=False))
        of_resources = [dict(zip(ports, numbers, strict=False)) for ports in of_resources]
    return Ports(home, first, services, *of_resources)


def parse_first_port(value: str | None) -> int | None:
    """What the environment's PORT asks for; None when it is not set.

    Raises:
        PortNotUsable: it is no port, or leaves no room for those that follow it.
    """
    if not value:
        return None
    if not value.isascii() or not value.isdigit() or not 1024 <= int(value) <= 65000:
        raise PortNotUsable(value)
    return int(value)


def listen(port: int, service: str) -> Sockets:
    """Sockets that listen on the port of 127.0.0.1 and, where there is IPv6, of ::1; 0 is any free port.

    Raises:
        PortInUse: naming the service, when either is another program's.
    """
    sockets: Sockets = []
    for family, address in _LOOPBACK:
        try:
            # The second address takes the port that the first one got.
            sockets.append(_listen_on(family, address, sockets[0].getsockname()[1] if sockets else port))
        except OSError as exc:
            if family == socket.AF_INET6 and exc.errno in _NO_IPV6:
                continue
            close(sockets)
            raise PortInUse(port, service) from exc
    return sockets


def close(sockets: Iterable[socket.socket]) -> None:
    """Closes them all."""
    for listener in sockets:
        listener.close()


def _listen_on(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    # Where the protocol is not named asyncio leaves TCP_NODELAY off, and each answer's body comes 40 ms late.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # As every server does, so that a port is free again right after a restart.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        # Until a socket listens, another program may bind the port as well.
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _read(document: Mapping[str, Any]) -> list[dict[str, int]]:
    services = {name: int(document[name]) for name in _SERVICE_NAMES if name in document}
    of_resources = (document.get(name, {}).items() for name in _OF_RESOURCES)
    return [services, *({str(key): int(port) for key, port in items} for items in of_resources)]
