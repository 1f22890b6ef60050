"""Forgets what the emulator stores, but not what its clients were given: ports, certificates, secrets, signing key."""

import shutil
import sqlite3
from contextlib import closing

from emulator.app_service.packages import SITES_FOLDER
from emulator.blob.store import BLOBS_FOLDER
from emulator.entra.tokens import SIGNING_KEYS
from emulator.home import Home
from emulator.storage import Storage


def forget_data(storage: Storage, home: Home) -> None:
    """Drops every kind of document but the signing key, and the files that documents speak of.

    Args:
        storage: what to empty.
        home: its folder, whose state file always holds all that the storage does.
    """
    with closing(sqlite3.connect(home.state_file)) as database:
        kinds = [kind for (kind,) in database.execute("SELECT DISTINCT kind FROM documents")]
    with storage.transaction():
        for kind in kinds:
            if kind != SIGNING_KEYS:
                storage.drop(kind)
    for folder in (home.folder / SITES_FOLDER, home.folder / BLOBS_FOLDER):
        shutil.rmtree(folder, ignore_errors=True)
