from pathlib import Path

from emulator.blob.store import BlobName, BlobStore
from emulator.clock import Clock
from emulator.storage import Storage

NAME = BlobName("acct", "keys", "folder/key")


def make_store(folder: Path) -> BlobStore:
    return BlobStore(Storage(folder / "state.sqlite"), folder / "blobs", Clock())


def test_blobs_outlive_the_emulator(tmp_path: Path) -> None:
    written = make_store(tmp_path).put(NAME, b"content", metadata={"a": "b"})

    store = make_store(tmp_path)

    assert store.get(NAME) == written
    assert store.read(written) == b"content"


def test_each_write_has_an_etag_of_its_own_and_keeps_when_the_blob_was_made(tmp_path: Path) -> None:
    store, clock = make_store(tmp_path), Clock()
    clock.advance(1)
    first, second = store.put(NAME, b"same"), store.put(NAME, b"same")

    assert first.etag != second.etag
    assert first.created == second.created < second.modified


def test_no_file_stays_that_no_blob_holds(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    store.put(NAME, b"first")
    second = store.put(NAME, b"second")
    (tmp_path / "blobs" / "left-by-a-kill").write_bytes(b"half")

    make_store(tmp_path)

    assert [path.name for path in (tmp_path / "blobs").iterdir()] == [second.file]


def test_files_are_for_the_owner_alone(tmp_path: Path) -> None:
    blob = make_store(tmp_path).put(NAME, b"secret")

    assert (tmp_path / "blobs" / blob.file).stat().st_mode & 0o077 == 0


def test_a_drop_takes_the_blobs_of_one_container_or_account_alone(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    names = [NAME, BlobName("acct", "keys2", "key"), BlobName("acct2", "keys", "key")]
    for name in names:
        store.put(name, b"x")

    store.drop("acct", "keys")
    after_container = [store.get(name) is not None for name in names]
    store.drop("acct")

    assert after_container == [False, True, True]
    assert [store.get(name) is not None for name in names] == [False, False, True]
