"""A bearer token → the caller.

The token is judged here, whatever stands before the app: no header is trusted that says who somebody is. Accepted are
access tokens of version 2.0 of the one tenant, for this app registration, signed with RS256 by a key of the tenant:
delegated ones with the scope `user_impersonation`, and app-only ones with the app role `Twins.Read`. An ID token has
neither and is refused.
"""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from twin_rbac.gateway.errors import InvalidToken
from twin_rbac.gateway.limits import MAX_AUTHORIZATION_CHARACTERS

SCOPE = "user_impersonation"
"""What a user lets a client do on their behalf."""
APP_ROLE = "Twins.Read"
"""What an application must be assigned to call for itself."""
LEEWAY = 30
"""Seconds by which a token may be issued in our future; none are given at its end."""

_ALGORITHM = "RS256"
_REQUIRED = ("aud", "azp", "exp", "iat", "iss", "nbf", "oid", "tid", "ver")
_UNCHECKED = {f"verify_{name}": False for name in ("aud", "exp", "iat", "iss", "nbf", "sub", "jti")}
_NO_TIME = 10**12
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who calls, by the token alone."""

    object_id: str
    """In lower case."""
    tenant_id: str
    is_app: bool
    groups: frozenset[str] = frozenset()
    """A user's groups; Entra ID puts none into an application's token, and whatever stands there does not count."""
    has_too_many_groups: bool = False
    """Whether the token says that it does not name the groups."""


class KeySource(Protocol):
    """Where signing keys come from."""

    async def find(self, key_id: str) -> RSAPublicKey:
        """The key of that id.

        Raises:
            InvalidToken: there is none.
            KeysUnavailable: no keys are to be had.
        """


class TokenValidator:
    """Judges the tokens for one app registration of one tenant."""

    def __init__(
        self,
        keys: KeySource,
        *,
        issuer: str,
        tenant_id: str,
        audiences: frozenset[str],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._keys = keys
        self._issuer = issuer
        self._tenant_id = tenant_id
        self._audiences = audiences
        self._now = now

    async def identify(self, authorization: Sequence[str]) -> Caller:
        """The caller whose token is in the Authorization headers of a request.

        Raises:
            InvalidToken: there is not exactly one header with a token, or the token is not for us.
            KeysUnavailable: it cannot be judged now.
        """
        token = _bearer_token(authorization)
        key = await self._keys.find(_key_id(token))
        claims = _read(token, key)
        self._check_place(claims)
        self._check_times(claims)
        return _caller(claims)

    def _check_place(self, claims: Mapping[str, Any]) -> None:
        _refuse_unless(claims["iss"] == self._issuer, "issuer")
        _refuse_unless(str(claims["tid"]).lower() == self._tenant_id, "tenant")
        _refuse_unless(isinstance(claims["aud"], str) and claims["aud"] in self._audiences, "audience")
        _refuse_unless(claims["ver"] == "2.0", "version")

    def _check_times(self, claims: Mapping[str, Any]) -> None:
        now = self._now()
        times = [claims[name] for name in ("exp", "nbf", "iat")]
        _refuse_unless(all(_is_number(time) for time in times), "times")
        expires, *starts = times
        _refuse_unless(now < expires, "expired")
        _refuse_unless(max(starts) <= now + LEEWAY, "not-yet-valid")


def _bearer_token(authorization: Sequence[str]) -> str:
    _refuse_unless(bool(authorization), "no-token")
    _refuse_unless(len(authorization) == 1, "two-tokens")
    scheme, _, token = authorization[0].partition(" ")
    token = token.strip(" ")
    _refuse_unless(scheme.lower() == "bearer" and bool(token), "no-token")
    _refuse_unless(len(token) <= MAX_AUTHORIZATION_CHARACTERS, "too-long")
    _refuse_unless(_TOKEN.fullmatch(token) is not None, "malformed")
    return token


def _key_id(token: str) -> str:
    """The key that the token says it is signed with; nothing else in its header is listened to."""
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise InvalidToken("malformed") from error
    _refuse_unless(header.get("alg") == _ALGORITHM, "algorithm")
    _refuse_unless("crit" not in header and "b64" not in header, "critical-header")
    key_id = header.get("kid")
    if not isinstance(key_id, str) or not key_id:
        raise InvalidToken("no-key-id")
    return key_id


def _read(token: str, key: RSAPublicKey) -> Mapping[str, Any]:
    # What the claims say is judged by us: times by the injected clock, the audience as one exact text.
    options = {**_UNCHECKED, "verify_signature": True, "require": list(_REQUIRED)}
    try:
        claims: Mapping[str, Any] = jwt.decode(token, key, algorithms=[_ALGORITHM], options=options)  # type: ignore[arg-type]  # a plain dictionary
    except jwt.MissingRequiredClaimError as error:
        raise InvalidToken("missing-claim") from error
    except jwt.InvalidSignatureError as error:
        raise InvalidToken("signature") from error
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise InvalidToken("malformed") from error
    return claims


def _caller(claims: Mapping[str, Any]) -> Caller:
    object_id = str(claims["oid"]).lower()
    _refuse_unless(_GUID.fullmatch(object_id) is not None, "object-id")
    _refuse_unless(isinstance(claims["azp"], str) and bool(claims["azp"]), "client")
    # Only an ID token answers a browser's nonce.
    _refuse_unless("nonce" not in claims, "id-token")
    is_app = _is_app(claims)
    tenant_id = str(claims["tid"]).lower()
    if is_app:
        return Caller(object_id=object_id, tenant_id=tenant_id, is_app=True)
    return Caller(
        object_id=object_id,
        tenant_id=tenant_id,
        is_app=False,
        groups=frozenset(group.lower() for group in _texts(claims, "groups")),
        has_too_many_groups=_has_too_many_groups(claims),
    )


def _is_app(claims: Mapping[str, Any]) -> bool:
    kind = claims.get("idtyp")
    if "scp" in claims:
        scopes = claims["scp"]
        _refuse_unless(isinstance(scopes, str) and SCOPE in scopes.split(" ") and kind != "app", "scope")
        return False
    _refuse_unless(kind == "app" or (kind is None and claims["oid"] == claims.get("sub")), "neither-scope-nor-app")
    _refuse_unless(APP_ROLE in _texts(claims, "roles"), "app-role")
    return True


def _has_too_many_groups(claims: Mapping[str, Any]) -> bool:
    elsewhere = claims.get("_claim_names")
    return bool(claims.get("hasgroups")) or (isinstance(elsewhere, Mapping) and "groups" in elsewhere)


def _texts(claims: Mapping[str, Any], name: str) -> Sequence[str]:
    values = claims.get(name, [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise InvalidToken("malformed-claim")
    return values


def _is_number(value: object) -> bool:
    # Neither infinite nor an integer that no clock reaches.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _NO_TIME


def _refuse_unless(condition: bool, reason: str) -> None:  # noqa: FBT001  # the one thing it is asked
    if not condition:
        raise InvalidToken(reason)
