"""The workflows: what a linter finds, and what it does not know, such as who may do what here."""

import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tools.checkout import cache_folder
from tools.engine.cache import Workplace
from tools.engine.go import find_go

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / ".github" / "workflows").glob("*.y*ml"))
ACTIONLINT = ROOT / "tests" / "actionlint"
WRITES = {"pull-requests", "issues", "contents", "checks", "statuses", "actions", "packages", "deployments"}


def load(file: Path) -> dict[str, Any]:
    # A safe loader of YAML 1.2 leaves `on` a text.
    return dict(YAML(typ="safe").load(file))


def jobs() -> list[Any]:
    return [
        pytest.param(file.stem, job, id=f"{file.stem}-{name}")
        for file in FILES
        for name, job in load(file)["jobs"].items()
    ]


def workflow(name: str) -> dict[str, Any]:
    return load(ROOT / ".github" / "workflows" / f"{name}.yml")


def runs_code(job: dict[str, Any]) -> bool:
    """Whether a job has the repository's code, which in a pull request is anybody's."""
    return any(step.get("uses", "").startswith("actions/checkout@") for step in job["steps"])


def signs_in(job: dict[str, Any]) -> bool:
    return any(step.get("uses", "").startswith("azure/login@") for step in job["steps"])


def commands(job: dict[str, Any]) -> str:
    return "\n".join(step.get("run", "") for step in job["steps"])


