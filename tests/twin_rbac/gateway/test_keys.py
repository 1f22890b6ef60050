import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

import pytest

from tests.twin_rbac.gateway.world import AUTHORITY, ISSUER, TENANT, FakeEntra, TestClock, jwk_of, signing_key
from twin_rbac.gateway.errors import InvalidToken, KeysUnavailable
from twin_rbac.gateway.keys import Keys

T = TypeVar("T")
HOUR = 3600


class Tenant:
    """Keys over a fake Entra ID, and their clock."""

    def __init__(self) -> None:
        self.clock = TestClock()
        self.entra = FakeEntra(self.clock)
        self.keys = Keys(self.entra.fetch, issuer=ISSUER, clock=self.clock.clocks.monotonic)

    async def outcome(self, key_id: str) -> str:
        try:
            key = await self.keys.find(key_id)
        except (InvalidToken, KeysUnavailable) as error:
            return type(error).__name__
        return "found" if key.public_numbers() == signing_key(key_id).public_key().public_numbers() else "another"

    def find(self, key_id: str) -> str:
        return run(self.outcome(key_id))


def run(work: Awaitable[T]) -> T:
    async def wait() -> T:
        return await work

    return asyncio.run(wait())


@pytest.fixture
def tenant() -> Tenant:
    return Tenant()


def test_keys_are_fetched_once_and_kept_for_a_day(tenant: Tenant) -> None:
    assert tenant.find("current") == "found"
    tenant.clock.advance(24 * HOUR - 1)
    assert tenant.find("current") == "found"
    assert tenant.entra.fetches == 1

    tenant.clock.advance(1)
    assert tenant.find("current") == "found"
    assert tenant.entra.fetches == 2


def test_all_who_come_with_a_new_key_while_it_is_fetched_wait_for_it(tenant: Tenant) -> None:
    tenant.find("current")
    tenant.entra.keys = [jwk_of("next")]
    tenant.clock.advance(10)

    async def together() -> list[str]:
        return await asyncio.gather(*(tenant.outcome("next") for _ in range(4)))

    assert run(together()) == ["found"] * 4
    assert tenant.entra.fetches == 2


def test_a_new_key_is_found_when_a_token_names_it(tenant: Tenant) -> None:
    tenant.find("current")
    tenant.entra.keys = [jwk_of("next")]
    tenant.clock.advance(10)

    assert tenant.find("next") == "found"
    assert tenant.find("current") == "InvalidToken"


def test_a_flood_of_unknown_keys_is_no_flood_of_fetches(tenant: Tenant) -> None:
    async def flood() -> list[str]:
        return await asyncio.gather(*(tenant.outcome(f"made-up-{number}") for number in range(500)))

    assert set(run(flood())) == {"InvalidToken"}
    assert tenant.entra.fetches == 1
    for _ in range(60):
        tenant.clock.advance(1)
        run(flood())
    assert tenant.entra.fetches == 7


def test_a_hundred_first_calls_share_one_fetch(tenant: Tenant) -> None:
    async def at_once() -> list[str]:
        return await asyncio.gather(*(tenant.outcome("current") for _ in range(100)))

    assert run(at_once()) == ["found"] * 100
    assert tenant.entra.fetches == 1


def test_old_keys_are_used_for_two_days_while_entra_is_down_and_then_none(tenant: Tenant) -> None:
    tenant.find("current")
    tenant.entra.is_down = True
    tenant.clock.advance(48 * HOUR - 1)
    assert tenant.find("current") == "found"
    tenant.clock.advance(11)
    assert tenant.find("current") == "KeysUnavailable"

    tenant.entra.is_down = False
    tenant.clock.advance(2)
    assert tenant.find("current") == "found"


def test_a_removed_key_ends_with_the_next_fetch(tenant: Tenant) -> None:
    tenant.entra.keys = [jwk_of("current"), jwk_of("next")]
    tenant.find("next")
    tenant.entra.keys = [jwk_of("current")]
    tenant.clock.advance(24 * HOUR)

    assert tenant.find("next") == "InvalidToken"


