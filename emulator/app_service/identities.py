"""The managed identities of sites: which site is asking for a token, and as whom it may."""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from emulator.app_service.documents import AssignedIdentity, SiteDocuments
from emulator.entra.directory import SERVICE_PRINCIPAL, Principal
from emulator.storage import Storage

_RESOURCE_PARAMETERS = ("mi_res_id", "msi_res_id")


@dataclass(frozen=True)
class SiteIdentities:
    """Hands out a secret to each site and knows it again; as sites' processes, secrets do not outlive the emulator."""

    storage: Storage
    _secrets: dict[str, str] = field(default_factory=dict)

    def secret_of(self, site_id: str) -> str:
        """What the site puts in X-IDENTITY-HEADER."""
        return self._secrets.setdefault(site_id.lower(), secrets.token_urlsafe(24))

    def forget(self, site_id: str) -> None:
        """The site is gone, and its secret with it."""
        self._secrets.pop(site_id.lower(), None)

    def site_of(self, secret: str) -> str | None:
        """The lower-case id of the site with that secret."""
        for site_id, known in self._secrets.items():
            if hmac.compare_digest(known.encode(), secret.encode()):
                return site_id
        return None

    def first_of(self, site_id: str) -> Principal | None:
        """The first of a site's user-assigned identities, else its own."""
        found = SiteDocuments(self.storage, site_id).identities
        return _principal(found[0]) if found else None

    def choose(self, site_id: str, parameters: Mapping[str, str]) -> Principal | None:
        """The identity that a request for a token names, if the site has it; without a name the site's own."""
        for identity in SiteDocuments(self.storage, site_id).identities:
            if _is_named(identity, site_id, parameters):
                return _principal(identity)
        return None


def _principal(identity: AssignedIdentity) -> Principal:
    return Principal(
        name=identity.resource_id.rsplit("/", 1)[-1],
        object_id=identity.object_id,
        type=SERVICE_PRINCIPAL,
        app_id=identity.client_id,
    )


def _is_named(identity: AssignedIdentity, site_id: str, parameters: Mapping[str, str]) -> bool:
    named = {
        "client_id": identity.client_id,
        "principal_id": identity.object_id,
        "object_id": identity.object_id,
        **dict.fromkeys(_RESOURCE_PARAMETERS, identity.resource_id),
    }
    asked = {name: value.lower() for name, value in parameters.items() if name in named}
    if not asked:
        return identity.resource_id == site_id.lower()
    return all(named[name] == value for name, value in asked.items())
