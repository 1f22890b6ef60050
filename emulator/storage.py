"""Where the emulator keeps its state: JSON documents by kind and key, in memory, written through to one SQLite file."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from emulator.errors import FileDamaged

Document = Mapping[str, Any]
"""A JSON object. Readers never change one: a change is a `put` of a new document."""


class Storage:
    """Documents by kind and key, in the order in which their keys were first put.

    Every write is in the file before the call returns (or before its transaction ends), so a killed emulator
    starts again with what it had acknowledged. Not safe for threads: the emulator serves from one event loop.
    """

    def __init__(self, path: Path | None = None) -> None:
        """Opens or makes the file; with no path nothing outlives the process.

        Raises:
            FileDamaged: the file is no database, or cannot be opened.
        """
        self._documents: dict[str, dict[str, Document]] = {}
        name = path or Path(":memory:")
        try:
            with ExitStack() as undo:
                self._database = sqlite3.connect(name, isolation_level=None, check_same_thread=False)
                undo.callback(self._database.close)
                self._load()
                undo.pop_all()
        except (sqlite3.Error, ValueError) as exc:
            raise FileDamaged(name, exc, "delete it to start empty") from exc

    def get(self, kind: str, key: str) -> Document | None:
        """The document, or None."""
        return self._documents.get(kind, {}).get(key)

    def items(self, kind: str) -> list[tuple[str, Document]]:
        """All keys and documents of a kind, oldest key first."""
        return list(self._documents.get(kind, {}).items())

    def put(self, kind: str, key: str, document: Document) -> None:
        """Adds the document or replaces it; a replaced one keeps its place in the order."""
        self._database.execute(
            "INSERT INTO documents VALUES (?, ?, ?) ON CONFLICT (kind, key) DO UPDATE SET document = excluded.document",
            (kind, key, json.dumps(document, separators=(",", ":"))),
        )
        self._documents.setdefault(kind, {})[key] = document

    def delete(self, kind: str, key: str) -> bool:
        """Removes the document; False when there was none."""
        if self._documents.get(kind, {}).pop(key, None) is None:
            return False
        self._database.execute("DELETE FROM documents WHERE kind = ? AND key = ?", (kind, key))
        return True

    def drop(self, kind: str) -> None:
        """Removes every document of a kind."""
        self._documents.pop(kind, None)
        self._database.execute("DELETE FROM documents WHERE kind = ?", (kind,))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Makes the writes inside it one write of the file; what was written when an exception leaves it stays.

        The callers check everything before their first write, so that there is nothing to roll back.
        """
        self._database.execute("BEGIN")
        try:
            yield
        finally:
            self._database.execute("COMMIT")

    def close(self) -> None:
        """Ends the connection to the file."""
        self._database.close()

    def _load(self) -> None:
        # WAL with NORMAL loses nothing when the process is killed, and needs no sync at each write.
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS documents (kind TEXT, key TEXT, document TEXT, PRIMARY KEY (kind, key))"
        )
        for kind, key, text in self._database.execute("SELECT kind, key, document FROM documents ORDER BY rowid"):
            self._documents.setdefault(kind, {})[key] = json.loads(text)
