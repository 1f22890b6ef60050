"""The local Azure as its clients see it: addresses, credentials, certificates, read from the local folder.

The emulator writes these files (`python -m emulator up`); nothing here imports it.
"""

import json
import ssl
import urllib.request
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from tools.errors import LocalAzureNotRunning, UnknownPrincipal

SECONDS_TO_ANSWER = 5


@dataclass(frozen=True)
class LocalAzure:
    """Where the local Azure listens, and how to be somebody there."""

    folder: Path
    resource_manager: str
    """Its address, as config `cloud` names it."""
    authority: str
    """The address of its Entra ID."""
    identities: Mapping[str, str]
    """Principal name to the secret of its managed-identity endpoint."""

    @property
    def ca_bundle(self) -> Path:
        """The system's roots and the local Azure's own."""
        return self.folder / "tls" / "bundle.pem"

    def identity_secret(self, principal: str) -> str:
        """The secret that makes a client this principal.

        Raises:
            UnknownPrincipal: with the names that there are.
        """
        if principal not in self.identities:
            raise UnknownPrincipal(principal, self.identities)
        return self.identities[principal]

    def is_running(self) -> bool:
        """Whether it answers, and is ours: its control door opens for the token in the folder."""
        try:
            with self._open("/_control/status"):
                return True
        except OSError:
            return False

    def _open(self, path: str) -> AbstractContextManager[object]:
        token = (self.folder / "control-token").read_text().strip()
        request = urllib.request.Request(  # noqa: S310 - the address is always https://localhost
            f"{self.resource_manager}{path}", headers={"Authorization": f"Bearer {token}"}
        )
        trusted = ssl.create_default_context(cafile=str(self.ca_bundle))
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusted)
        )
        answer: AbstractContextManager[object] = opener.open(request, timeout=SECONDS_TO_ANSWER)
        return answer


def read_local_azure(folder: Path) -> LocalAzure:
    """The local Azure that was started in the folder at least once; it need not be running.

    Raises:
        LocalAzureNotRunning: it never was.
    """
    try:
        ports = json.loads((folder / "ports.json").read_text())
        identities = json.loads((folder / "identities.json").read_text())
    except FileNotFoundError as exc:
        raise LocalAzureNotRunning from exc
    return LocalAzure(
        folder=folder,
        resource_manager=f"https://localhost:{ports['resourceManager']}",
        authority=f"https://localhost:{ports['entra']}",
        identities=identities,
    )
