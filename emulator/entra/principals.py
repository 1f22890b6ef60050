"""Everybody whom an object id may name: the directory's principals, managed identities, applications' principals."""

from collections.abc import Mapping
from dataclasses import dataclass

from emulator.entra.directory import SERVICE_PRINCIPAL, Directory
from emulator.entra.registrations import SERVICE_PRINCIPALS
from emulator.resource_manager.authorization import MANAGED_IDENTITIES
from emulator.storage import Storage


@dataclass(frozen=True)
class Principals:
    """Finds principals wherever they come from."""

    directory: Directory
    storage: Storage

    def find(self, object_id: str) -> Mapping[str, str] | None:
        """The id, `type` (User, Group or ServicePrincipal) and `displayName` of a principal; None without one."""
        key = object_id.lower()
        principal = self.directory.by_object_id(key)
        if principal is not None:
            return {"id": key, "type": principal.type, "displayName": principal.name}
        identity = self.storage.get(MANAGED_IDENTITIES, key)
        if identity is not None:
            return _service_principal(key, str(identity["resourceId"]).rsplit("/", 1)[-1])
        own = self.storage.get(SERVICE_PRINCIPALS, key)
        return _service_principal(key, own["displayName"]) if own is not None else None


def _service_principal(object_id: str, name: str) -> Mapping[str, str]:
    return {"id": object_id, "type": SERVICE_PRINCIPAL, "displayName": name}
