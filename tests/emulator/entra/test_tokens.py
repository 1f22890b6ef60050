import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest

from emulator.clock import Clock
from emulator.commands import DIRECTORY
from emulator.entra.directory import Directory
from emulator.entra.directory_file import load_directory
from emulator.entra.errors import InvalidToken
from emulator.entra.tokens import TokenIssuer
from emulator.storage import Storage

AUTHORITY = "https://localhost:20001"
AUDIENCE = "api://example"
TENANT = "8f14e45f-ceea-467f-a9d2-4b5b1e0c7a01"


@pytest.fixture(scope="module")
def directory() -> Directory:
    return load_directory(DIRECTORY)


@pytest.fixture(scope="module")
def storage() -> Iterator[Storage]:
    opened = Storage()
    yield opened
    opened.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def issuer(storage: Storage, clock: Clock, directory: Directory) -> TokenIssuer:
    return TokenIssuer(storage, clock, directory, AUTHORITY)


def test_a_users_token_carries_its_groups_and_the_scope_of_a_user(issuer: TokenIssuer, directory: Directory) -> None:
    claims = issuer.validate(issuer.issue(directory.by_name("earth"), AUDIENCE), {AUDIENCE})

    assert claims.object_id == "0f3c0000-0000-4000-8000-000000000011"
    assert claims.tenant_id == TENANT
    assert claims.all["iss"] == f"{AUTHORITY}/{TENANT}/v2.0"
    assert claims.all["groups"] == ["0f3c0000-0000-4000-8000-000000000010"]
    assert claims.all["scp"] == "user_impersonation"
    assert "roles" not in claims.all
    assert "idtyp" not in claims.all


def test_an_applications_token_carries_no_groups(issuer: TokenIssuer, directory: Directory) -> None:
    claims = issuer.validate(issuer.issue(directory.by_name("wind"), AUDIENCE), {AUDIENCE}).all

    assert (claims["idtyp"], claims["roles"]) == ("app", [])
    assert claims["appid"] == claims["azp"] == "51aaa000-0000-4000-8000-000000000031"
    assert not claims.keys() & {"groups", "scp"}


def test_a_token_lasts_an_hour_unless_told_otherwise(issuer: TokenIssuer, clock: Clock, directory: Directory) -> None:
    token = issuer.issue(directory.by_name("earth"), AUDIENCE)
    short = issuer.issue(directory.by_name("earth"), AUDIENCE, lifetime=60)

    clock.advance(120)
    issuer.validate(token, {AUDIENCE})
    with pytest.raises(InvalidToken, match="expired"):
        issuer.validate(short, {AUDIENCE})
    clock.advance(3600)
    with pytest.raises(InvalidToken, match="expired"):
        issuer.validate(token, {AUDIENCE})


def test_a_token_holds_over_a_restart(storage: Storage, issuer: TokenIssuer, directory: Directory) -> None:
    token = issuer.issue(directory.by_name("earth"), AUDIENCE)

    again = TokenIssuer(storage, Clock(), directory, AUTHORITY)

    assert again.validate(token, {AUDIENCE}).object_id == directory.by_name("earth").object_id
    assert again.public_jwk == issuer.public_jwk


def test_whoever_has_the_public_key_can_check_a_token(issuer: TokenIssuer, directory: Directory) -> None:
    token = issuer.issue(directory.by_name("fire"), AUDIENCE)

    claims = jwt.decode(token, jwt.PyJWK(dict(issuer.public_jwk)), ["RS256"], audience=AUDIENCE)

    assert claims["oid"] == "0f3c0000-0000-4000-8000-000000000021"
    assert jwt.get_unverified_header(token)["kid"] == issuer.public_jwk["kid"]


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"aud": "api://other"}, "audience is 'api://other', not 'api://example'"),
        ({"iss": "https://login.example/v2.0"}, "issuer"),
        ({"nbf": int(time.time()) + 600}, "not valid yet"),
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(
    claims: dict[str, Any], reason: str, issuer: TokenIssuer, directory: Directory
) -> None:
    token = issuer.issue(directory.by_name("earth"), AUDIENCE, **claims)

    with pytest.raises(InvalidToken, match=reason):
        issuer.validate(token, {AUDIENCE})


def test_a_token_that_somebody_else_signed_is_refused(directory: Directory, issuer: TokenIssuer) -> None:
    other = Storage()
    token = TokenIssuer(other, Clock(), directory, AUTHORITY).issue(directory.by_name("owner"), AUDIENCE)
    other.close()

    with pytest.raises(InvalidToken, match="signature"):
        issuer.validate(token, {AUDIENCE})


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_token_of_another_algorithm_is_refused(algorithm: str, issuer: TokenIssuer, directory: Directory) -> None:
    token = issuer.issue(directory.by_name("owner"), AUDIENCE)
    claims = jwt.decode(token, options={"verify_signature": False})
    key: Any = None if algorithm == "none" else "a secret of thirty-two bytes or more"
    forged = jwt.encode(claims, key, algorithm)

    with pytest.raises(InvalidToken, match="cannot be read"):
        issuer.validate(forged, {AUDIENCE})


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Basic x", "Bearer ", "Bearer x", "Bearer a.b.c", "Bearer é.é.é"]
)
def test_a_header_without_a_token_is_refused_and_not_repeated(header: str | None, issuer: TokenIssuer) -> None:
    with pytest.raises(InvalidToken) as caught:
        issuer.validate_header(header, {AUDIENCE})

    assert caught.value.reason in {"the call has no bearer token", "the token cannot be read"}


def test_the_scheme_counts_in_any_case(issuer: TokenIssuer, directory: Directory) -> None:
    token = issuer.issue(directory.by_name("earth"), AUDIENCE)

    assert issuer.validate_header(f"bearer {token}", {AUDIENCE}).tenant_id == TENANT


def test_a_token_of_another_tenant_says_so(issuer: TokenIssuer, directory: Directory) -> None:
    tenant = "11111111-2222-4333-8444-555555555555"
    token = issuer.issue(directory.by_name("earth"), AUDIENCE, tid=tenant)

    assert issuer.validate(token, {AUDIENCE}).tenant_id == tenant
