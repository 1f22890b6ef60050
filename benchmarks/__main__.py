"""`make bench`: runs every benchmark on the local stack, and prints what it measured."""

import sys

from benchmarks.errors import BenchmarkFailed
from benchmarks.gateway_overhead import run_gateway_overhead


def main() -> int:
    """Returns the exit code."""
    try:
        run_gateway_overhead()
    except BenchmarkFailed as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
