"""Who may do what on an instance: the token says who is asking, the role assignments say what they may do."""

from typing import Protocol

from emulator.digital_twins.errors import Forbidden, SubDomainNotFound, Unauthorized
from emulator.entra.errors import InvalidToken
from emulator.entra.tokens import TokenIssuer

DIGITAL_TWINS_AUDIENCE = "https://digitaltwins.azure.net"
# The documented names of the service; which of them it takes as `aud` is unverified (fact sheet adt-data-plane,
# section 1).
_AUDIENCES = frozenset(
    {DIGITAL_TWINS_AUDIENCE, f"{DIGITAL_TWINS_AUDIENCE}/", "0b07f429-9f4b-4714-9392-cc5e8e80c8b0"},
)


class DataAccess(Protocol):
    """Decides by role assignments."""

    def allows_data(self, object_id: str, data_action: str, scope: str) -> bool:
        """Whether the principal may do that at that scope."""


class DataPlaneAccess:
    """The authorizer of one instance."""

    def __init__(self, issuer: TokenIssuer, access: DataAccess, *, tenant_id: str, scope: str) -> None:
        self._issuer = issuer
        self._access = access
        self._tenant_id = tenant_id
        self._scope = scope

    def authorize(self, authorization: str | None, data_action: str) -> None:
        """Returns when the call may go on; see `emulator.digital_twins.instance.Authorizer`."""
        try:
            claims = self._issuer.validate_header(authorization, _AUDIENCES)
        except InvalidToken as exc:
            raise Unauthorized from exc
        if claims.tenant_id != self._tenant_id:
            raise SubDomainNotFound
        if not self._access.allows_data(claims.object_id, data_action, self._scope):
            raise Forbidden(data_action)
