import json
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.engine.model import FILES, VERSION, Engine
from tools.local_azure import LocalAzure, read_local_azure

MakeEngine = Callable[[str], Engine]

VERSION_ANSWER = f"import sys\nif sys.argv[1:] == ['version']:\n    sys.exit(print('v{VERSION}'))\n"


@pytest.fixture
def azure(tmp_path: Path) -> LocalAzure:
    """A local Azure that was started once and does not run."""
    folder = tmp_path / "local"
    (folder / "tls").mkdir(parents=True)
    (folder / "ports.json").write_text(json.dumps({"resourceManager": 43001, "entra": 43002, "instances": {}}))
    (folder / "identities.json").write_text(json.dumps({"deployer": "deployer-secret", "tagger": "tagger-secret"}))
    (folder / "control-token").write_text("control")
    return read_local_azure(folder)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: example\nruntime: python\n")
    (folder / "Pulumi.local.yaml").write_text("# ours\nconfig:\n  example:colour: red\n")
    return folder


@pytest.fixture
def make_engine(tmp_path: Path) -> MakeEngine:
    """An engine whose programs tell their version, and else are the given Python source."""

    def make(source: str) -> Engine:
        folder = tmp_path / "engine"
        folder.mkdir()
        for name in FILES:
            (folder / name).write_text(f"#!{sys.executable}\n{VERSION_ANSWER}{source}")
            (folder / name).chmod(stat.S_IRWXU)
        return Engine(folder, VERSION, "PATH")

    return make


@pytest.fixture
def engine(make_engine: MakeEngine) -> Engine:
    return make_engine("")
