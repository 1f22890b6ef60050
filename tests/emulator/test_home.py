import os
import stat
from pathlib import Path

import pytest

from emulator.errors import AlreadyRunning, FileDamaged
from emulator.home import CHECKOUT, Home, find_home, read_json, write_file


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "local")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_folder_is_the_checkouts_unless_another_is_named(tmp_path: Path) -> None:
    assert find_home({}).folder == CHECKOUT / ".local"
    assert find_home({"TWIN_RBAC_LOCAL": str(tmp_path)}).folder == tmp_path


def test_a_folder_has_one_emulator_at_a_time(home: Home) -> None:
    with home.hold():
        assert home.is_held
        assert home.holder == os.getpid()
        with pytest.raises(AlreadyRunning, match="python -m emulator down"), home.hold():
            pass

    assert not home.is_held
    assert home.holder is None
    with home.hold():
        assert home.is_held


def test_a_process_id_that_outlived_its_process_counts_for_nothing(home: Home) -> None:
    with home.hold():
        pass
    write_file(home.folder / "emulator.pid", "1")

    assert not home.is_held
    assert home.holder is None


def test_secrets_are_for_their_owner_alone_and_stay_the_same(home: Home) -> None:
    token = home.control_token
    first = home.make_identities(["earth", "fire"])

    again = home.make_identities(["earth", "wind"])

    assert home.control_token == token
    assert again["earth"] == first["earth"]
    assert list(again) == ["earth", "wind"]
    assert len({*first.values(), *again.values()}) == 3
    assert mode(home.folder / "control-token") == mode(home.folder / "identities.json") == 0o600


def test_a_file_is_replaced_whole_and_leaves_nothing_else_behind(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    write_file(path, "new", mode=0o600)

    assert path.read_text() == "new"
    assert mode(path) == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_damaged_file_is_named_with_what_to_do(text: str, tmp_path: Path) -> None:
    path = tmp_path / "ports.json"
    path.write_text(text)

    with pytest.raises(FileDamaged, match=r"ports\.json: .*: delete it"):
        read_json(path)


def test_a_file_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert read_json(tmp_path / "none.json") == {}
