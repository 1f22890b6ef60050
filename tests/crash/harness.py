"""Kills applies and undos at random moments, goes on with them, and compares with a run that nobody disturbed."""

import asyncio
import contextlib
import json
import os
import random
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.crash import child
from tests.crash.child import DIGEST, Phase
from tests.crash.scenario import MODEL, Scenario, twin
from twin_rbac.clients.instance import InstanceClient
from twin_rbac.role_tags.journal import find_latest, find_unfinished, read

ROOT = Path(__file__).parents[2]
EARLY = 0.1
"""The part of the kills that may come before the first write."""
_LONGEST_RUN = 60


@dataclass(frozen=True)
class Kill:
    """One kill, and how far the run had come."""

    number: int
    phase: Phase
    delay: float
    """Seconds after the first write, or after the start."""
    after: str
    writes: int
    """Acknowledged writes of the run at the kill."""
    of: int

    @property
    def is_between(self) -> bool:
        """Whether it landed between the first write and the last."""
        return 0 < self.writes < self.of


class World:
    """The instance's process, as the harness sees it."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._session = requests.Session()

    def ask(self, what: str) -> Any:
        answer = self._session.get(f"{self.endpoint}/-/{what}", timeout=10)
        answer.raise_for_status()
        return answer.json()

    @property
    def writes(self) -> dict[str, int]:
        return dict(self.ask("writes"))

    @property
    def written(self) -> int:
        return sum(self.writes.values())


@contextlib.contextmanager
def open_world(count: int) -> Iterator[World]:
    """An instance with the scenario's twins, to which `reset` goes back."""
    command = [sys.executable, "-m", "tests.crash.world"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        world = World(json.loads(process.stdout.readline())["endpoint"])
        asyncio.run(_seed(world.endpoint, count))
        world.ask("keep")
        try:
            yield world
        finally:
            process.stdin.close()


async def _seed(endpoint: str, count: int) -> None:
    async with InstanceClient(endpoint, child.Token()) as client:
        await client.create_models([MODEL])
        await asyncio.gather(*(client.create_twin(f"room-{number:03}", twin(number)) for number in range(count)))


class Harness:
    """Runs scenarios against a world."""

    def __init__(self, world: World, *, count: int, seed: int) -> None:
        self._world = world
        self._random = random.Random(seed)
        self._scenarios = (Scenario("value", count), Scenario("marker", count))
        self._spans: dict[Phase, float] = {}
        self._number = 0

    def measure(self) -> Mapping[Phase, float]:
        """Seconds between the first write and the last of an undisturbed run, whose outcome is checked too."""
        for scenario in self._scenarios:
            self._world.ask("reset")
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                for phase in ("apply", "undo"):
                    span = self._run_timed(phase, scenario, folder)
                    self._spans[phase] = min(span, self._spans.get(phase, span))
                    self._check(phase, scenario, folder)
        return self._spans

    def cycle(self) -> Iterator[Kill]:
        """An apply and an undo, each killed once and gone on with."""
        scenario = self._scenarios[self._number // 2 % 2]
        self._world.ask("reset")
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for phase in ("apply", "undo"):
                kill = self._kill(phase, scenario, folder)
                self._run(phase, scenario, folder)
                self._check(phase, scenario, folder)
                yield kill

    def _kill(self, phase: Phase, scenario: Scenario, folder: Path) -> Kill:
        early = self._random.random() < EARLY
        delay = self._random.uniform(0.0, 0.1 if early else self._spans[phase])
        before = self._world.written
        process, pipe = child.start(phase, scenario, self._world.endpoint, folder)
        if not early:
            _wait_for_write(pipe)
        time.sleep(delay)
        os.kill(process, signal.SIGKILL)
        writes = self._world.written - before
        os.waitpid(process, 0)
        os.close(pipe)
        self._number += 1
        after = "start" if early else "first write"
        return Kill(self._number, phase, delay, after, writes, len(scenario.changing))

    def _run(self, phase: Phase, scenario: Scenario, folder: Path) -> None:
        path = find_latest(folder, self._world.endpoint)
        record = read(path) if path else None
        if record and (record.finished if phase == "apply" else record.undo == "finished"):
            return  # the kill came too late
        process, pipe = child.start(phase, scenario, self._world.endpoint, folder)
        _, status = os.waitpid(process, 0)
        os.close(pipe)
        _require(status == 0, f"the {phase} that went on failed")

    def _run_timed(self, phase: Phase, scenario: Scenario, folder: Path) -> float:
        process, pipe = child.start(phase, scenario, self._world.endpoint, folder)
        _wait_for_write(pipe)
        first = time.monotonic()
        _wait_for_write(pipe)
        span = time.monotonic() - first
        _, status = os.waitpid(process, 0)
        os.close(pipe)
        _require(status == 0, f"an undisturbed {phase} failed")
        return span

    def _check(self, phase: Phase, scenario: Scenario, folder: Path) -> None:
        self._check_twins(phase, scenario)
        times = 1 if phase == "apply" else 2
        expected = dict.fromkeys(scenario.changing, times)
        _require(self._world.writes == expected, f"writes differ: {_difference(self._world.writes, expected)}")
        path = find_latest(folder, self._world.endpoint)
        _require(path is not None, "there is no journal")
        assert path is not None
        record = read(path)
        # One that was killed before its first line was whole did nothing, and is none.
        begun = [each for each in folder.glob("*.jsonl") if b"\n" in each.read_bytes()]
        _require(len(begun) == 1, "a run that goes on begins no new journal")
        _require(sorted(record.entries) == scenario.changing, "the journal does not hold the twins that changed")
        _require(find_unfinished(folder, self._world.endpoint, DIGEST) is None, "the journal is unfinished")
        _require(record.finished or phase == "undo", "the apply is not finished")
        _require(record.undo == (None if phase == "apply" else "finished"), f"the undo is {record.undo}")

    def _check_twins(self, phase: Phase, scenario: Scenario) -> None:
        found = self._world.ask("twins")
        expected = {}
        for number, (twin_id, case) in enumerate(scenario.cases.items()):
            before = {name: value for name, value in twin(number).items() if name != "$metadata"}
            tags = case.after if phase == "apply" else case.before
            # A map that was not there stays, empty, after an undo.
            maps = {scenario.rules.property: dict(tags)} if tags or case.before != case.after else {}
            expected[twin_id] = {**before, **maps}
        _require(found == expected, f"twins differ after {phase}: {_difference(found, expected)}")


def _wait_for_write(pipe: int) -> None:
    ready, _, _ = select.select([pipe], [], [], _LONGEST_RUN)
    _require(bool(ready) and os.read(pipe, 1) == b"w", "the run ended without a write")


def _difference(found: Mapping[str, Any], expected: Mapping[str, Any]) -> str:
    keys = [key for key in sorted({*found, *expected}) if found.get(key) != expected.get(key)]
    return "; ".join(f"{key}: {found.get(key)}, expected {expected.get(key)}" for key in keys[:5])


class Broken(AssertionError):
    """A run that was killed and gone on with did not end as an undisturbed one."""


def _require(holds: bool, text: str) -> None:  # noqa: FBT001
    if not holds:
        raise Broken(text)
