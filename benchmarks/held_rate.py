"""Writes under the service's limits: the rate that is held, what no second may hold, and the way back from 429s."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.arrivals import Report
from benchmarks.client_parts import create_plan, open_client
from benchmarks.no_op import NoOpServer, start_no_op_server
from twin_rbac.role_tags.apply import Progress, apply_plan
from twin_rbac.role_tags.journal import Header, Journal
from twin_rbac.role_tags.plan import Plan
from twin_rbac.role_tags.store import TagStore

LATENCY = 0.03
"""Seconds."""
BURST = 3.0
"""Seconds of nothing but 429s, when half is written."""
_EDGE = 10
"""Tenths of a second at the beginning and the end that are no steady state."""
_RECOVERY = 50
"""Tenths of a second after the burst that are none either."""
_LONG = 100
"""Tenths of a second over which a rate counts as held."""


@dataclass(frozen=True, kw_only=True)
class HeldRate:
    """What the server counted."""

    twins: int
    seconds: float
    cpu: float
    """Seconds of the client."""
    report: Report

    @property
    def steady(self) -> list[Sequence[int]]:
        """Writes in each tenth of a second, before the burst and after the way back from it."""
        ended = int(self.report.forced_until * 10)
        begun = ended - int(BURST * 10)
        tenths = self.report.tenths
        return [tenths[_EDGE : begun - 1], tenths[ended + _RECOVERY : -_EDGE]]

    @property
    def mean(self) -> float:
        """Writes a second, in the steady time."""
        return 10 * sum(map(sum, self.steady)) / max(1, sum(map(len, self.steady)))

    @property
    def lowest(self) -> float:
        """The lowest mean of any ten seconds of it."""
        means = [10 * count / _LONG for part in self.steady for count in _sums(part, _LONG)]
        return min(means, default=self.mean)

    @property
    def recovered_after(self) -> float | None:
        """Seconds from the burst's end to the end of the first second that held 90 % of the rate."""
        ended = int(self.report.forced_until * 10)
        for place, count in enumerate(_sums(self.report.tenths[ended:], 10)):
            if count >= 0.9 * self.mean:
                return (place + 10) / 10
        return None

    def to_mapping(self) -> dict[str, Any]:
        """The figures as JSON values."""
        return {
            "twins": self.twins,
            "seconds": round(self.seconds, 1),
            "clientCpu": round(self.cpu, 1),
            "meanRate": round(self.mean, 1),
            "lowestRateOfTenSeconds": round(self.lowest, 1),
            "mostInAnySecond": self.report.most_in_a_second,
            "mostPerTwinInAnySecond": self.report.most_per_twin,
            "refusedByLimits": self.report.refused - self.report.forced,
            "refusedByBurst": self.report.forced,
            "recoveredAfter": self.recovered_after,
        }

    def to_lines(self) -> list[str]:
        """The figures for people."""
        report = self.report
        return [
            f"{self.twins:,} twins, {LATENCY * 1000:g} ms latency, the service's limits ({self.seconds:,.0f} s)",
            f"  held            {self.mean:,.0f} writes/s; the slowest ten seconds {self.lowest:,.0f}/s",
            f"  in any second   {report.most_in_a_second:,} writes at most, {report.most_per_twin} of one twin",
            f"  refused         {report.refused - report.forced} by limits, {report.forced} in a burst of {BURST:g} s",
            f"  90 % of it back {self.recovered_after} s after the burst",
            f"  client          {self.cpu:.0f} s of CPU",
        ]


def measure_held_rate(folder: Path, *, twins: int) -> HeldRate:
    """Writes a first role tag to each twin, as `tags apply` does, its journal too."""
    plan = create_plan(range(twins))
    with start_no_op_server(folder) as server, TemporaryDirectory() as journals:
        server.reset(latency=LATENCY, limits=True)
        cpu, begun = time.process_time(), time.perf_counter()
        asyncio.run(_apply(plan, server, Path(journals)))
        return HeldRate(
            twins=twins,
            seconds=time.perf_counter() - begun,
            cpu=time.process_time() - cpu,
            report=server.report(),
        )


async def _apply(plan: Plan, server: NoOpServer, journals: Path) -> None:
    half = len(plan.changes) // 2

    def burst_at_half(progress: Progress) -> None:
        if progress.done == half:
            server.burst(BURST)

    header = Header(endpoint=server.endpoint, manifest="role-tags.yaml", digest="0" * 64, rules=plan.rules)
    with Journal.create(journals, header) as journal:
        async with open_client(server.endpoint, server.ca_file) as client:
            await apply_plan(plan, TagStore(client, plan.rules), journal=journal, on_write=burst_at_half)


def _sums(values: Sequence[int], width: int) -> list[int]:
    """The sum of every `width` neighbours."""
    totals = [0, *accumulate(values)]
    return [after - before for before, after in zip(totals, totals[width:], strict=False)]