def test_there_are_the_four_workflows() -> None:
    assert [file.stem for file in FILES] == ["ci", "deploy", "drift", "preview"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_action_is_pinned_by_commit_with_its_version_beside_it(file: Path) -> None:
    lines = re.findall(r"^\s*-?\s*uses: (.+)$", file.read_text(), re.MULTILINE)

    assert lines
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_workflow_runs_a_pull_requests_code_with_the_rights_of_the_main_branch(file: Path) -> None:
    assert not {"pull_request_target", "workflow_run", "issue_comment"} & set(load(file)["on"])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_workflow_has_a_secret(file: Path) -> None:
    assert "secrets." not in file.read_text()
    assert "secrets:" not in file.read_text()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_workflow_gives_no_permission_and_its_runs_do_not_meet(file: Path) -> None:
    document = load(file)

    assert document["permissions"] == {}
    assert document["concurrency"]["group"]
    assert isinstance(document["concurrency"]["cancel-in-progress"], bool | str)


@pytest.mark.parametrize(("name", "job"), jobs())
def test_a_job_says_what_it_may_do_and_how_long(name: str, job: dict[str, Any]) -> None:
    assert job["permissions"]
    assert set(job["permissions"].values()) <= {"read", "write"}
    assert job["timeout-minutes"] <= 120
    assert job["runs-on"] == "ubuntu-24.04"


@pytest.mark.parametrize(("name", "job"), jobs())
def test_a_job_that_has_the_code_cannot_write_to_the_repository(name: str, job: dict[str, Any]) -> None:
    written = {what for what, right in job["permissions"].items() if right == "write"}

    assert not (runs_code(job) and written & WRITES)
    assert not (runs_code(job) and "gh " in commands(job))
    assert not ("id-token" in written and written & WRITES)


@pytest.mark.parametrize(("name", "job"), jobs())
def test_only_a_job_that_signs_in_can_ask_for_a_token(name: str, job: dict[str, Any]) -> None:
    assert (job["permissions"].get("id-token") == "write") == signs_in(job)


@pytest.mark.parametrize(("name", "job"), jobs())
def test_nothing_from_outside_becomes_part_of_a_script(name: str, job: dict[str, Any]) -> None:
    assert "${{" not in commands(job)


@pytest.mark.parametrize(("name", "job"), jobs())
def test_a_checkout_leaves_no_token_behind(name: str, job: dict[str, Any]) -> None:
    checkouts = [step for step in job["steps"] if step.get("uses", "").startswith("actions/checkout@")]

    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_a_forks_pull_request_gets_no_identity() -> None:
    document = workflow("preview")

    assert set(document["on"]) == {"pull_request"}
    condition = document["jobs"]["preview"]["if"]
    assert "github.event.pull_request.head.repo.full_name == github.repository" in condition
    assert document["jobs"]["preview"]["env"]["ARM_CLIENT_ID"] == "${{ vars.AZURE_PREVIEW_CLIENT_ID }}"
    assert "environment" not in document["jobs"]["preview"]


def test_the_job_that_comments_has_no_code_and_no_identity() -> None:
    job = workflow("preview")["jobs"]["comment"]

    assert job["permissions"] == {"pull-requests": "write"}
    assert [step["uses"].partition("@")[0] for step in job["steps"] if "uses" in step] == ["actions/download-artifact"]
    assert "pulumi" not in commands(job)
    assert ".venv" not in commands(job)


def test_the_identities_of_the_main_branch_are_used_there_alone() -> None:
    text = (ROOT / ".github" / "workflows" / "preview.yml").read_text()

    assert not {"AZURE_DRIFT_CLIENT_ID", "AZURE_DEPLOY_CLIENT_ID"} & set(re.findall(r"AZURE_\w+", text))
    assert workflow("deploy")["on"] == {"push": {"branches": ["main"]}}
    assert "github.ref == 'refs/heads/main'" in workflow("drift")["jobs"]["drift"]["if"]


def test_a_deployment_applies_the_plan_that_was_approved_and_no_other() -> None:
    planning, applying = (workflow("deploy")["jobs"][name] for name in ("plan", "apply"))

    assert "--save-plan plan.json" in commands(planning)
    assert "pulumi up" not in commands(planning)
    assert "environment" not in planning
    assert applying["needs"] == "plan"
    assert applying["environment"] == "production"
    assert "--plan plan.json" in commands(applying)
    assert "pulumi preview" not in commands(applying)
    assert "AZURE_DEPLOY_CLIENT_ID" in applying["env"]["ARM_CLIENT_ID"]


@pytest.mark.parametrize(
    ("name", "job", "command"),
    [
        ("preview", "preview", "pulumi preview"),
        ("deploy", "plan", "pulumi preview"),
        ("deploy", "apply", "pulumi up"),
    ],
)
def test_the_policies_are_asked_before_a_plan_and_again_when_it_is_applied(name: str, job: str, command: str) -> None:
    steps = [step.get("run", "") for step in workflow(name)["jobs"][job]["steps"]]
    (script,) = [text for text in steps if command in text and "--policy-pack policy_pack/run" in text]

    assert '"${config[@]}"' in script
    assert "--policy-pack-config" in script
    made = [step for step in steps if "-m venv policy_pack/.venv" in step]
    assert len(made) == 1
    assert "--require-hashes -r policy_pack/requirements.txt" in made[0]


def test_the_night_looks_at_both_planes_and_writes_to_neither() -> None:
    text = commands(workflow("drift")["jobs"]["drift"])

    assert "pulumi refresh" in text
    assert "--preview-only" in text
    assert "--expect-no-changes" in text
    assert "twin-rbac tags verify" in text
    assert not re.search(r"pulumi up|tags apply", text)


def test_the_checks_are_those_of_a_clone() -> None:
    assert commands(workflow("ci")["jobs"]["checks"]).strip() == "bash .ci/run"


def test_zizmor_finds_no_weakness() -> None:
    zizmor = Path(sys.executable).parent / "zizmor"
    done = subprocess.run(
        [zizmor, "--offline", "--no-progress", "--no-config", ROOT / ".github" / "workflows"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def actionlint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built once from its Go module, whose checksums stand in tests/actionlint; its package on PyPI has no wheel."""
    version = re.search(r"rhysd/actionlint (v[\d.]+)", (ACTIONLINT / "go.mod").read_text())
    assert version is not None
    place = cache_folder(os.environ) / "actionlint" / f"{version[1]}-{sys.platform}-{platform.machine().lower()}"
    if not place.is_file():
        scratch = tmp_path_factory.mktemp("actionlint")
        go = find_go(Workplace(scratch, scratch, os.environ, lambda _: None))
        package = "github.com/rhysd/actionlint/cmd/actionlint"
        subprocess.run(
            [go, "build", "-mod=readonly", "-trimpath", "-o", str(scratch / "actionlint"), package],
            cwd=ACTIONLINT,
            env={**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off"},
            check=True,
        )
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(scratch / "actionlint", place)
    return place


@pytest.mark.engine
def test_actionlint_finds_no_mistake(actionlint: Path) -> None:
    done = subprocess.run([actionlint, *FILES], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.engine
def test_actionlint_finds_a_mistake_where_there_is_one(actionlint: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    wrong.write_text((ROOT / ".github" / "workflows" / "ci.yml").read_text().replace("github.ref ", "githab.ref "))

    done = subprocess.run([actionlint, wrong], capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "githab" in done.stdout
