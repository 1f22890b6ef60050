"""What the gateway adds to a query: the same scoped query, asked directly and through it, in turn, at a fixed rate.

Directly means: by an identity that may query the instance, with the text that the gateway would send.
"""

import asyncio
import ssl
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from benchmarks.errors import BenchmarkFailed
from emulator.client import call_control, get_status
from emulator.errors import EmulatorError
from emulator.home import CHECKOUT, Home

RATE = 50
"""Requests a second on each of the two ways."""
SECONDS = 20
WARM_UP = 100
"""Requests on each way before anything is counted."""

_QUERY = "SELECT * FROM DIGITALTWINS"
_SCOPED = "SELECT * FROM DIGITALTWINS T WHERE IS_DEFINED(T.tags.role) AND T.tags.role IN ['Earth']"


@dataclass
class Way:
    """One way to ask, and how long each answer took, in seconds."""

    name: str
    endpoint: str
    token: str
    query: str
    took: list[float] = field(default_factory=list)

    async def ask(self, session: aiohttp.ClientSession, *, counted: bool) -> None:
        """Asks once.

        Raises:
            BenchmarkFailed: the answer is not the one that is being measured.
        """
        begun = time.perf_counter()
        async with session.post(
            f"{self.endpoint}/query?api-version=2023-10-31",
            json={"query": self.query},
            headers={"Authorization": f"Bearer {self.token}"},
        ) as answer:
            document = await answer.json()
        if answer.status != 200 or len(document["value"]) != 3:
            raise BenchmarkFailed(f"{self.name} answered {answer.status} and not Earth's three twins; run `make up`")
        if counted:
            self.took.append(time.perf_counter() - begun)


@dataclass(frozen=True)
class GatewayOverhead:
    """The direct way, and the one through the gateway."""

    direct: Way
    through: Way

    @property
    def ratios(self) -> dict[str, float]:
        """Percentile -> how many times the direct call one through the gateway takes."""
        return {
            f"p{percent}": round(_percentile(self.through.took, percent) / _percentile(self.direct.took, percent), 1)
            for percent in (50, 99)
        }

    def to_mapping(self) -> dict[str, Any]:
        """The figures as JSON values, times in milliseconds."""
        ways = {
            way.name: {"n": len(way.took), "p50": _percentile(way.took, 50), "p99": _percentile(way.took, 99)}
            for way in (self.direct, self.through)
        }
        return {**ways, "ratios": self.ratios}

    def to_lines(self) -> list[str]:
        """The figures for people."""
        return [
            f"gateway overhead: {RATE} requests/s on each way for {SECONDS} s, one machine for client and servers",
            *(
                f"  {way.name:8} n={len(way.took)}"
                f"  p50 {_percentile(way.took, 50)} ms  p99 {_percentile(way.took, 99)} ms"
                for way in (self.direct, self.through)
            ),
            *(f"  {name}: {ratio:.1f} times the direct call" for name, ratio in self.ratios.items()),
        ]


def measure_gateway_overhead() -> GatewayOverhead:
    """Asks both ways.

    Raises:
        BenchmarkFailed: the local stack is not up.
    """
    home = Home(CHECKOUT / ".local")
    try:
        status = get_status(home)
        direct = Way("direct", str(status["digitalTwinsEndpoint"]), _token(home, "tagger", "instance"), _SCOPED)
        through = Way("gateway", str(status["gatewayEndpoint"]), _token(home, "earth", None), _QUERY)
    except EmulatorError as error:
        raise BenchmarkFailed(f"{error}; run `make up` first") from error
    asyncio.run(_measure([direct, through], str(status["caFile"])))
    return GatewayOverhead(direct, through)


def _token(home: Home, name: str, audience: str | None) -> str:
    return str(call_control(home, "POST", "token", {"name": name, "audience": audience})["token"])


async def _measure(ways: Sequence[Way], ca_file: str) -> None:
    trusted = ssl.create_default_context(cafile=ca_file)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusted)) as session:
        for _ in range(WARM_UP):
            for way in ways:
                await way.ask(session, counted=False)
        await _keep_rate(ways, session)


async def _keep_rate(ways: Sequence[Way], session: aiohttp.ClientSession) -> None:
    """Sends at the rate whatever the answers take, so that a slow answer does not spare the next one."""
    begun = time.perf_counter()
    running: list[asyncio.Task[Any]] = []
    for number in range(RATE * SECONDS):
        for turn, way in enumerate(ways):
            due = begun + (number + turn / len(ways)) / RATE
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            running.append(asyncio.create_task(way.ask(session, counted=True)))
    await asyncio.gather(*running)


def _percentile(values: Sequence[float], percent: int) -> float:
    return round(statistics.quantiles(values, n=100)[percent - 1] * 1000, 1)
