"""Tokens made by somebody who knows everything but the private key."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from emulator.clock import Clock
from emulator.entra.directory import Directory, Principal
from emulator.entra.errors import InvalidToken
from emulator.entra.tokens import SIGNING_KEYS, TokenIssuer
from emulator.storage import Storage

AUDIENCE = "https://digitaltwins.azure.net"
ANN, BOB = (Principal(name=name, object_id=name, type="User") for name in ("ann", "bob"))
DIRECTORY = Directory(tenant_id="t", subscription_id="s", principals=(ANN, BOB))
PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER
PKCS1, PUBLIC = serialization.PublicFormat.PKCS1, serialization.PublicFormat.SubjectPublicKeyInfo


@pytest.fixture(scope="module")
def storage() -> Iterator[Storage]:
    with closing(Storage()) as storage:
        yield storage


@pytest.fixture(scope="module")
def issuer(storage: Storage) -> TokenIssuer:
    return TokenIssuer(storage, Clock(), DIRECTORY, "https://localhost:20002")


@pytest.fixture
def signing_key(storage: Storage, issuer: TokenIssuer) -> rsa.RSAPrivateKey:
    document = storage.get(SIGNING_KEYS, "current")
    assert document is not None
    key = serialization.load_pem_private_key(document["pem"].encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def claims_of(issuer: TokenIssuer) -> dict[str, Any]:
    return dict(jwt.decode(issuer.issue(ANN, AUDIENCE), options={"verify_signature": False}))


def encode(algorithm: str, claims: dict[str, Any], *, signature: bytes = b"", secret: bytes | None = None) -> str:
    parts = ({"alg": algorithm, "typ": "JWT"}, claims)
    signed = b".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    if secret is not None:
        signature = hmac.digest(secret, signed, hashlib.sha256)
    return b".".join([signed, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()


def refusal(issuer: TokenIssuer, token: str) -> str:
    with pytest.raises(InvalidToken) as refused:
        issuer.validate(token, frozenset({AUDIENCE}))
    return refused.value.reason


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", ""])
@pytest.mark.parametrize("signature", [b"", b"x"])
def test_no_token_does_without_a_signature(issuer: TokenIssuer, algorithm: str, signature: bytes) -> None:
    token = encode(algorithm, claims_of(issuer), signature=signature)

    assert refusal(issuer, token) == "the token cannot be read"


@pytest.mark.parametrize(("encoding", "form"), [(PEM, PUBLIC), (PEM, PKCS1), (DER, PUBLIC), (DER, PKCS1)])
def test_the_public_key_is_no_shared_secret(
    issuer: TokenIssuer,
    signing_key: rsa.RSAPrivateKey,
    encoding: serialization.Encoding,
    form: serialization.PublicFormat,
) -> None:
    public_key = signing_key.public_key().public_bytes(encoding, form)
    token = encode("HS256", claims_of(issuer), secret=public_key)

    assert refusal(issuer, token) == "the token cannot be read"


def test_the_name_of_the_right_key_does_not_help_another_key(issuer: TokenIssuer) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    token = jwt.encode(claims_of(issuer), other, "RS256", headers={"kid": issuer.public_jwk["kid"]})

    assert refusal(issuer, token) == "the token's signature is wrong"


def test_a_signature_holds_for_the_claims_under_it_alone(issuer: TokenIssuer) -> None:
    header, _, signature = issuer.issue(ANN, AUDIENCE).split(".")
    claims = issuer.issue(BOB, AUDIENCE).split(".")[1]

    assert refusal(issuer, f"{header}.{claims}.{signature}") == "the token's signature is wrong"


@pytest.mark.parametrize("claim", ["aud", "exp", "iss", "nbf", "oid", "tid"])
def test_a_signed_token_that_lacks_a_claim_is_refused(
    issuer: TokenIssuer, signing_key: rsa.RSAPrivateKey, claim: str
) -> None:
    claims = {name: value for name, value in claims_of(issuer).items() if name != claim}

    assert refusal(issuer, jwt.encode(claims, signing_key, "RS256")) == f"the token has no claim '{claim}'"


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"aud": [AUDIENCE]}, f"the token's audience is ['{AUDIENCE}'], not '{AUDIENCE}'"),
        ({"aud": f"{AUDIENCE}/"}, f"the token's audience is '{AUDIENCE}/', not '{AUDIENCE}'"),
        ({"exp": "soon"}, "the token's times are no numbers"),
        ({"nbf": "now"}, "the token's times are no numbers"),
        ({"iss": "https://localhost:20002/other/v2.0"}, "the token's issuer is not its tenant's"),
        ({"tid": "other", "iss": "https://localhost:20002/t/v2.0"}, "the token's issuer is not its tenant's"),
    ],
)
def test_a_signed_token_with_an_odd_claim_is_refused(issuer: TokenIssuer, claims: dict[str, Any], reason: str) -> None:
    assert refusal(issuer, issuer.issue(ANN, AUDIENCE, **claims)) == reason
