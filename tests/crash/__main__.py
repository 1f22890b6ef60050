"""`python -m tests.crash --kills 200 --seed 1`: applies and undos, killed at random moments and gone on with."""

import argparse
import sys
import time

from tests.crash.harness import Broken, Harness, open_world

ENOUGH = 0.75
"""The part of the kills that has to land between the first write and the last, for a run of a hundred or more."""


def main() -> int:
    options = _options()
    started = time.monotonic()
    between = 0
    with open_world(options.twins) as world:
        harness = Harness(world, count=options.twins, seed=options.seed)
        spans = harness.measure()
        _say(", ".join(f"{phase}: {span:.2f} s from the first write to the last" for phase, span in spans.items()))
        done = 0
        while done < options.kills:
            try:
                for kill in harness.cycle():
                    done += 1
                    between += kill.is_between
                    _say(
                        f"kill {kill.number}: seed {options.seed}, {kill.phase}, {kill.delay:.3f} s after the "
                        f"{kill.after}, {kill.writes} of {kill.of} writes so far"
                    )
            except Broken as error:
                _say(f"BROKEN after kill {done}, seed {options.seed}: {error}")
                return 1
    seconds = time.monotonic() - started
    _say(f"{done} kills, {between} between the first write and the last, every run ended as an undisturbed one does")
    _say(f"{seconds:.0f} s, {options.twins} twins, seed {options.seed}")
    if done >= 100 and between < ENOUGH * done:
        _say("too few kills landed between the first write and the last to prove much: run again on a quieter machine")
        return 1
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--twins", type=int, default=200)
    return parser.parse_args()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
