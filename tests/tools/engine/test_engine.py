from pathlib import Path

import pytest

from tools import engine as tools_engine
from tools.engine import Engine, find_engine, get_engine
from tools.engine.cache import Way, Workplace
from tools.engine.model import FILES, cache_key
from tools.errors import EngineUnavailable, WayFailed


def refuse(_workplace: Workplace) -> None:
    raise WayFailed("no route to host")


def never(_workplace: Workplace) -> None:
    pytest.fail("a way was tried that is not needed")


@pytest.fixture
def cached(tmp_path: Path) -> Path:
    folder = tmp_path / "cache/engine" / cache_key()
    folder.mkdir(parents=True)
    for name in FILES:
        (folder / name).write_text("")
    return folder


def test_an_engine_on_path_comes_before_the_cached_one(engine: Engine, cached: Path, tmp_path: Path) -> None:
    environ = {"PATH": str(engine.folder), "TWIN_RBAC_CACHE": str(tmp_path / "cache")}
    assert find_engine(environ) == engine
    found = find_engine({**environ, "PATH": ""})
    assert found is not None
    assert found.folder == cached


def test_looking_for_an_engine_fetches_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools_engine, "WAYS", (Way("never", never),))
    assert find_engine({"PATH": "", "TWIN_RBAC_CACHE": str(tmp_path)}) is None


def test_with_no_engine_and_no_way_to_get_it_every_way_is_named_with_its_reason_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tools_engine, "WAYS", (Way("the installer", refuse), Way("a build", refuse)))
    with pytest.raises(EngineUnavailable) as caught:
        get_engine({"PATH": "", "TWIN_RBAC_CACHE": str(tmp_path)}, report=lambda _line: None)
    text = str(caught.value)
    assert "  - pulumi on PATH: there is none\n" in text
    assert "  - the installer: no route to host\n" in text
    assert "  - a build: no route to host\n" in text
    assert "Make one of them work: put pulumi" in text
