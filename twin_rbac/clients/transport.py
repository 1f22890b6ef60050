"""One service of Azure over HTTPS: connections, tokens, retries."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp
from azure.core.credentials_async import AsyncTokenCredential
from yarl import URL

from twin_rbac.clients.address import create_tls_context, proxy_for, secure_url
from twin_rbac.clients.calls import (
    PASSING_FAILURES,
    Answer,
    Call,
    Patience,
    is_throttled,
    parse_body,
    refusal,
    retry_after,
)
from twin_rbac.clients.errors import AccessDenied, AnswerTooLarge, AzureError, ServiceUnavailable, SlowDown
from twin_rbac.clients.rate import Rate
from twin_rbac.clients.tokens import Tokens
from twin_rbac.clients.wire import Wire, WireError

OnDenied = Callable[[str], Awaitable[bool]]
"""Is told which action a 403 was about; True asks for another try (it waits as long as it likes before)."""
Sleep = Callable[[float], Awaitable[None]]

_CONNECT_TIMEOUT = 15
_PATIENCE = Patience()
_USER_AGENT = "digital-twins-rbac"
_encode = json.JSONEncoder(separators=(",", ":")).encode


class Transport:
    """Sends calls to one service; an asynchronous context manager that holds one pool of connections."""

    def __init__(
        self,
        address: str,
        credential: AsyncTokenCredential,
        *,
        audience: str,
        rate: Rate | None = None,
        on_denied: OnDenied | None = None,
        ca_file: Path | None = None,
        patience: Patience = _PATIENCE,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """Prepares the transport; nothing is sent yet.

        Raises:
            EndpointRefused: the address is none that a token may be sent to.
        """
        self._base = secure_url(address)
        self._tokens = Tokens(credential, audience=audience, service=str(self._base))
        self._rate = rate
        self._on_denied = on_denied
        self._ca_file = ca_file
        self._patience = patience
        self._sleep = sleep
        self._proxy = proxy_for(self._base)

    async def __aenter__(self) -> Self:
        """Opens the pool."""
        patience = self._patience
        tls = create_tls_context(self._ca_file)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=tls, limit=patience.connections),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"Accept": "application/json", "User-Agent": _USER_AGENT},
            timeout=aiohttp.ClientTimeout(total=patience.answer_timeout, sock_connect=_CONNECT_TIMEOUT),
        )
        # A proxy's tunnel and the guard against large answers are aiohttp's and ours here, not the wire's.
        direct = self._proxy is None and patience.largest_answer is None
        timeout = patience.answer_timeout
        self._wire = Wire(self._base, tls, connections=patience.connections, answer_timeout=timeout) if direct else None
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes it."""
        if self._wire:
            await self._wire.close()
        await self._session.close()

    async def send(self, call: Call) -> Answer:
        """The answer of a call that succeeded.

        Throttling is waited out as the service asks, passing failures are tried again where that is safe, and a 403
        goes to `on_denied`.

        Raises:
            AzureError: the call failed for good; which subclass says why. Where time ran out, its cause is a
                TimeoutError.
        """
        if self._patience.budget is None:
            return await self._send_for_good(call)
        try:
            async with asyncio.timeout(self._patience.budget):
                return await self._send_for_good(call)
        except TimeoutError as error:
            reason = f"no answer within {self._patience.budget} seconds"
            raise ServiceUnavailable(f"{call.what} at {self._base}", reason) from error

    async def _send_for_good(self, call: Call) -> Answer:
        while (answer := await self._send_until_answered(call)).status == 403:
            if self._on_denied is None or not await self._on_denied(call.action):
                raise AccessDenied(call.action, str(self._base))
        if answer.status >= 400:
            raise refusal(call, answer, str(self._base))
        return answer

    async def _send_until_answered(self, call: Call) -> Answer:
        attempt, in_doubt = 0, False
        while True:
            attempt += 1
            if self._rate:
                await self._rate.acquire(call.cost)
            try:
                answer = await self._exchange(call)
            except (aiohttp.ClientError, WireError, TimeoutError) as error:
                self._give_up_unless_safe(call, error, attempt)
                in_doubt = True
                await self._sleep(self._backoff(attempt))
                continue
            if is_throttled(call, answer):
                await self._hold_back(call, answer, attempt)
            elif answer.status in PASSING_FAILURES and call.repeatable and attempt < self._patience.attempts_that_fail:
                in_doubt = True
                await self._sleep(max(self._pause(answer), self._backoff(attempt)))
            else:
                return replace(answer, after_failures=True) if in_doubt else answer

    async def _exchange(self, call: Call) -> Answer:
        headers = {"Content-Type": "application/json", **call.headers}
        headers["Authorization"] = f"Bearer {await self._tokens.get()}"
        data = call.body
        if data is not None and not isinstance(data, bytes):
            data = _encode(data).encode()
        if self._wire and call.small and call.path.startswith("/"):
            headers["User-Agent"] = _USER_AGENT
            received = await self._wire.send(call.method, call.path, headers, data or b"")
            return Answer(received.status, received.headers, parse_body(received.body))
        return await self._exchange_by_session(call, headers, data)

    async def _exchange_by_session(self, call: Call, headers: dict[str, str], data: bytes | None) -> Answer:
        url = self._base.join(URL(call.path, encoded=True))
        if url.origin() != self._base:
            raise AzureError(f"{call.what}: the service's next link leads to another host, {url.host}")
        async with self._session.request(
            call.method, url, headers=headers, data=data, proxy=self._proxy, allow_redirects=False
        ) as response:
            return Answer(response.status, response.headers, parse_body(await self._read(call, response)))

    async def _read(self, call: Call, response: aiohttp.ClientResponse) -> bytes:
        largest = self._patience.largest_answer
        if largest is None:
            return await response.read()
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > largest:
                raise AnswerTooLarge(call.what, largest)
        return bytes(body)

    def _give_up_unless_safe(self, call: Call, error: Exception, attempt: int) -> None:
        never_sent = isinstance(error, aiohttp.ClientConnectorError)
        untrusted = isinstance(error, aiohttp.ClientSSLError) or (isinstance(error, WireError) and error.untrusted)
        if untrusted or attempt >= self._patience.attempts_without_answer or not (call.repeatable or never_sent):
            hint = "; SSL_CERT_FILE names the certificates to trust" if untrusted else ""
            reason = (str(error) or type(error).__name__) + hint
            raise ServiceUnavailable(f"{call.what} at {self._base}", reason) from error

    async def _hold_back(self, call: Call, answer: Answer, attempt: int) -> None:
        pause = retry_after(answer) or self._backoff(attempt)
        if attempt >= self._patience.attempts_when_throttled or pause > self._patience.longest_pause:
            raise SlowDown(f"{call.what} at {self._base}", attempts=attempt, pause=pause)
        if self._rate:
            self._rate.slow_down(pause)
        else:
            await self._sleep(pause)

    def _pause(self, answer: Answer) -> float:
        return min(retry_after(answer), self._patience.longest_pause)

    def _backoff(self, attempt: int) -> float:
        # Jitter only spreads requests that failed together.
        pause = min(0.5 * 2.0 ** (attempt - 1), self._patience.longest_pause)
        return pause * random.uniform(0.75, 1.0)  # noqa: S311  # no secret
