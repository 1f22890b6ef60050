import asyncio
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from twin_rbac.clients.errors import SignInFailed
from twin_rbac.clients.tokens import Tokens


class HourlyCredential:
    """Gives tokens that last an hour by the test's clock; can be made to fail."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.given = 0
        self.fails = False

    async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        if self.fails:
            raise ClientAuthenticationError("the identity endpoint is away\nwith details")
        self.given += 1
        return AccessToken(f"token-{self.given}", int(self.now) + 3600)


@pytest.fixture
def credential(monkeypatch: pytest.MonkeyPatch) -> HourlyCredential:
    credential = HourlyCredential()
    monkeypatch.setattr("twin_rbac.clients.tokens.time.time", lambda: credential.now)
    return credential


def test_a_token_is_used_until_shortly_before_its_end_and_then_renewed(credential: HourlyCredential) -> None:
    kept = Tokens(credential, audience="https://digitaltwins.azure.net", service="instance")  # type: ignore[arg-type]  # all that is used

    async def story() -> list[str]:
        found = [await kept.get()]
        credential.now += 3299
        found.append(await kept.get())
        credential.now += 2
        found.append(await kept.get())
        return found

    assert asyncio.run(story()) == ["token-1", "token-1", "token-2"]


def test_a_token_that_cannot_be_renewed_is_used_while_it_lasts(credential: HourlyCredential) -> None:
    kept = Tokens(credential, audience="https://digitaltwins.azure.net", service="instance")  # type: ignore[arg-type]  # all that is used

    async def story() -> None:
        assert await kept.get() == "token-1"
        credential.fails = True
        credential.now += 3569
        assert await kept.get() == "token-1"
        credential.now += 2
        with pytest.raises(SignInFailed, match=r"the identity endpoint is away; "):
            await kept.get()

    asyncio.run(story())
