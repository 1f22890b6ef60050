"""Starting the no-op server, and telling it what to do."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from benchmarks.arrivals import Report
from benchmarks.errors import BenchmarkFailed
from emulator.home import CHECKOUT
from emulator.tls import make_certificates


class NoOpServer:
    """A no-op server in a process of its own."""

    def __init__(self, orders: IO[str], answers: IO[str], ca_file: Path) -> None:
        self._orders = orders
        self._answers = answers
        self.endpoint = f"https://localhost:{self._read()['port']}"
        self.ca_file = ca_file
        """The certificates that its clients trust."""

    def reset(self, *, twins: int = 0, latency: float = 0.0, limits: bool = False) -> None:
        """Sets the counters back.

        Args:
            twins: how many there are, all with the role Earth.
            latency: seconds that each answer takes.
            limits: refuse what the service's limits would.
        """
        self._tell({"do": "reset", "twins": twins, "latency": latency, "limits": limits})

    def burst(self, seconds: float) -> None:
        """Refuses everything for some seconds."""
        self._tell({"do": "burst", "seconds": seconds})

    def report(self) -> Report:
        """What was counted since."""
        return Report(**self._tell({"do": "report"}))

    def _tell(self, command: dict[str, Any]) -> dict[str, Any]:
        self._orders.write(json.dumps(command) + "\n")
        self._orders.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        line = self._answers.readline()
        if not line:
            raise BenchmarkFailed("the no-op server ended; what it wrote stands above")
        return dict(json.loads(line))


@contextmanager
def start_no_op_server(folder: Path) -> Iterator[NoOpServer]:
    """A running server; it ends with the block.

    Args:
        folder: where its certificates are made.
    """
    files = make_certificates(folder)
    process = subprocess.Popen(  # noqa: S603  # our own module
        [sys.executable, "-m", "benchmarks.no_op_server", str(files.certificate), str(files.key)],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        if process.stdin is None or process.stdout is None:
            raise BenchmarkFailed("the no-op server has no pipes")
        try:
            yield NoOpServer(process.stdin, process.stdout, files.bundle)
        finally:
            process.stdin.close()
            process.wait(10)
