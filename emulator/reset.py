"""Forgets what the emulator stores, but not what its clients were given: ports, certificates, secrets, signing key."""

import sqlite3
from contextlib import closing
from pathlib import Path

from emulator.entra.tokens import SIGNING_KEYS
from emulator.storage import Storage


def forget_data(storage: Storage, state_file: Path) -> None:
    """Drops every kind of document but the signing key.

    Args:
        storage: what to empty.
        state_file: its file, which always holds all that the storage does.
    """
    with closing(sqlite3.connect(state_file)) as database:
        kinds = [kind for (kind,) in database.execute("SELECT DISTINCT kind FROM documents")]
    with storage.transaction():
        for kind in kinds:
            if kind != SIGNING_KEYS:
                storage.drop(kind)
