"""Who may do what with a blob: the token says who is asking, the role assignments say what they may do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from emulator.blob.errors import (
    AccountNotFound,
    ContainerNotFound,
    KeysNotPermitted,
    NotAuthenticated,
    PermissionMismatch,
    SchemeNotSupported,
)
from emulator.blob.store import BlobName
from emulator.entra.errors import InvalidToken
from emulator.entra.tokens import TokenIssuer
from emulator.resource_manager.resources import RESOURCES
from emulator.storage import Storage

AUDIENCE = "https://storage.azure.com"
ACCOUNT_TYPE = "Microsoft.Storage/storageAccounts"
READ, WRITE, ADD, DELETE = (
    f"{ACCOUNT_TYPE}/blobServices/containers/blobs/{verb}" for verb in ("read", "write", "add/action", "delete")
)
_BEARER = "bearer "
_FIRST_WITH_BEARER = "2017-11-09"


class DataAccess(Protocol):
    """Decides by role assignments."""

    def allows_data(self, object_id: str, data_action: str, scope: str) -> bool:
        """Whether the principal may do that at that scope."""


@dataclass(frozen=True, kw_only=True)
class BlobAccess:
    """The gate of every storage account."""

    storage: Storage
    issuer: TokenIssuer
    access: DataAccess
    tenant_id: str

    def authenticate(self, headers: Mapping[str, str]) -> str:
        """Who calls, by object id.

        Raises:
            NotAuthenticated, KeysNotPermitted, SchemeNotSupported: nobody knows.
        """
        given = headers.get("authorization")
        if given is not None and not given.lower().startswith(_BEARER):
            raise KeysNotPermitted
        if given is not None and headers.get("x-ms-version", "") < _FIRST_WITH_BEARER:
            raise SchemeNotSupported
        try:
            claims = self.issuer.validate_header(given, {AUDIENCE, f"{AUDIENCE}/"})
        except InvalidToken as exc:
            raise self._nobody(exc.reason, has_token=given is not None) from exc
        if claims.tenant_id != self.tenant_id:
            raise self._nobody("the token is of another tenant than the account's", has_token=True)
        return claims.object_id

    def require(self, object_id: str, blob: BlobName, *data_actions: str) -> None:
        """Returns when the principal holds one of the data actions at the blob's container, and there is one.

        Raises:
            AccountNotFound, PermissionMismatch, ContainerNotFound: otherwise, in this order.
        """
        account_id = self._account_id(blob.account)
        container_id = f"{account_id}/blobServices/default/containers/{blob.container}"
        if not any(self.access.allows_data(object_id, action, container_id) for action in data_actions):
            raise PermissionMismatch
        if self.storage.get(RESOURCES, container_id.lower()) is None:
            raise ContainerNotFound

    def _nobody(self, reason: str, *, has_token: bool) -> NotAuthenticated:
        authority = self.issuer.issuer.removesuffix("/v2.0")
        return NotAuthenticated(reason, authority=authority, has_token=has_token)

    def _account_id(self, name: str) -> str:
        for _, document in self.storage.items(RESOURCES):
            if document["type"] == ACCOUNT_TYPE and document["name"].lower() == name.lower():
                return str(document["id"])
        raise AccountNotFound(name)
