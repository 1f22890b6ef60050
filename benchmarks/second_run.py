"""A second apply over twins that are all right already: what it writes, and what it costs the client.

The client is a process of its own, since what it keeps is told by how large the process grows.
"""

import asyncio
import json
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.client_parts import RULES, TOKEN
from benchmarks.errors import BenchmarkFailed
from benchmarks.held_rate import LATENCY
from benchmarks.no_op import NoOpServer, start_no_op_server
from benchmarks.no_op_server import ROLE, twin_name
from emulator.home import CHECKOUT
from twin_rbac.role_tags.reconcile import apply_tags
from twin_rbac.role_tags.target import Target
from twin_rbac.role_tags.wanted import Wanted

WAYS = ("with the last map", "without")
"""Whether the run knows what was last applied, as one by Pulumi or `--stack` does, or not, as one by `--endpoint`."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What one way cost the client."""

    way: str
    twins: int
    writes: int
    """That arrived at the server."""
    unchanged: int
    """Twins that were found right."""
    cpu: float
    """Seconds, for reading and planning."""
    seconds: float
    base: int
    """Bytes of the process before there is a list of twins."""
    listed: int
    """With the manifest's list of twins in memory."""
    peak: int

    def to_mapping(self) -> dict[str, Any]:
        """The figures as JSON values."""
        return {
            "way": self.way,
            "twins": self.twins,
            "writes": self.writes,
            "unchanged": self.unchanged,
            "clientCpu": round(self.cpu, 1),
            "seconds": round(self.seconds, 1),
            "bytesPerTwinOverBase": round((self.peak - self.base) / self.twins),
            "bytesPerTwinOverList": round((self.peak - self.listed) / self.twins),
        }

    def to_lines(self) -> list[str]:
        """The figures for people."""
        figures = self.to_mapping()
        work = f"{self.writes} writes, {self.unchanged:,} found right, {self.cpu:.1f} s of CPU in {self.seconds:.0f} s"
        size = f"{figures['bytesPerTwinOverBase']} bytes a twin ({figures['bytesPerTwinOverList']} without the list)"
        return [f"  {self.way:18} {work}, {size}"]


@dataclass(frozen=True, kw_only=True)
class SecondRun:
    """What it cost, each way."""

    ways: Sequence[Usage]

    def to_mapping(self) -> list[dict[str, Any]]:
        """The figures as JSON values."""
        return [usage.to_mapping() for usage in self.ways]

    def to_lines(self) -> list[str]:
        """The figures for people."""
        title = f"a second run over {self.ways[0].twins:,} twins, {LATENCY * 1000:g} ms latency, the service's limits"
        return [title, *(line for usage in self.ways for line in usage.to_lines())]


def measure_second_run(folder: Path, *, twins: int) -> SecondRun:
    """Lets a client find, each way, that there is nothing to do.

    Raises:
        BenchmarkFailed: the client ended with an error.
    """
    with start_no_op_server(folder) as server:
        return SecondRun(ways=[_run(way, server, twins) for way in WAYS])


def _run(way: str, server: NoOpServer, twins: int) -> Usage:
    server.reset(twins=twins, latency=LATENCY, limits=True)
    done = subprocess.run(  # noqa: S603  # our own module
        [sys.executable, "-m", "benchmarks.second_run", way, server.endpoint, str(server.ca_file), str(twins)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BenchmarkFailed(f"the second run ended with an error:\n{done.stderr}")
    return Usage(way=way, twins=twins, writes=server.report().kinds.get("patch", 0), **json.loads(done.stdout))


def _apply(way: str, endpoint: str, ca_file: str, twins: int) -> dict[str, Any]:
    """The client's part."""
    base = _memory("VmRSS")
    desired = {twin_name(number): ROLE for number in range(twins)}
    listed = _memory("VmRSS")
    wanted = Wanted(rules=RULES, desired=desired, declared=desired if way == WAYS[0] else {})
    cpu, begun = time.process_time(), time.perf_counter()
    applied = asyncio.run(apply_tags(Target(endpoint=endpoint, token=TOKEN, ca_file=ca_file), wanted))
    return {
        "unchanged": applied.plan.unchanged,
        "cpu": time.process_time() - cpu,
        "seconds": time.perf_counter() - begun,
        "base": base,
        "listed": listed,
        "peak": _memory("VmHWM"),
    }


def _memory(name: str) -> int:
    """Bytes, as Linux tells a process of itself; getrusage's peak would also be that of the process that began it."""
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    if found is None:
        raise BenchmarkFailed(f"/proc/self/status has no {name}; memory is measured on Linux")
    return int(found[1]) * 1024


if __name__ == "__main__":
    _, named, address, trusted, count = sys.argv
    sys.stdout.write(json.dumps(_apply(named, address, trusted, int(count))))
