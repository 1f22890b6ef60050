"""Locks between processes. The operating system frees one when its holder ends, however it ends."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def file_lock(path: Path, *, on_busy: Callable[[], None]) -> Iterator[None]:
    """Holds the lock on a file. `on_busy` is called when someone else holds it: it may raise, else we wait.

    The file stays when the lock is given back: removing it would let two holders lock two files of one name.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_busy()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
