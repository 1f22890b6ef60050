"""The token for one service, asked for again shortly before it ends."""

import asyncio
import time

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError as AzureSdkError

from twin_rbac.clients.errors import SignInFailed

_MARGIN = 300
"""Seconds before its end at which a token is renewed."""
_LEAST = 30
"""Seconds that a token must last to be used, where it cannot be renewed."""


class Tokens:
    """Keeps one credential's token for one audience."""

    def __init__(self, credential: AsyncTokenCredential, *, audience: str, service: str) -> None:
        self._credential = credential
        self._scope = f"{audience.rstrip('/')}/.default"
        self._service = service
        self._lock = asyncio.Lock()
        self._token = ""
        self._ends = 0.0

    async def get(self) -> str:
        """A token that is good for some minutes.

        Raises:
            SignInFailed: the credential gives none.
        """
        if time.time() <= self._ends - _MARGIN:
            return self._token
        async with self._lock:
            if time.time() > self._ends - _MARGIN:
                try:
                    token = await self._credential.get_token(self._scope)
                except AzureSdkError as error:
                    if time.time() < self._ends - _LEAST:
                        return self._token
                    raise SignInFailed(self._service, error.message.split("\n", 1)[0]) from error
                self._token, self._ends = token.token, float(token.expires_on)
            return self._token
