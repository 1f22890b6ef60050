"""The local folder: which files the emulator keeps there, and who may use it.

A process may be killed at any moment, so a file is written whole or not at all, and whether an emulator runs is told by
a lock that ends with its process, never by a file that outlives it.
"""

import fcntl
import json
import os
import secrets
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emulator.errors import AlreadyRunning, FileDamaged

CHECKOUT = Path(__file__).parent.parent
PRIVATE = 0o600
# Asking whether the lock is held takes it for an instant: a start that meets that instant tries again.
_LOCK_TRIES = 20
_LOCK_PAUSE = 0.05


@dataclass(frozen=True)
class Home:
    """One local folder. Its files are made when they are first needed."""

    folder: Path

    @property
    def ports_file(self) -> Path:
        """Where the services listen."""
        return self.folder / "ports.json"

    @property
    def state_file(self) -> Path:
        """The storage."""
        return self.folder / "state.sqlite"

    @property
    def tls_folder(self) -> Path:
        """The certificates."""
        return self.folder / "tls"

    @property
    def log_file(self) -> Path:
        """What a detached emulator said, over all its starts."""
        return self.folder / "emulator.log"

    @property
    def control_token(self) -> str:
        """The bearer token of `/_control/`; made when first asked for."""
        path = self.folder / "control-token"
        if not path.exists():
            write_file(path, secrets.token_urlsafe(32), mode=PRIVATE)
        return path.read_text().strip()

    def make_identities(self, names: Collection[str]) -> Mapping[str, str]:
        """Principal name to managed-identity secret, for these principals and no others; known ones keep theirs."""
        path = self.folder / "identities.json"
        kept = read_json(path)
        secret_by_name = {name: str(kept.get(name) or secrets.token_urlsafe(24)) for name in names}
        if secret_by_name != kept:
            write_file(path, json.dumps(secret_by_name, indent=2), mode=PRIVATE)
        return secret_by_name

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Makes this process the folder's one emulator until the block ends, however it ends.

        Raises:
            AlreadyRunning: another process is that.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._lock_file.open("a") as lock:
            if not _locked(lock.fileno(), tries=_LOCK_TRIES):
                raise AlreadyRunning(self.folder)
            write_file(self._pid_file, str(os.getpid()))
            try:
                yield
            finally:
                self._pid_file.unlink(missing_ok=True)

    @property
    def is_held(self) -> bool:
        """Whether an emulator serves the folder now."""
        try:
            with self._lock_file.open("r") as lock:
                return not _locked(lock.fileno(), tries=1)
        except FileNotFoundError:
            return False

    @property
    def holder(self) -> int | None:
        """The process that holds the folder; None when none does."""
        if not self.is_held:
            return None
        with suppress(FileNotFoundError, ValueError):
            return int(self._pid_file.read_text())
        return None

    @property
    def _lock_file(self) -> Path:
        return self.folder / "emulator.lock"

    @property
    def _pid_file(self) -> Path:
        return self.folder / "emulator.pid"


def find_home(environ: Mapping[str, str]) -> Home:
    """The folder that TWIN_RBAC_LOCAL names, else `.local` of the checkout."""
    return Home(Path(environ.get("TWIN_RBAC_LOCAL") or CHECKOUT / ".local").absolute())


def write_file(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Replaces the file in one step, with the mode from its first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write(text)
    partial.replace(path)


def read_json(path: Path) -> Mapping[str, Any]:
    """The JSON object in the file; empty when there is no file.

    Raises:
        FileDamaged: the file holds something else.
    """
    try:
        document = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except ValueError as exc:
        raise FileDamaged(path, exc, "delete it to have a new one made") from exc
    if not isinstance(document, dict):
        raise FileDamaged(path, "no JSON object", "delete it to have a new one made")
    return document


def _locked(descriptor: int, *, tries: int) -> bool:
    for attempt in range(tries):
        if attempt:
            time.sleep(_LOCK_PAUSE)
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    return False
