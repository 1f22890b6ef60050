"""What the emulator counted, over all its starts."""

from emulator.storage import Storage

KIND = "counters"
TWIN_WRITES = "twinWrites"
"""Acknowledged writes of twins and components, at every instance."""
INSTANCE_CALLS = "instanceCalls"
"""Calls that reached an instance's data plane, refused ones included."""


class Counters:
    """Named counters, kept in the storage."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def add(self, name: str) -> None:
        """Counts one."""
        self._storage.put(KIND, name, {"value": self.value(name) + 1})

    def value(self, name: str) -> int:
        """The count so far; 0 for what never happened."""
        document = self._storage.get(KIND, name)
        return int(document["value"]) if document else 0

    def snapshot(self) -> dict[str, int]:
        """Every counter that design section 5 names, with its count."""
        return {name: self.value(name) for name in (TWIN_WRITES, INSTANCE_CALLS)}
