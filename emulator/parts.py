"""What the emulator's services share."""

from dataclasses import dataclass

from emulator.clock import Clock
from emulator.counters import Counters
from emulator.entra.directory import Directory
from emulator.entra.errors import InvalidToken
from emulator.entra.tokens import TokenIssuer
from emulator.faults import Faults
from emulator.home import Home
from emulator.ports import ENTRA, Ports
from emulator.resource_manager.authorization import AccessControl
from emulator.storage import Storage
from emulator.tls import Certificates, make_certificates

_AUDIENCES = frozenset({"https://management.azure.com", "https://management.azure.com/"})


@dataclass(frozen=True, kw_only=True)
class Parts:
    """State, time, rights and faults."""

    home: Home
    directory: Directory
    ports: Ports
    certificates: Certificates
    storage: Storage
    clock: Clock
    counters: Counters
    faults: Faults
    issuer: TokenIssuer
    access: AccessControl

    @property
    def authority(self) -> str:
        """Where Entra ID is."""
        return f"https://localhost:{self.ports.services[ENTRA]}"

    def authenticate(self, authorization: str | None) -> str:
        """Who calls Resource Manager, by object id.

        Raises:
            InvalidToken: nobody knows.
        """
        claims = self.issuer.validate_header(authorization, _AUDIENCES)
        if claims.tenant_id != self.directory.tenant_id:
            raise InvalidToken("the token is of another tenant than the subscription's")
        return claims.object_id


def make_parts(home: Home, directory: Directory, ports: Ports, storage: Storage, faults: Faults) -> Parts:
    """The parts over a storage; the ports of the services are known."""
    clock = Clock()
    return Parts(
        home=home,
        directory=directory,
        ports=ports,
        certificates=make_certificates(home.tls_folder),
        storage=storage,
        clock=clock,
        counters=Counters(storage),
        faults=faults,
        issuer=TokenIssuer(storage, clock, directory, f"https://localhost:{ports.services[ENTRA]}"),
        access=AccessControl(storage, clock, faults, directory),
    )
