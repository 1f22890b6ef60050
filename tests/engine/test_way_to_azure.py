"""The steps of docs/deploy.md, as far as they run without an account."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.engine import get_engine

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parent.parent.parent
STEPS = ["mkdir -p state", "pulumi login file://./state", "pulumi stack init dev"]


def test_the_steps_stand_on_the_page_as_they_are_run_here() -> None:
    page = (ROOT / "docs" / "deploy.md").read_text()

    for step in [*STEPS, "pulumi config set azure-native:location westeurope", "pulumi preview"]:
        assert f"$ {step}" in page


def test_a_new_stack_takes_its_settings_and_refuses_placeholders_by_name(project: Path) -> None:
    engine = get_engine(os.environ, report=lambda _line: None)
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{engine.folder}:{os.environ['PATH']}",
        "PULUMI_HOME": str(project / "home"),
        "PULUMI_CONFIG_PASSPHRASE": "only for this test",
        "PULUMI_SKIP_UPDATE_CHECK": "1",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }

    def run(command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command.split(), cwd=project, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    for step in [*STEPS, "pulumi config set azure-native:location northeurope"]:
        done = run(step)
        assert done.returncode == 0, done.stderr
    assert "azure-native:location: northeurope" in (project / "Pulumi.dev.yaml").read_text()

    preview = run("pulumi preview")

    assert preview.returncode != 0
    for key in ("tenants.earth.principalId", "deployers.0.principalId"):
        assert f"digital-twins-rbac:{key}: is still the placeholder" in preview.stdout
    assert "Traceback" not in preview.stdout + preview.stderr
