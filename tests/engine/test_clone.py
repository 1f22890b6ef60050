"""The README's commands on a clean clone, as somebody new runs them."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.acceptance

ROOT = Path(__file__).parent.parent.parent
TABLE = "earth  1, 2, A\nfire  3, B\nwind  1, 2, 3, A, B\nstranger  (none)\n"


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if key not in {"TWIN_RBAC_LOCAL", "PORT", "VIRTUAL_ENV"}}
    return subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True, timeout=900, check=False)


def commands_of(page: str, *, after: str) -> str:
    """The commands of a page's first session that stand below one of them."""
    session = re.search(r"```console\n(.*?)```", (ROOT / "docs" / page).read_text(), re.DOTALL)
    assert session is not None
    return session[1].partition(f"$ {after}\n")[2].replace("$ ", "", 1).replace("\n$ ", "\n")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("clone") / "digital-twins-rbac"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    yield folder
    run(folder, "make", "down")


def test_the_commands_of_the_front_page_work_one_after_the_other(clone: Path) -> None:
    first = run(clone, "make", "up")
    assert first.returncode == 0, first.stdout + first.stderr
    assert TABLE in first.stdout

    second = run(clone, "make", "up")
    assert second.returncode == 0, second.stdout + second.stderr
    assert re.search(r"Resources:\s+\d+ unchanged", second.stdout)
    assert TABLE in second.stdout

    asked = run(clone, "bash", "-ec", commands_of("gateway.md", after="make up"))
    assert asked.returncode == 0, asked.stdout + asked.stderr
    assert {row["$dtId"] for row in json.loads(asked.stdout)["value"]} == {"1", "2", "A"}

    manifest = clone / "examples" / "tenants" / "role-tags.yaml"
    text = manifest.read_text()
    manifest.write_text(text.replace('twins: [A, "1", "2"]', 'twins: [A, B, "1", "2"]').replace('[B, "3"]', '["3"]'))
    preview = run(clone, "make", "preview")
    assert preview.returncode == 0, preview.stdout + preview.stderr
    assert re.findall(r'[~+-] \w+ *: ".*', preview.stdout) == ['~ B: "Fire" => "Earth"']
    third = run(clone, "make", "up")
    assert "earth  1, 2, A, B\nfire  3\n" in third.stdout
    manifest.write_text(text)

    down = run(clone, "make", "down")
    assert down.returncode == 0, down.stdout + down.stderr
    assert run(clone, "git", "status", "--porcelain").stdout == ""
    assert run(clone, "pgrep", "-f", str(clone / ".local")).stdout == ""
    status = run(clone, ".venv/bin/python", "-m", "emulator", "status", "--output", "json")
    assert '"running": false' in status.stdout


def test_what_a_contributor_runs_all_day_needs_python_alone(clone: Path) -> None:
    unit = run(clone, "make", "unit")

    assert unit.returncode == 0, unit.stdout[-3000:] + unit.stderr[-3000:]
