"""From when, and until when, data planes follow a role assignment, where the fault `role_propagation` delays them."""

from datetime import datetime, timedelta

from emulator.clock import Clock
from emulator.faults import Faults
from emulator.resource_manager.authorization import PENDING_ASSIGNMENTS, REMOVED_ASSIGNMENTS
from emulator.storage import Document, Storage


class Propagation:
    """Notes what `AccessControl` reads."""

    def __init__(self, storage: Storage, clock: Clock, faults: Faults) -> None:
        self._storage = storage
        self._clock = clock
        self._faults = faults

    def note_new(self, key: str) -> None:
        """An assignment was made."""
        self._forget_what_is_over()
        if self._faults.role_propagation:
            self._storage.put(PENDING_ASSIGNMENTS, key, {"from": self._later()})

    def note_removed(self, key: str, assignment: Document) -> None:
        """An assignment is about to be removed; one that does not act yet never will."""
        self._forget_what_is_over()
        if not self._storage.delete(PENDING_ASSIGNMENTS, key) and self._faults.role_propagation:
            self._storage.put(REMOVED_ASSIGNMENTS, key, {"until": self._later(), "assignment": assignment})

    def _later(self) -> str:
        return (self._clock.now() + timedelta(seconds=self._faults.role_propagation)).isoformat()

    def _forget_what_is_over(self) -> None:
        now = self._clock.now()
        for kind, moment in ((PENDING_ASSIGNMENTS, "from"), (REMOVED_ASSIGNMENTS, "until")):
            for key, item in self._storage.items(kind):
                if datetime.fromisoformat(item[moment]) <= now:
                    self._storage.delete(kind, key)
