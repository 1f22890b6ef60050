import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from emulator.errors import FileDamaged
from emulator.storage import Storage


@pytest.fixture(params=["memory", "file"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storage]:
    with closing(Storage(tmp_path / "state.sqlite" if request.param == "file" else None)) as storage:
        yield storage


def test_a_document_is_found_by_its_kind_and_key(storage: Storage) -> None:
    storage.put("twins", "A", {"n": 1})

    assert storage.get("twins", "A") == {"n": 1}
    assert storage.get("twins", "a") is None
    assert storage.get("models", "A") is None


def test_documents_come_in_the_order_of_their_first_put(storage: Storage) -> None:
    for key in ("b", "a", "c"):
        storage.put("twins", key, {})
    storage.put("twins", "b", {"again": True})

    assert storage.items("twins") == [("b", {"again": True}), ("a", {}), ("c", {})]


def test_a_deleted_document_is_gone_and_comes_back_last(storage: Storage) -> None:
    for key in ("a", "b"):
        storage.put("twins", key, {})

    assert storage.delete("twins", "a")
    assert not storage.delete("twins", "a")

    storage.put("twins", "a", {})
    assert [key for key, _ in storage.items("twins")] == ["b", "a"]


def test_a_dropped_kind_is_empty_and_the_others_are_not(storage: Storage) -> None:
    storage.put("twins", "a", {})
    storage.put("models", "a", {})

    storage.drop("twins")

    assert storage.items("twins") == []
    assert storage.items("models") == [("a", {})]


def test_items_may_be_deleted_while_they_are_walked_through(storage: Storage) -> None:
    for key in ("a", "b"):
        storage.put("twins", key, {})

    for key, _ in storage.items("twins"):
        storage.delete("twins", key)

    assert storage.items("twins") == []


def test_a_write_is_in_the_file_at_once_in_the_same_order(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    with closing(Storage(path)) as storage:
        for key in ("b", "a", "c"):
            storage.put("twins", key, {"key": key})
        storage.put("twins", "b", {"key": "ä"})
        storage.delete("twins", "c")

        # Nothing was closed: what a killed emulator leaves behind is what another process sees now.
        with closing(Storage(path)) as after_kill:
            assert after_kill.items("twins") == [("b", {"key": "ä"}), ("a", {"key": "a"})]


def test_a_transaction_is_in_the_file_when_it_ends_and_not_before(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    with closing(Storage(path)) as storage, closing(sqlite3.connect(path)) as other:
        with storage.transaction():
            storage.put("twins", "a", {})
            assert other.execute("SELECT count(*) FROM documents").fetchone() == (0,)

        assert other.execute("SELECT count(*) FROM documents").fetchone() == (1,)


def test_memory_and_file_agree_after_a_transaction_that_failed(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    with closing(Storage(path)) as storage:
        with suppress(RuntimeError), storage.transaction():
            storage.put("twins", "a", {})
            raise RuntimeError
        with closing(Storage(path)) as again:
            assert again.items("twins") == storage.items("twins") == [("a", {})]


def test_a_file_that_is_no_database_is_named_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    path.write_text("no database at all, and long enough to have a header" * 20)

    with pytest.raises(FileDamaged, match=r"state\.sqlite: .*: delete it to start empty"):
        Storage(path)
