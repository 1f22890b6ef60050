"""Which identity an instance uses towards another service."""

from collections.abc import Mapping
from typing import Any

from emulator.resource_manager.errors import InvalidRequest
from emulator.resource_manager.kinds.identities import principal_id_of
from emulator.resource_manager.scopes import normalise
from emulator.storage import Document


def principal_of(instance: Document, reference: Mapping[str, Any] | None) -> str:
    """The object id of the instance's identity that a part of it names; its own where nothing is named.

    Raises:
        InvalidRequest: the instance has no such identity.
    """
    kind = (reference or {}).get("type", "SystemAssigned")
    identity = instance.get("identity") or {}
    if kind == "SystemAssigned":
        if "SystemAssigned" in identity.get("type", "None"):
            return principal_id_of(instance["id"])
        raise _no_identity(f"The instance '{instance['name']}' has no system-assigned identity.")
    wanted = (reference or {}).get("userAssignedIdentity", "")
    if normalise(wanted) in map(normalise, identity.get("userAssignedIdentities") or {}):
        return principal_id_of(wanted)
    raise _no_identity(f"The identity '{wanted}' is not assigned to the instance '{instance['name']}'.")


def _no_identity(message: str) -> InvalidRequest:
    return InvalidRequest(message, "InvalidIdentity")
