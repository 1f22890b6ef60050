"""Writes with no limit: our client next to the official SDK, in turn against one server that does nothing."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.contenders import CONTENDERS, WARM_UP, Took
from benchmarks.errors import BenchmarkFailed
from benchmarks.no_op import NoOpServer, start_no_op_server
from emulator.home import CHECKOUT

OURS = "ours"


@dataclass(frozen=True, kw_only=True)
class SideBySide:
    """The rates, in writes a second."""

    writes: int
    runs: Sequence[dict[str, float]]
    """Contender -> rate, for each run; all contenders of a run follow each other."""
    cpu: Sequence[dict[str, float]]
    """Contender -> microseconds of its CPU for one write: what the rates would be but for the machine's other work."""

    @property
    def medians(self) -> dict[str, float]:
        """Contender -> median over the runs."""
        return {name: statistics.median(run[name] for run in self.runs) for name in CONTENDERS}

    @property
    def cpu_medians(self) -> dict[str, float]:
        """Contender -> median over the runs."""
        return {name: statistics.median(run[name] for run in self.cpu) for name in CONTENDERS}

    @property
    def ratios(self) -> list[float]:
        """Ours by the best of the others, for each run."""
        return [run[OURS] / max(rate for name, rate in run.items() if name != OURS) for run in self.runs]

    def to_mapping(self) -> dict[str, Any]:
        """The figures as JSON values."""
        return {
            "writes": self.writes,
            "runs": [{name: round(rate, 1) for name, rate in run.items()} for run in self.runs],
            "medians": {name: round(rate, 1) for name, rate in self.medians.items()},
            "cpuPerWrite": {name: round(cpu, 1) for name, cpu in self.cpu_medians.items()},
            "ratios": [round(ratio, 2) for ratio in self.ratios],
            "medianRatio": round(statistics.median(self.ratios), 2),
        }

    def to_lines(self) -> list[str]:
        """The figures for people."""
        medians, cpu = self.medians, self.cpu_medians
        lines = [f"{self.writes:,} writes without a limit, median of {len(self.runs)} paired runs"]
        lines += [
            f"  {name:15} {rate:7,.0f} writes/s ({medians[OURS] / rate:4.1f})"
            f"  {cpu[name]:5,.0f} µs of CPU a write ({cpu[name] / cpu[OURS]:4.1f})"
            for name, rate in medians.items()
        ]
        ratios = ", ".join(f"{ratio:.1f}" for ratio in self.ratios)
        return [*lines, f"  ours by the best of the SDK: {statistics.median(self.ratios):.1f} (runs: {ratios})"]


def compare_writes(folder: Path, *, writes: int, runs: int) -> SideBySide:
    """Lets every contender write, in every run in another order.

    Raises:
        BenchmarkFailed: a contender ended with an error, or wrote less than it was to.
    """
    names = list(CONTENDERS)
    measured, cpu = [], []
    with start_no_op_server(folder) as server:
        for number in range(runs):
            turn = number % len(names)
            took = {name: _run(name, server, writes) for name in (*names[turn:], *names[:turn])}
            measured.append({name: writes / took[name].seconds for name in names})
            cpu.append({name: took[name].cpu / writes * 1e6 for name in names})
    return SideBySide(writes=writes, runs=measured, cpu=cpu)


def _run(name: str, server: NoOpServer, writes: int) -> Took:
    server.reset()
    # What the SDK's transports trust: requests looks at the second.
    trust = {"SSL_CERT_FILE": str(server.ca_file), "REQUESTS_CA_BUNDLE": str(server.ca_file)}
    done = subprocess.run(  # noqa: S603  # our own module
        [sys.executable, "-m", "benchmarks.contenders", name, server.endpoint, str(server.ca_file), str(writes)],
        cwd=CHECKOUT,
        env={**os.environ, **trust},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BenchmarkFailed(f"{name} ended with an error:\n{done.stderr}")
    arrived = server.report().kinds.get("patch", 0)
    if arrived != writes + WARM_UP:
        raise BenchmarkFailed(f"{name}: {arrived} writes arrived where {writes + WARM_UP} were to")
    return Took(*json.loads(done.stdout))
