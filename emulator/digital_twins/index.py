"""What queries see: documents as they were a moment ago."""

from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from emulator.clock import Clock
from emulator.faults import Faults
from emulator.storage import Document

Key = TypeVar("Key")


class LaggingIndex(Generic[Key]):
    """Documents that show a write once the query lag has passed since it, by the emulator's clock.

    Like the service's index it never goes back: a lag that is raised acts on later writes only.
    """

    def __init__(self, documents: Mapping[Key, Document], *, clock: Clock, faults: Faults) -> None:
        self._visible = dict(documents)
        self._clock = clock
        self._faults = faults
        self._pending: deque[tuple[datetime, Key, Document | None]] = deque()

    def record(self, key: Key, document: Document | None) -> None:
        """Takes note of a write; None for a document that was deleted."""
        self._pending.append((self._clock.now(), key, document))
        self._catch_up()

    def documents(self) -> Iterable[Document]:
        """The documents as queries see them now."""
        self._catch_up()
        return self._visible.values()

    def _catch_up(self) -> None:
        horizon = self._clock.now() - timedelta(seconds=self._faults.query_lag)
        while self._pending and self._pending[0][0] <= horizon:
            _, key, document = self._pending.popleft()
            if document is None:
                self._visible.pop(key, None)
            else:
                self._visible[key] = document
