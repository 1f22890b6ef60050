"""Management locks: what they hold, whoever asks, until they are taken off.

A lock at a scope holds what is at it and below it, role assignments and diagnostic settings too. What holds a lock
inside cannot be deleted either, for the lock's own resource would go with it. Locks themselves can always be written
and deleted, with the right to.
"""

from collections.abc import Sequence

from emulator.resource_manager.errors import Conflict
from emulator.resource_manager.kinds.kind import RESOURCES
from emulator.resource_manager.resource_types.authorization import LOCK
from emulator.resource_manager.scopes import covers, normalise
from emulator.storage import Document, Storage

READ_ONLY = "ReadOnly"
_HOLDS_DELETES = ("CanNotDelete", READ_ONLY)


class Locks:
    """Asks the locks that there are now."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def refuse(self, method: str, resource_id: str) -> None:
        """Returns when no lock speaks against the method.

        Raises:
            Conflict: one does.
        """
        if LOCK.pattern.fullmatch(resource_id):
            return
        if method == "DELETE":
            self.refuse_delete(resource_id)
        elif method != "GET":
            self.refuse_write(resource_id)

    def refuse_delete(self, resource_id: str) -> None:
        """Returns when no lock holds the resource or something in it.

        Raises:
            Conflict: one does.
        """
        scopes = [
            _scope(lock)
            for lock in self._locks(_HOLDS_DELETES)
            if covers(_scope(lock), resource_id) or covers(resource_id, _scope(lock))
        ]
        _refuse(resource_id, "delete", scopes)

    def refuse_write(self, resource_id: str) -> None:
        """Returns when nothing at or above the resource is read-only.

        Raises:
            Conflict: something is.
        """
        scopes = [_scope(lock) for lock in self._locks((READ_ONLY,)) if covers(_scope(lock), resource_id)]
        _refuse(resource_id, "write", scopes)

    def _locks(self, levels: Sequence[str]) -> list[Document]:
        documents = (document for _, document in self._storage.items(RESOURCES))
        return [item for item in documents if item["type"] == LOCK.type and item["properties"]["level"] in levels]


def _scope(lock: Document) -> str:
    return LOCK.scope_of(lock["id"])


def _refuse(resource_id: str, operation: str, scopes: Sequence[str]) -> None:
    if scopes:
        named = ", ".join(f"'{scope}'" for scope in dict.fromkeys(map(normalise, scopes)))
        message = (
            f"The scope '{resource_id}' cannot perform {operation} operation because following scope(s) are locked: "
            f"{named}. Please remove the lock and try again."
        )
        raise Conflict(message, "ScopeLocked")