def test_while_there_are_no_keys_entra_is_asked_every_other_second(tenant: Tenant) -> None:
    tenant.entra.is_down = True
    outcomes = []
    for _ in range(6):
        outcomes.append(tenant.find("current"))
        tenant.clock.advance(1)

    assert outcomes == ["KeysUnavailable"] * 6
    assert tenant.entra.fetches == 3


def test_an_unknown_key_is_an_invalid_token_while_entra_is_down(tenant: Tenant) -> None:
    tenant.find("current")
    tenant.entra.is_down = True
    tenant.clock.advance(20)

    assert tenant.find("made-up") == "InvalidToken"


@pytest.mark.parametrize(
    "entry",
    [
        jwk_of("odd", kty="EC"),
        jwk_of("odd", kty="oct", k="AAAA"),
        jwk_of("odd", use="enc"),
        jwk_of("odd", use=None),
        jwk_of("odd", alg="RS512"),
        jwk_of("odd", n=None),
        jwk_of("odd", n="!!!"),
        jwk_of("odd", n="AQAB"),
        jwk_of("odd", e=""),
        jwk_of("odd", issuer="https://entra.example/99999999-1111-1111-1111-111111111111/v2.0"),
        jwk_of("odd", issuer="https://evil.example/{tenantid}/v2.0"),
        {"kty": "RSA", "use": "sig"},
    ],
    ids=range(12),
)
def test_a_key_that_does_not_sign_this_tenants_tokens_is_ignored(tenant: Tenant, entry: dict[str, Any]) -> None:
    tenant.entra.keys = [entry, jwk_of("current")]

    assert tenant.find("odd") == "InvalidToken"
    assert tenant.find("current") == "found"


@pytest.mark.parametrize(
    "entry", [{"alg": "RS256"}, {"issuer": ISSUER}, {"issuer": f"{AUTHORITY}/{{tenantid}}/v2.0"}, {"x5t": "thumb"}]
)
def test_a_key_as_entra_describes_it_is_used(tenant: Tenant, entry: dict[str, Any]) -> None:
    tenant.entra.keys = [jwk_of("current", **entry)]

    assert tenant.find("current") == "found"


@pytest.mark.parametrize(
    "configuration",
    [
        {"issuer": f"{ISSUER}/", "jwks_uri": f"{AUTHORITY}/{TENANT}/discovery/v2.0/keys"},
        {"issuer": "https://evil.example/v2.0", "jwks_uri": f"{AUTHORITY}/{TENANT}/discovery/v2.0/keys"},
        {"issuer": ISSUER, "jwks_uri": f"https://evil.example/{TENANT}/discovery/v2.0/keys"},
        {"issuer": ISSUER, "jwks_uri": f"http://entra.example/{TENANT}/discovery/v2.0/keys"},
        {"issuer": ISSUER, "jwks_uri": f"https://entra.example:444/{TENANT}/discovery/v2.0/keys"},
        {"issuer": ISSUER, "jwks_uri": "https://entra.example@evil.example/keys"},
        {"issuer": ISSUER, "jwks_uri": "/keys"},
        {"issuer": ISSUER, "jwks_uri": "file:///etc/passwd"},
        {"issuer": ISSUER, "jwks_uri": None},
        {"issuer": ISSUER},
        {},
        [],
        "text",
        None,
    ],
    ids=range(14),
)
def test_a_discovery_document_that_leads_elsewhere_gives_no_keys(tenant: Tenant, configuration: Any) -> None:
    tenant.entra.configuration = configuration

    assert tenant.find("current") == "KeysUnavailable"
    assert tenant.entra.asked == [f"{ISSUER}/.well-known/openid-configuration"]


@pytest.mark.parametrize("keys", [[], None, "text", [None], [jwk_of("odd", use="enc")]], ids=range(5))
def test_a_key_set_without_usable_keys_is_no_key_set(tenant: Tenant, keys: Any) -> None:
    tenant.entra.keys = keys

    assert tenant.find("current") == "KeysUnavailable"


def test_a_damaged_key_set_does_not_replace_the_one_at_hand(tenant: Tenant) -> None:
    tenant.find("current")
    tenant.entra.keys = []
    tenant.clock.advance(24 * HOUR)

    assert tenant.find("current") == "found"
