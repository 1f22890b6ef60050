"""`python -m benchmarks`: runs the benchmarks by name, or, as `make bench` does, all that can run."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from benchmarks.errors import BenchmarkFailed
from benchmarks.gateway_overhead import measure_gateway_overhead
from benchmarks.held_rate import measure_held_rate
from benchmarks.second_run import measure_second_run
from benchmarks.side_by_side import compare_writes


class Result(Protocol):
    """What was measured."""

    def to_mapping(self) -> Any:
        """The figures as JSON values."""

    def to_lines(self) -> list[str]:
        """The figures for people."""


Measure = Callable[[argparse.Namespace, Path], Result]

_ROLE_TAGS: Mapping[str, Measure] = {
    "writes": lambda options, folder: compare_writes(folder, writes=options.writes, runs=options.runs),
    "rate": lambda options, folder: measure_held_rate(folder, twins=options.twins),
    "second-run": lambda options, folder: measure_second_run(folder, twins=options.twins),
}
_BENCHMARKS: Mapping[str, Mapping[str, Measure]] = {
    "gateway": {"gateway": lambda _options, _folder: measure_gateway_overhead()},
    "role-tags": _ROLE_TAGS,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code: 1 when one that was named cannot run. Without a name that only is said."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if unknown := set(options.parts) - set(_BENCHMARKS.get(options.benchmark, ())):
        parser.error(f"{options.benchmark} has no part {', '.join(sorted(unknown))}")
    measured: dict[str, Any] = {}
    failed = False
    for name, measure in _chosen(options).items():
        try:
            with TemporaryDirectory() as folder:
                result = measure(options, Path(folder))
        except BenchmarkFailed as error:
            failed = True
            print(f"{name} not measured: {error}", file=sys.stderr)
            continue
        measured[name] = result.to_mapping()
        if options.output == "text":
            print("\n".join(result.to_lines()), flush=True)
    if options.output == "json":
        print(json.dumps(measured, indent=2))
    return int(failed and (options.benchmark is not None or not measured))


def _chosen(options: argparse.Namespace) -> dict[str, Measure]:
    if options.benchmark is None:
        return {name: measure for parts in _BENCHMARKS.values() for name, measure in parts.items()}
    parts = _BENCHMARKS[options.benchmark]
    return {name: parts[name] for name in options.parts or parts}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measures side by side; asserts nothing.")
    parser.add_argument("benchmark", nargs="?", choices=_BENCHMARKS, help="one of them; all that can run without")
    parser.add_argument("parts", nargs="*", help=f"parts of role-tags: {', '.join(_ROLE_TAGS)}; all without")
    parser.add_argument("--writes", type=int, default=5_000, help="of each contender in each run (%(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="paired runs (%(default)s)")
    parser.add_argument("--twins", type=int, default=30_000, help="of rate and second-run (%(default)s)")
    parser.add_argument("--output", choices=("text", "json"), default="text")
    return parser


if __name__ == "__main__":
    sys.exit(main())
