import os
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from tools import stand_ins
from tools.checkout import CHECKOUT
from tools.stand_ins import install_stand_ins

FOLDERS = {"azure-native": "emulator/provider", "azuread": "emulator/directory_provider"}


@pytest.mark.parametrize("name", FOLDERS)
def test_the_stand_in_lies_where_pulumi_looks_for_the_version_the_program_asks_for(name: str, tmp_path: Path) -> None:
    install_stand_ins(tmp_path)
    asked_for = f"resource-{name}-v{version(f'pulumi-{name}')}"
    plugin = tmp_path / "plugins" / asked_for / f"pulumi-resource-{name}"
    assert os.access(plugin, os.X_OK)


@pytest.mark.parametrize(("name", "folder"), FOLDERS.items())
def test_what_it_runs_is_there(name: str, folder: str) -> None:
    assert os.access(CHECKOUT / folder / "bin" / f"pulumi-resource-{name}", os.X_OK)


@pytest.mark.parametrize(("name", "folder"), FOLDERS.items())
def test_the_stand_in_runs_the_emulators_plugin_in_its_own_process(
    name: str, folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = tmp_path / "a checkout"
    executable = checkout / folder / "bin" / f"pulumi-resource-{name}"
    executable.parent.mkdir(parents=True)
    executable.write_text('#!/bin/sh\necho "$$ $1"\n')
    executable.chmod(0o755)
    monkeypatch.setattr(stand_ins, "CHECKOUT", checkout)
    install_stand_ins(tmp_path / "home")
    (plugin,) = (tmp_path / "home").glob(f"plugins/*/pulumi-resource-{name}")
    with subprocess.Popen([plugin, "127.0.0.1:5"], stdout=subprocess.PIPE, text=True) as process:
        assert process.communicate()[0] == f"{process.pid} 127.0.0.1:5\n"


def test_the_stand_in_of_an_earlier_version_stays(tmp_path: Path) -> None:
    earlier = tmp_path / "plugins/resource-azure-native-v3.1.0/pulumi-resource-azure-native"
    earlier.parent.mkdir(parents=True)
    earlier.write_text("#!/bin/sh\n")
    install_stand_ins(tmp_path)
    assert earlier.exists()
