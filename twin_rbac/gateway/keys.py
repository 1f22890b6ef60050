"""The keys that Entra ID signs the tenant's tokens with: fetched when needed, kept, renewed."""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm
from jwt.exceptions import InvalidKeyError
from yarl import URL

from twin_rbac.gateway.errors import InvalidToken, KeysUnavailable
from twin_rbac.gateway.single_flight import SingleFlight

RENEWED_AFTER = 24 * 3600.0
"""Seconds after which the keys are fetched anew."""
USABLE_FOR = 48 * 3600.0
"""Seconds that keys are trusted while Entra ID cannot be reached, from when they were asked for."""
PAUSE = 10.0
"""Seconds between two fetches for the sake of keys that we do not know."""
PAUSE_WITHOUT_KEYS = 2.0
"""Seconds between two fetches while there are none."""
_MIN_BITS = 2048

FetchDocument = Callable[[str], Awaitable[Any]]
"""The JSON document at a URL."""


@dataclass(frozen=True)
class _KeySet:
    keys: Mapping[str, RSAPublicKey]
    asked_at: float


class Keys:
    """One tenant's signing keys."""

    def __init__(self, fetch: FetchDocument, *, issuer: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._issuer = issuer
        self._tenant_id = issuer.removesuffix("/v2.0").rsplit("/", 1)[-1]
        self._clock = clock
        self._known: _KeySet | None = None
        self._asked_at: float | None = None
        self._renewal = SingleFlight(self._renew)

    async def find(self, key_id: str) -> RSAPublicKey:
        """The key of that id.

        An unknown id makes us fetch the keys anew, since Entra ID changes them, but not at each call: a flood of
        made-up ids is not turned into a flood of fetches.

        Raises:
            InvalidToken: there is no such key.
            KeysUnavailable: no keys are to be had.
        """
        key_set = await self._current()
        # Who comes while the keys are being fetched waits for them, and is not judged by the old ones.
        if key_id not in key_set.keys and (self._renewal.is_under_way or not self._asked_within(PAUSE)):
            key_set = await self._renewed_or(key_set)
        if key_id not in key_set.keys:
            raise InvalidToken("unknown-key")
        return key_set.keys[key_id]

    async def _current(self) -> _KeySet:
        known = self._known
        age = float("inf") if known is None else self._clock() - known.asked_at
        if known is None or age >= USABLE_FOR:
            if self._asked_within(PAUSE_WITHOUT_KEYS) and not self._renewal.is_under_way:
                raise KeysUnavailable
            return await self._renewal.join()
        if age >= RENEWED_AFTER and not self._asked_within(PAUSE):
            return await self._renewed_or(known)
        return known

    async def _renewed_or(self, known: _KeySet) -> _KeySet:
        try:
            return await self._renewal.join()
        except KeysUnavailable:
            return known

    def _asked_within(self, seconds: float) -> bool:
        return self._asked_at is not None and self._clock() - self._asked_at < seconds

    async def _renew(self) -> _KeySet:
        self._asked_at = asked_at = self._clock()
        try:
            keys = await self._fetch_keys()
        except Exception as error:
            # Whatever went wrong, a document that cannot be read included: without keys no token is judged.
            raise KeysUnavailable from error
        self._known = _KeySet(keys, asked_at)
        return self._known

    async def _fetch_keys(self) -> Mapping[str, RSAPublicKey]:
        configuration = await self._fetch(f"{self._issuer}/.well-known/openid-configuration")
        if configuration["issuer"] != self._issuer:
            raise KeysUnavailable
        address = URL(configuration["jwks_uri"])
        if address.origin() != URL(self._issuer).origin():
            raise KeysUnavailable
        document = await self._fetch(str(address))
        found = {entry["kid"]: key for entry in document["keys"] if (key := self._read(entry)) is not None}
        if not found:
            raise KeysUnavailable
        return found

    def _read(self, entry: Mapping[str, Any]) -> RSAPublicKey | None:
        """The key, if it is one that signs this tenant's tokens."""
        if entry.get("kty") != "RSA" or entry.get("use") != "sig" or entry.get("alg", "RS256") != "RS256":
            return None
        # Entra ID says whose tokens a key signs, with a place for the tenant's id.
        issuer = str(entry.get("issuer", self._issuer)).replace("{tenantid}", self._tenant_id)
        if issuer != self._issuer or not isinstance(entry.get("kid"), str):
            return None
        try:
            key = RSAAlgorithm.from_jwk(dict(entry))
        except (InvalidKeyError, ValueError, TypeError):
            return None
        return key if isinstance(key, RSAPublicKey) and key.key_size >= _MIN_BITS else None
