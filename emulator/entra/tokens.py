"""Signed tokens, in the shape of Entra ID's access tokens: version 2.0, or 1.0 where an application asks for that."""

import re
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
from emulator.entra.errors import InvalidToken, ResourceUnknown
from emulator.entra.registered_claims import Audience
from emulator.entra.registrations import Registrations
from emulator.storage import Storage

SIGNING_KEYS = "signing-keys"
"""The kind of document that holds the key pair."""
_KEY = "current"
_ALGORITHM = "RS256"
_AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
_SCHEME = "bearer "
# What an application of the tenant's own is called; Microsoft's services are https addresses.
_REGISTERED = re.compile(r"api://.*|[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
# The client ids of Digital Twins and Graph, which every tenant has.
_MICROSOFTS = frozenset({"0b07f429-9f4b-4714-9392-cc5e8e80c8b0", "00000003-0000-0000-c000-000000000000"})


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
        self._registrations = Registrations(storage)
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
            audience: a client id or identifier URI of a registered application; anything else is a service of
                Microsoft's, and the claim `aud` as it stands.
            lifetime: seconds until it expires, by the emulator's clock.
            claims: set over the usual ones; another `tid` makes it a token of that tenant.

        Raises:
            TokenRefused: the application is not for that principal.
        """
        tenant_id = claims.get("tid", self._directory.tenant_id)
        now = self._clock.now()
        payload = {
            "iat": int(now.timestamp()),
            "nbf": int(now.timestamp()),
            "exp": int((now + timedelta(seconds=lifetime)).timestamp()),
            "oid": principal.object_id,
            "sub": principal.object_id,
            "tid": tenant_id,
            "uti": str(uuid.uuid4()),
            **self._claims_for(audience, principal, tenant_id),
            **claims,
        }
        return jwt.encode(payload, self._key, _ALGORITHM, headers={"kid": self.public_jwk["kid"]})

    def require_resource(self, audience: str) -> None:
        """Returns when tokens are issued for the audience.

        Raises:
            ResourceUnknown: it is the name of an application that nobody registered.
        """
        known = audience.lower() in _MICROSOFTS or self._find_audience(audience) is not None
        if not known and _REGISTERED.fullmatch(audience):
            raise ResourceUnknown(audience, self._directory.tenant_id)

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
        if claims["iss"] != self._issuer_of(claims["tid"], str(claims.get("ver", "2.0"))):
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

    def _claims_for(self, audience: str, principal: Principal, tenant_id: object) -> Mapping[str, Any]:
        registered = self._find_audience(audience)
        if registered is None:
            return {
                "aud": audience,
                "iss": self._issuer_of(tenant_id),
                "ver": "2.0",
                **self._claims_by_type(principal),
            }
        version = "2.0" if registered.is_version_2 else "1.0"
        client_id = principal.app_id or _AZURE_CLI
        return {
            "aud": registered.application["appId"] if registered.is_version_2 else audience,
            "iss": self._issuer_of(tenant_id, version),
            "ver": version,
            **registered.claims_of(principal, self._directory, client_id=client_id),
        }

    def _find_audience(self, audience: str) -> Audience | None:
        application = self._registrations.by_audience(audience)
        service_principal = self._registrations.service_principal_of(application["appId"]) if application else None
        if application is None or service_principal is None:
            return None
        assignments = self._registrations.assignments_to(service_principal["id"])
        return Audience(application=application, service_principal=service_principal, assignments=assignments)

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

    def _issuer_of(self, tenant_id: object, version: str = "2.0") -> str:
        return f"{self._authority_url}/{tenant_id}/{'' if version == '1.0' else 'v2.0'}"


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
