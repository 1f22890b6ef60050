"""Continuation tokens that tell nothing and open for one caller alone.

The instance's own token holds the scoped query in clear text, and the service runs whatever query stands in it (fact
sheet adt-data-plane, section 3.3). So it is neither given out nor taken: callers get it sealed, bound to who they are,
to the roles they hold and to their query, for an hour.
"""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from twin_rbac.gateway.errors import InvalidContinuationToken
from twin_rbac.gateway.identity import Caller

LIFETIME = 3600
"""Seconds for which a token opens."""
_SKEW = 60
"""Seconds by which another instance of the gateway may be ahead of us."""
_VERSION = b"\x01"
_NONCE_BYTES = 12


class SealingKeys(Protocol):
    """The keys that seal continuation tokens, 256 bits each."""

    async def get(self) -> Sequence[bytes]:
        """The keys: the first seals, each of them opens."""


class ProcessKeys:
    """A key that was made with the process and ends with it."""

    def __init__(self) -> None:
        self._key = AESGCM.generate_key(256)

    async def get(self) -> Sequence[bytes]:
        """The one key."""
        return (self._key,)


@dataclass(frozen=True, kw_only=True)
class Binding:
    """What a token holds for: another caller, other roles or another rule do not open it."""

    caller: Caller
    roles: tuple[str, ...]
    """Sorted."""
    rule: tuple[str, ...]
    """The instance, and where its twins carry their role tag."""

    def to_bytes(self) -> bytes:
        """The same bytes for the same binding alone."""
        parts = [self.caller.tenant_id, self.caller.object_id, list(self.roles), list(self.rule)]
        return _VERSION + json.dumps(parts, separators=(",", ":")).encode()


@dataclass(frozen=True, kw_only=True)
class Continuation:
    """Where a query goes on."""

    query: str
    """A digest of the caller's text."""
    whole_twins: tuple[str, ...] | None
    """As `whole_twins_of` in `rows.py` says of the query."""
    inner: str
    """The instance's own token."""


class Pages:
    """Seals and opens continuation tokens."""

    def __init__(self, keys: SealingKeys, *, now: Callable[[], float] = time.time) -> None:
        self._keys = keys
        self._now = now

    async def seal(self, continuation: Continuation, binding: Binding) -> str:
        """The token that the caller gets."""
        content = [int(self._now()), continuation.query, continuation.whole_twins, continuation.inner]
        key, *_ = await self._keys.get()
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(key).encrypt(nonce, json.dumps(content).encode(), binding.to_bytes())
        return _encode(_VERSION + nonce + sealed)

    async def open(self, token: object, binding: Binding, query: str | None) -> Continuation:
        """Where the query goes on.

        Args:
            token: what the caller sent.
            binding: who sent it.
            query: the query's text, where the caller sent one too.

        Raises:
            InvalidContinuationToken: it is none of ours, of another binding or query, or older than an hour.
        """
        issued_at, digest, whole_twins, inner = json.loads(await self._decrypt(token, binding))
        if not -_SKEW <= self._now() - issued_at < LIFETIME:
            raise InvalidContinuationToken
        if query is not None and digest_of(query) != digest:
            raise InvalidContinuationToken
        columns = None if whole_twins is None else tuple(whole_twins)
        return Continuation(query=digest, whole_twins=columns, inner=inner)

    async def _decrypt(self, token: object, binding: Binding) -> bytes:
        sealed = _decode(token)
        nonce, ciphertext = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        for key in await self._keys.get():
            try:
                return AESGCM(key).decrypt(nonce, ciphertext, binding.to_bytes())
            except InvalidTag:
                continue
        raise InvalidContinuationToken


def digest_of(query: str) -> str:
    """What a token remembers of a query."""
    return hashlib.sha256(query.encode("utf-8", "surrogatepass")).hexdigest()


def _encode(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def _decode(token: object) -> bytes:
    if not isinstance(token, str) or not token.isascii():
        raise InvalidContinuationToken
    try:
        sealed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError as error:
        raise InvalidContinuationToken from error
    # The decoder skips what it does not know: only the one way in which we write a token counts.
    if _encode(sealed) != token or sealed[:1] != _VERSION or len(sealed) <= 1 + _NONCE_BYTES + 16:
        raise InvalidContinuationToken
    return sealed
