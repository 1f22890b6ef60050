from pathlib import Path

import pytest

from tools.engine import Engine
from tools.engine.model import VERSION, is_supported
from tools.engine.path import engine_on_path
from tools.errors import WayFailed


@pytest.mark.parametrize(
    ("version", "supported"),
    [
        ("v3.259.0", True),
        ("3.260.1", True),
        ("v3.300.0\n", True),
        ("v3.258.9", False),
        ("v2.300.0", False),
        ("v4.0.0", False),
        ("v3.260.0-alpha.1", False),
        ("", False),
    ],
)
def test_ours_and_later_releases_of_the_same_major_version_are_supported(version: str, supported: bool) -> None:  # noqa: FBT001 - a column of the table
    assert is_supported(version) is supported


def test_a_pulumi_on_path_with_its_language_host_is_the_engine(engine: Engine) -> None:
    assert engine_on_path({"PATH": str(engine.folder)}) == Engine(engine.folder, VERSION, "PATH")


def test_a_link_on_path_leads_to_the_folder_that_has_the_language_host(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/pulumi").symlink_to(engine.folder / "pulumi")
    assert engine_on_path({"PATH": str(tmp_path / "bin")}).folder == engine.folder


def test_a_pulumi_without_its_language_host_is_refused(engine: Engine) -> None:
    (engine.folder / "pulumi-language-python").unlink()
    with pytest.raises(WayFailed, match="without its Python language host"):
        engine_on_path({"PATH": str(engine.folder)})


def test_a_pulumi_that_is_too_old_is_refused_with_both_versions(engine: Engine) -> None:
    (engine.folder / "pulumi").write_text("#!/bin/sh\necho v3.100.0\n")
    with pytest.raises(WayFailed, match=r"is version 3\.100\.0; 3\.259\.0 or a later 3\.x is needed"):
        engine_on_path({"PATH": str(engine.folder)})


def test_a_pulumi_that_does_not_run_is_refused(engine: Engine) -> None:
    (engine.folder / "pulumi").write_text("#!/bin/sh\nexit 3\n")
    with pytest.raises(WayFailed, match="version` does not work"):
        engine_on_path({"PATH": str(engine.folder)})


def test_no_pulumi_on_path_is_said(tmp_path: Path) -> None:
    with pytest.raises(WayFailed, match="there is none"):
        engine_on_path({"PATH": str(tmp_path)})
