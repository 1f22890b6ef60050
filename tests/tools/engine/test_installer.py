import urllib.error
from pathlib import Path

import pytest

from tools.engine import installer
from tools.engine.cache import Workplace
from tools.engine.model import VERSION
from tools.errors import WayFailed


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    (tmp_path / "engine").mkdir()
    return Workplace(tmp_path / "engine", tmp_path, {"PATH": "/usr/bin:/bin"}, lambda _line: None)


def test_what_the_installer_put_under_its_root_becomes_the_engine(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = (
        b'[ "$1 $2 $4" = "--no-edit-path --install-root --version" ]; mkdir -p "$3/bin"; echo "$5" > "$3/bin/pulumi"'
    )
    monkeypatch.setattr(installer, "_fetch", lambda: script)
    installer.install(workplace)
    assert (workplace.target / "pulumi").read_text() == f"{VERSION}\n"


def test_an_installer_that_fails_is_shown(workplace: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installer, "_fetch", lambda: b"echo error: no such release; exit 1")
    with pytest.raises(WayFailed, match=r"exit code 1:\n +error: no such release"):
        installer.install(workplace)


def test_an_installer_out_of_reach_is_named_with_the_reason(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_arguments: object, **_options: object) -> None:
        raise urllib.error.URLError("Name or service not known")

    monkeypatch.setattr("urllib.request.urlopen", unreachable)
    with pytest.raises(WayFailed, match=r"install\.sh cannot be reached \(Name or service not known\)"):
        installer.install(workplace)
