import os
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from tools import stand_ins
from tools.stand_ins import install_stand_ins


def test_the_stand_in_lies_where_pulumi_looks_for_the_version_the_program_asks_for(tmp_path: Path) -> None:
    install_stand_ins(tmp_path)
    asked_for = f"resource-azure-native-v{version('pulumi-azure-native')}"
    plugin = tmp_path / "plugins" / asked_for / "pulumi-resource-azure-native"
    assert os.access(plugin, os.X_OK)


def test_the_stand_in_runs_the_emulators_plugin_in_its_own_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = tmp_path / "a checkout"
    executable = checkout / "emulator/provider/bin/pulumi-resource-azure-native"
    executable.parent.mkdir(parents=True)
    executable.write_text('#!/bin/sh\necho "$$ $1"\n')
    executable.chmod(0o755)
    monkeypatch.setattr(stand_ins, "CHECKOUT", checkout)
    install_stand_ins(tmp_path / "home")
    (plugin,) = (tmp_path / "home").glob("plugins/*/pulumi-resource-azure-native")
    with subprocess.Popen([plugin, "127.0.0.1:5"], stdout=subprocess.PIPE, text=True) as process:
        assert process.communicate()[0] == f"{process.pid} 127.0.0.1:5\n"


def test_the_stand_in_of_an_earlier_version_stays(tmp_path: Path) -> None:
    earlier = tmp_path / "plugins/resource-azure-native-v3.1.0/pulumi-resource-azure-native"
    earlier.parent.mkdir(parents=True)
    earlier.write_text("#!/bin/sh\n")
    install_stand_ins(tmp_path)
    assert earlier.exists()
