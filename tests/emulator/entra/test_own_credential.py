"""The credential that `twin_rbac` makes, against the emulator."""

import asyncio
import os
from typing import Any

import aiohttp
import jwt
import pytest

from twin_rbac.clients.credential import create_credential

TAGGER = "77b20000-0000-4000-8000-000000000002"


@pytest.mark.parametrize("settings", [{}, {"ARM_USE_MSI": "true"}], ids=["default chain", "managed identity"])
def test_it_trusts_the_roots_of_the_environment_it_is_given_whenever_aiohttp_was_imported(
    emulator: Any, settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert aiohttp  # has read this process's own roots by now, and the emulator's are not among them
    for name in list(os.environ):
        if name.startswith(("ARM_", "AZURE_", "IDENTITY_")) or name in {"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"}:
            monkeypatch.delenv(name)
    given = emulator.environment("tagger")
    # azure-identity looks for the endpoint in the process's environment, and nowhere else.
    for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER", "AZURE_TOKEN_CREDENTIALS", "NO_PROXY"):
        monkeypatch.setenv(name, given[name])

    async def get_token() -> str:
        async with create_credential(environment={**given, **settings}) as credential:
            return (await credential.get_token("https://management.azure.com/.default")).token

    claims = jwt.decode(asyncio.run(get_token()), options={"verify_signature": False})

    assert claims["oid"] == TAGGER
    assert "SSL_CERT_FILE" not in os.environ
