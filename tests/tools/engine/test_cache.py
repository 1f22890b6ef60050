import threading
from pathlib import Path

import pytest

from tools.engine.cache import EngineCache, Way, Workplace
from tools.engine.model import FILES, VERSION, cache_key, is_complete
from tools.errors import EngineUnavailable, WayFailed


def fill(workplace: Workplace) -> None:
    for name in FILES:
        (workplace.target / name).write_text(name)


def fail(workplace: Workplace) -> None:
    (workplace.target / "pulumi").write_text("half of it")
    raise WayFailed("the network is down")


def never(_workplace: Workplace) -> None:
    pytest.fail("a way was tried that is not needed")


def ignore(_line: str) -> None:
    pass


def test_the_first_way_that_works_is_taken_and_later_ones_are_not_tried(tmp_path: Path) -> None:
    ways = [Way("broken", fail), Way("working", fill), Way("never", never)]
    engine = EngineCache(tmp_path).get(ways, environ={}, report=ignore)
    assert engine.folder == tmp_path / "engine" / cache_key()
    assert is_complete(engine.folder)


def test_what_is_in_the_cache_is_not_fetched_again(tmp_path: Path) -> None:
    EngineCache(tmp_path).get([Way("working", fill)], environ={}, report=ignore)
    again = EngineCache(tmp_path).get([Way("never", never)], environ={}, report=ignore)
    assert again == EngineCache(tmp_path).find()


def test_when_no_way_works_each_is_named_with_its_reason_and_nothing_is_left(tmp_path: Path) -> None:
    ways = [Way("the installer", fail), Way("the build", fail)]
    with pytest.raises(EngineUnavailable) as caught:
        EngineCache(tmp_path).get(ways, environ={}, report=ignore)
    assert caught.value.failures == (
        ("the installer", "the network is down"),
        ("the build", "the network is down"),
    )
    assert f"the Pulumi engine {VERSION} is missing" in str(caught.value)
    assert "  - the build: the network is down\n" in str(caught.value)
    assert [file.name for file in (tmp_path / "engine").iterdir()] == [f"{cache_key()}.lock"]


def test_a_way_that_ends_well_without_all_files_has_failed(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match="without all files of an engine"):
        EngineCache(tmp_path).get([Way("lazy", lambda _workplace: None)], environ={}, report=ignore)


def test_what_a_killed_run_left_half_done_is_swept_away(tmp_path: Path) -> None:
    left = tmp_path / "engine" / f"{cache_key()}.partial-abc"
    left.mkdir(parents=True)
    (left / "pulumi").write_text("half of it")
    EngineCache(tmp_path).get([Way("working", fill)], environ={}, report=ignore)
    assert not left.exists()


def test_an_incomplete_folder_is_not_an_engine_and_is_replaced(tmp_path: Path) -> None:
    place = tmp_path / "engine" / cache_key()
    place.mkdir(parents=True)
    (place / "pulumi").write_text("alone")
    assert EngineCache(tmp_path).find() is None
    EngineCache(tmp_path).get([Way("working", fill)], environ={}, report=ignore)
    assert is_complete(place)


def test_of_two_runs_at_once_the_second_waits_says_so_and_uses_what_the_first_got(tmp_path: Path) -> None:
    first_is_at_work, second_waits = threading.Event(), threading.Event()
    said: list[str] = []

    def fill_slowly(workplace: Workplace) -> None:
        first_is_at_work.set()
        assert second_waits.wait(30)
        fill(workplace)

    def note(line: str) -> None:
        said.append(line)
        second_waits.set()

    first = threading.Thread(
        target=lambda: EngineCache(tmp_path).get([Way("slow", fill_slowly)], environ={}, report=ignore)
    )
    first.start()
    assert first_is_at_work.wait(30)
    engine = EngineCache(tmp_path).get([Way("never", never)], environ={}, report=note)
    first.join(30)
    assert is_complete(engine.folder)
    assert said == ["Another run is getting the Pulumi engine; waiting for it …"]
