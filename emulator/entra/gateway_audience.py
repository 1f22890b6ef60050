"""Which application the deployed gateway's tokens are for."""

from typing import Any

from emulator.resource_manager.resources import RESOURCES
from emulator.storage import Storage

_AUTH_SETTINGS = "/config/authsettingsv2"
_PATH = ("identityProviders", "azureActiveDirectory", "registration", "clientId")


def find_gateway_client_id(storage: Storage) -> str | None:
    """The client id in the authentication settings of the first site that has them; None without one."""
    settings = (document for key, document in storage.items(RESOURCES) if key.endswith(_AUTH_SETTINGS))
    found = (_client_id(document["properties"]) for document in settings)
    return next((client_id for client_id in found if client_id), None)


def _client_id(properties: Any) -> str | None:
    value = properties
    for name in _PATH:
        value = (value or {}).get(name)
    return None if value is None else str(value)
