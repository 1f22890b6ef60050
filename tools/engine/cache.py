"""The engine in the person's cache folder: one folder per version and platform, filled once, whole or not at all."""

import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.engine.model import VERSION, Engine, cache_key, is_complete
from tools.errors import EngineUnavailable, WayFailed
from tools.locks import file_lock
from tools.steps import Report, run_step


@dataclass(frozen=True)
class Workplace:
    """What one way gets: a folder to fill, a folder for what it needs meanwhile, the environment, and an ear."""

    target: Path
    scratch: Path
    environ: Mapping[str, str]
    report: Report

    def run(
        self,
        title: str,
        command: Sequence[str],
        *,
        cwd: Path | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        """Runs one long step in this environment or the given one; raises WayFailed with its output."""
        log = self.scratch / "step.log"
        run_step(title, command, log=log, report=self.report, cwd=cwd, environ=environ or self.environ)


@dataclass(frozen=True)
class Way:
    """One way to get the engine: fills `target` with the files of an engine, or raises WayFailed."""

    name: str
    fill: Callable[[Workplace], None]


class EngineCache:
    """Finds the engine in the cache, or fills the cache by the first way that works."""

    def __init__(self, folder: Path) -> None:
        self._engines = folder / "engine"
        self._place = self._engines / cache_key()

    def find(self) -> Engine | None:
        """The cached engine, or None."""
        return Engine(self._place, VERSION, "cache") if is_complete(self._place) else None

    def get(self, ways: Iterable[Way], *, environ: Mapping[str, str], report: Report) -> Engine:
        """The cached engine; where there is none, the ways are tried in turn.

        Of two runs at once the second waits, says so, and uses what the first one got.

        Raises:
            EngineUnavailable: no way worked.
        """
        if engine := self.find():
            return engine
        lock = self._engines / f"{self._place.name}.lock"
        with file_lock(lock, on_busy=lambda: report("Another run is getting the Pulumi engine; waiting for it …")):
            if engine := self.find():
                return engine
            self._sweep()
            self._fill(ways, environ, report)
        return Engine(self._place, VERSION, "cache")

    def _fill(self, ways: Iterable[Way], environ: Mapping[str, str], report: Report) -> None:
        failures = []
        for way in ways:
            scratch = Path(tempfile.mkdtemp(prefix=f"{self._place.name}.partial-", dir=self._engines))
            try:
                self._try(way, Workplace(scratch / "engine", scratch, environ, report))
            except WayFailed as exc:
                report(f"No Pulumi engine by {way.name}: {str(exc).splitlines()[0]}")
                failures.append((way.name, str(exc)))
            else:
                return
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
        raise EngineUnavailable(VERSION, failures)

    def _try(self, way: Way, workplace: Workplace) -> None:
        workplace.target.mkdir()
        way.fill(workplace)
        if not is_complete(workplace.target):
            raise WayFailed("it ended without an error and without all files of an engine")
        # What stood here was incomplete, else `find` had taken it; the rename makes the new one appear at once.
        shutil.rmtree(self._place, ignore_errors=True)
        workplace.target.rename(self._place)

    def _sweep(self) -> None:
        """Removes what killed runs left half done; nobody else is at work, since we hold the lock."""
        for left in self._engines.glob(f"{self._place.name}.partial-*"):
            shutil.rmtree(left, ignore_errors=True)
