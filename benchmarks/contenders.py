"""Who writes twins in the comparison, each in a process of its own: our client, and the official SDK three ways.

All send the same patch with the same condition over TLS to the same server. A process writes some twins to warm up,
then the ones that count, and prints the seconds that took by the clock and of its CPU.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import aiohttp
import requests
from azure.core import MatchConditions
from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import AioHttpTransport, RequestsTransport
from azure.digitaltwins.core import DigitalTwinsClient
from azure.digitaltwins.core.aio import DigitalTwinsClient as AsyncDigitalTwinsClient
from requests.adapters import HTTPAdapter

from benchmarks.client_parts import TOKEN, Credential, create_plan, open_client
from benchmarks.no_op_server import ROLE, twin_name
from twin_rbac.clients.rate import Unlimited
from twin_rbac.role_tags.apply import apply_plan
from twin_rbac.role_tags.at_once import AT_ONCE
from twin_rbac.role_tags.store import TagStore

WARM_UP = 500
_PATCH = [{"op": "add", "path": "/tags/role", "value": ROLE}]
_ETAG = 'W/"0"'


class Took(NamedTuple):
    """What some writes took."""

    seconds: float
    cpu: float
    """Seconds, of the process."""


class _FixedToken:
    """The same for the synchronous client."""

    def get_token(self, *_scopes: str, **_options: object) -> AccessToken:
        return AccessToken(TOKEN, int(time.time()) + 86_400)


def ours(endpoint: str, ca_file: Path, writes: int) -> Took:
    """What `tags apply` does once it has its plan, without a rate and without a journal."""
    plans = [create_plan(range(WARM_UP)), create_plan(range(WARM_UP, WARM_UP + writes))]

    async def run() -> Took:
        async with open_client(endpoint, ca_file, rate=Unlimited()) as client:
            for plan in plans:
                begun = _now()
                await apply_plan(plan, TagStore(client, plan.rules))
        return _since(begun)

    return asyncio.run(run())


def sdk_loop(endpoint: str, _ca_file: Path, writes: int) -> Took:
    """The official client, one write after the other."""
    client = DigitalTwinsClient(endpoint, _FixedToken())

    def write_all(numbers: Iterable[int]) -> None:
        for number in numbers:
            _write(client, number)

    return _timed(write_all, writes)


def sdk_threads(endpoint: str, _ca_file: Path, writes: int, *, threads: int) -> Took:
    """The official client, shared by threads, with a connection for each."""
    session = requests.Session()
    session.mount("https://", HTTPAdapter(pool_maxsize=threads))
    client = DigitalTwinsClient(endpoint, _FixedToken(), transport=RequestsTransport(session=session))
    with ThreadPoolExecutor(threads) as pool:
        return _timed(lambda numbers: list(pool.map(lambda number: _write(client, number), numbers)), writes)


def sdk_aio(endpoint: str, _ca_file: Path, writes: int) -> Took:
    """The official asynchronous client, as many writes at once as ours."""

    async def write_all(client: AsyncDigitalTwinsClient, numbers: Iterable[int]) -> None:
        rest = iter(numbers)

        async def work() -> None:
            for number in rest:
                await client.update_digital_twin(
                    twin_name(number), _PATCH, etag=_ETAG, match_condition=MatchConditions.IfNotModified
                )

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))

    async def run() -> Took:
        session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE))
        transport = AioHttpTransport(session=session)
        async with AsyncDigitalTwinsClient(endpoint, Credential(), transport=transport) as client:
            await write_all(client, range(WARM_UP))
            begun = _now()
            await write_all(client, range(WARM_UP, WARM_UP + writes))
            return _since(begun)

    return asyncio.run(run())


CONTENDERS: dict[str, Callable[[str, Path, int], Took]] = {
    "ours": ours,
    "SDK loop": sdk_loop,
    "SDK 16 threads": lambda *arguments: sdk_threads(*arguments, threads=16),
    "SDK 64 threads": lambda *arguments: sdk_threads(*arguments, threads=64),
    "SDK aio": sdk_aio,
}


def _write(client: DigitalTwinsClient, number: int) -> None:
    client.update_digital_twin(twin_name(number), _PATCH, etag=_ETAG, match_condition=MatchConditions.IfNotModified)


def _timed(write_all: Callable[[Iterable[int]], object], writes: int) -> Took:
    write_all(range(WARM_UP))
    begun = _now()
    write_all(range(WARM_UP, WARM_UP + writes))
    return _since(begun)


def _now() -> Took:
    return Took(time.perf_counter(), time.process_time())


def _since(begun: Took) -> Took:
    now = _now()
    return Took(now.seconds - begun.seconds, now.cpu - begun.cpu)


if __name__ == "__main__":
    _, name, endpoint, ca_file, writes = sys.argv
    sys.stdout.write(json.dumps(CONTENDERS[name](endpoint, Path(ca_file), int(writes))))
