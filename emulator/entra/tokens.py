"""Signed tokens, in the shape of Entra ID's version 2.0 access tokens."""

import uuid
from base64 import urlsafe_b64encode
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from emulator.clock import Clock
from emulator.entra.directory import SERVICE_PRINCIPAL, Directory, Principal
from emulator.entra.errors import InvalidToken
from emulator.storage import Storage

SIGNING_KEYS = "signing-keys"
"""The kind of document that holds the key pair."""
_KEY = "current"
_ALGORITHM = "RS256"
_AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
_SCHEME = "bearer "


@dataclass(frozen=True, kw_only=True)
class Claims:
    """What an accepted token says."""

    object_id: str
    tenant_id: str
    all: Mapping[str, Any]


class TokenIssuer:
    """Issues tokens of the directory's principals, and checks tokens.

    The key pair is made once and kept in the storage: a token outlives a restart.
    """

    def __init__(self, storage: Storage, clock: Clock, directory: Directory, authority_url: str) -> None:
        self._clock = clock
        self._directory = directory
        self._authority_url = authority_url
        self._key = _get_key(storage)
        self._public_key = self._key.public_key()
        self.public_jwk = _public_jwk(self._public_key)
        """The public key as JWKS holds it."""

    @property
    def issuer(self) -> str:
        """The claim `iss` of the directory's tokens."""
        return self._issuer_of(self._directory.tenant_id)

    def issue(self, principal: Principal, audience: str, *, lifetime: float = 3600, **claims: Any) -> str:
        """A token of the principal for the audience.

        Args:
            principal: whose token.
            audience: the claim `aud`.
            lifetime: seconds until it expires, by the emulator's clock.
            claims: set over the usual ones; another `tid` makes it a token of that tenant.
        """
        tenant_id = claims.get("tid", self._directory.tenant_id)
        now = self._clock.now()
        payload = {
            "aud": audience,
            "iss": self._issuer_of(tenant_id),
            "iat": int(now.timestamp()),
            "nbf": int(now.timestamp()),
            "exp": int((now + timedelta(seconds=lifetime)).timestamp()),
            "oid": principal.object_id,
            "sub": principal.object_id,
            "tid": tenant_id,
            "uti": str(uuid.uuid4()),
            "ver": "2.0",
            **self._claims_by_type(principal),
            **claims,
        }
        return jwt.encode(payload, self._key, _ALGORITHM, headers={"kid": self.public_jwk["kid"]})

    def validate(self, token: str, audiences: Collection[str]) -> Claims:
        """What the token says, once its signature, issuer, time and audience are found right.

        Its tenant may be another than the directory's: what that means is the service's to say.

        Raises:
            InvalidToken: something is wrong with it.
        """
        claims = self._read(token)
        now = self._clock.now().timestamp()
        if not all(isinstance(claims[name], int | float) for name in ("exp", "nbf")):
            raise InvalidToken("the token's times are no numbers")
        if claims["exp"] <= now:
            raise InvalidToken("the token has expired")
        if claims["nbf"] > now:
            raise InvalidToken("the token is not valid yet")
        if not isinstance(claims["aud"], str) or claims["aud"] not in audiences:
            raise InvalidToken(f"the token's audience is {claims['aud']!r}, not {sorted(audiences)[0]!r}")
        if claims["iss"] != self._issuer_of(claims["tid"]):
            raise InvalidToken("the token's issuer is not its tenant's")
        return Claims(object_id=str(claims["oid"]).lower(), tenant_id=str(claims["tid"]).lower(), all=claims)

    def validate_header(self, authorization: str | None, audiences: Collection[str]) -> Claims:
        """What the bearer token in an Authorization header says.

        Raises:
            InvalidToken: there is none, or something is wrong with it.
        """
        if authorization is None or not authorization.lower().startswith(_SCHEME):
            raise InvalidToken("the call has no bearer token")
        return self.validate(authorization[len(_SCHEME) :].strip(), audiences)

    def _read(self, token: str) -> Mapping[str, Any]:
        # The time is judged by the emulator's clock, and so after this.
        options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False}
        required = {"require": ["aud", "exp", "iss", "nbf", "oid", "tid"]}
        try:
            return jwt.decode(token, self._public_key, [_ALGORITHM], options={**options, **required})  # type: ignore[arg-type]  # the types do not know "require"
        except jwt.MissingRequiredClaimError as exc:
            raise InvalidToken(f"the token has no claim {exc.claim!r}") from exc
        except jwt.InvalidSignatureError as exc:
            raise InvalidToken("the token's signature is wrong") from exc
        except jwt.PyJWTError as exc:
            raise InvalidToken("the token cannot be read") from exc

    def _claims_by_type(self, principal: Principal) -> Mapping[str, Any]:
        if principal.type == SERVICE_PRINCIPAL:
            # Entra puts no groups into a service principal's token.
            return {"appid": principal.app_id, "azp": principal.app_id, "idtyp": "app", "roles": []}
        return {
            "appid": _AZURE_CLI,
            "azp": _AZURE_CLI,
            "groups": sorted(self._directory.groups_of(principal.object_id)),
            "scp": "user_impersonation",
        }

    def _issuer_of(self, tenant_id: object) -> str:
        return f"{self._authority_url}/{tenant_id}/v2.0"


def _get_key(storage: Storage) -> rsa.RSAPrivateKey:
    document = storage.get(SIGNING_KEYS, _KEY)
    if document is None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        storage.put(SIGNING_KEYS, _KEY, {"pem": pem.decode()})
        return key
    kept = serialization.load_pem_private_key(document["pem"].encode(), password=None)
    if not isinstance(kept, rsa.RSAPrivateKey):
        raise TypeError(f"the storage holds a {type(kept).__name__} as signing key")
    return kept


def _public_jwk(key: rsa.RSAPublicKey) -> Mapping[str, str]:
    numbers = key.public_numbers()
    digest = hashes.Hash(hashes.SHA256())
    digest.update(key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))
    return {
        "kty": "RSA",
        "use": "sig",
        "alg": _ALGORITHM,
        "kid": urlsafe_b64encode(digest.finalize()[:20]).rstrip(b"=").decode(),
        "n": _base64(numbers.n),
        "e": _base64(numbers.e),
    }


def _base64(number: int) -> str:
    return urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8)).rstrip(b"=").decode()
