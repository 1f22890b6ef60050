"""What Resource Manager has stored about a site."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from emulator.blob.store import BlobName
from emulator.resource_manager.authorization import MANAGED_IDENTITIES
from emulator.resource_manager.kinds.web import SITE_SETTINGS
from emulator.resource_manager.resource_types.web import SITE
from emulator.resource_manager.resources import RESOURCES
from emulator.storage import Document, Storage

SITE_TYPE = SITE.type
_PACKAGE = "released-package.zip"


@dataclass(frozen=True)
class AssignedIdentity:
    """A managed identity that a site may act as."""

    object_id: str
    client_id: str
    resource_id: str


@dataclass(frozen=True)
class DeploymentStorage:
    """Where the platform puts a site's package, and as whom."""

    package: BlobName
    identity_id: str | None
    """The resource id of a user-assigned identity; None for the site's own."""


@dataclass(frozen=True)
class SiteDocuments:
    """Reads anew at each question: what was written last holds."""

    storage: Storage
    site_id: str

    @property
    def key(self) -> str:
        """The site's id as documents are kept by it."""
        return self.site_id.lower()

    @property
    def name(self) -> str:
        """The site's name."""
        return self.site_id.rsplit("/", 1)[-1]

    @property
    def properties(self) -> Mapping[str, Any]:
        """What the site itself says, its configuration but for the app settings within."""
        return dict(self._document.get("properties") or {})

    @property
    def app_settings(self) -> Mapping[str, str]:
        """The site's settings."""
        document = self.storage.get(SITE_SETTINGS, self.key) or {}
        return {str(name): str(value) for name, value in document.get("appSettings", {}).items()}

    @property
    def auth_settings(self) -> Mapping[str, Any]:
        """The properties of authsettingsV2; empty where nobody wrote them."""
        document = self.storage.get(RESOURCES, f"{self.key}/config/authsettingsv2") or {}
        return dict(document.get("properties", {}))

    @property
    def is_auth_enabled(self) -> bool:
        """Whether the platform authenticates callers."""
        return bool((self.auth_settings.get("platform") or {}).get("enabled"))

    @property
    def client_id(self) -> str | None:
        """The app registration whose tokens the front end takes."""
        return registration_of(self.auth_settings).get("clientId") or None

    @property
    def identities(self) -> list[AssignedIdentity]:
        """The user-assigned identities that the site document lists, and the site's own if it has one."""
        listed = (self._document.get("identity") or {}).get("userAssignedIdentities") or {}
        allowed = {resource_id.lower() for resource_id in listed} | {self.key}
        found = []
        for object_id, item in self.storage.items(MANAGED_IDENTITIES):
            if item["resourceId"].lower() in allowed:
                client_id = item.get("clientId", object_id)
                found.append(AssignedIdentity(object_id, client_id.lower(), item["resourceId"].lower()))
        return found

    @property
    def deployment_storage(self) -> DeploymentStorage | None:
        """From functionAppConfig.deployment.storage; None where that is no container of ours."""
        config = self.properties.get("functionAppConfig") or {}
        storage = (config.get("deployment") or {}).get("storage")
        parts = urlsplit(storage["value"]).path.strip("/").split("/") if storage else []
        if storage is None or len(parts) != 2:
            return None
        identity_id = (storage.get("authentication") or {}).get("userAssignedIdentityResourceId")
        return DeploymentStorage(BlobName(parts[0], parts[1], _PACKAGE), identity_id)

    @property
    def _document(self) -> Document:
        return self.storage.get(RESOURCES, self.key) or {}


def registration_of(auth_settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """The app registration of the settings' Entra provider; empty where that is not enabled."""
    provider = (auth_settings.get("identityProviders") or {}).get("azureActiveDirectory") or {}
    return dict(provider.get("registration") or {}) if provider.get("enabled", True) else {}
