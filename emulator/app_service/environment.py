"""The environment of a package's process: what App Service puts there, and nothing of ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from emulator.app_service.documents import SiteDocuments
from emulator.app_service.identities import SiteIdentities

_PATH = "/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True, kw_only=True)
class SiteEnvironment:
    """Makes the environments of all sites."""

    identities: SiteIdentities
    identity_endpoint: str
    """Where a site asks for its tokens."""
    trusted: Path
    """The certificates to trust: the local Azure has its own authority."""

    def of(self, documents: SiteDocuments, *, host_name: str, home: Path) -> Mapping[str, str]:
        """All variables of a site's process.

        A site's settings win over the platform's, as on Azure, where one could thus pretend that WEBSITE_AUTH_ENABLED.
        """
        platform = {
            "HOME": str(home),
            "PATH": _PATH,
            "WEBSITE_SITE_NAME": documents.name,
            "WEBSITE_HOSTNAME": host_name,
            "WEBSITE_AUTH_ENABLED": str(documents.is_auth_enabled),
            "IDENTITY_ENDPOINT": self.identity_endpoint,
            "IDENTITY_HEADER": self.identities.secret_of(documents.site_id),
        }
        local = {
            "SSL_CERT_FILE": str(self.trusted),
            "REQUESTS_CA_BUNDLE": str(self.trusted),
            "NO_PROXY": "localhost",
        }
        return {**platform, **documents.app_settings, **local}
