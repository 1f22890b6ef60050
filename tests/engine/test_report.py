"""The pull-request comment over the real engine's previews; those in docs/pull-requests.md are what this made."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.engine

PAGE = Path(__file__).parent.parent.parent / "docs" / "pull-requests.md"
MANIFEST = "examples/tenants/role-tags.yaml"
SETTINGS = "Pulumi.local.yaml"
REWRITE = "TWIN_RBAC_REWRITE_DOCS"
"""Set in the environment, it makes this test write the page's comments instead of comparing them."""

# Title on the page -> what the pull request changes: file, old text, new text.
PULL_REQUESTS = {
    "manifest": [
        (MANIFEST, '{role: Earth, twins: [A, "1", "2"]}', '{role: Earth, twins: [A, B, "1"]}'),
        (MANIFEST, '{role: Fire, twins: [B, "3"]}', '{role: Fire, twins: ["3"]}'),
    ],
    "role": [
        (SETTINGS, "principalType: User, roles: [Fire]", "principalType: User, roles: [Fire, Earth]"),
        (SETTINGS, "roles: [Earth, Fire, Wind]", "roles: [Earth, Wind]"),
    ],
    "network": [
        (SETTINGS, "{protect: false}", "{protect: false, privateEndpoint: true}"),
        (SETTINGS, "allowedAddresses: [127.0.0.0/8", "allowedAddresses: [127.0.0.0/8, 203.0.113.0/24"),
    ],
}


@pytest.fixture
def repository(azure_at_rest: Any) -> Iterator[Any]:
    """The shared stack's project as a repository with one commit: the main branch that the stack was deployed from."""
    try:
        git(azure_at_rest, "init", "--quiet")
        git(azure_at_rest, "add", "--", MANIFEST, SETTINGS)
        name = ("-c", "user.name=test", "-c", "user.email=test@example.com")
        git(azure_at_rest, *name, "commit", "--quiet", "--message", "deployed")
        git(azure_at_rest, "branch", "--force", "deployed")
        yield azure_at_rest
    finally:
        shutil.rmtree(azure_at_rest.project / ".git", ignore_errors=True)
        (azure_at_rest.project / "preview.json").unlink(missing_ok=True)


def git(azure: Any, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=azure.project, check=True)


def comment(azure: Any) -> str:
    """The comment, made as the workflow makes it."""
    preview = azure.pulumi("--as", "pull-request", "preview", "--non-interactive", "--json")
    assert preview.returncode == 0, preview.stdout + preview.stderr
    (azure.project / "preview.json").write_text(preview.stdout)
    report = azure.twin_rbac("report", "pr", "--preview", "preview.json", "--base", "deployed")
    assert report.returncode == 2, report.stdout + report.stderr
    # The port is another one in each run.
    return re.sub(r"localhost:\d+", "localhost:…", report.stdout)


def quoted(text: str) -> str:
    return "".join(f"> {line}".rstrip() + "\n" for line in text.splitlines())


def on_the_page(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<=<!-- made by tests/engine/test_report.py: {name} -->\n\n)(?:>.*\n)*")


@pytest.mark.parametrize("name", PULL_REQUESTS)
def test_the_comments_on_the_page_are_those_of_the_engines_previews(repository: Any, name: str) -> None:
    for file, old, new in PULL_REQUESTS[name]:
        repository.rewrite(file, old, new)

    made = quoted(comment(repository))

    page = PAGE.read_text()
    if REWRITE in os.environ:
        assert on_the_page(name).search(page)
        PAGE.write_text(on_the_page(name).sub(lambda _: made, page, count=1))
        return
    stands = on_the_page(name).search(page)
    assert stands is not None
    assert stands[0] == made


def test_a_change_of_manifest_and_role_at_once_is_one_comparison(repository: Any) -> None:
    repository.rewrite(MANIFEST, '{role: Fire, twins: [B, "3"]}', '{role: Fire, twins: [B, "3", "1"]}')
    repository.rewrite(MANIFEST, '{role: Earth, twins: [A, "1", "2"]}', '{role: Earth, twins: [A, "2"]}')
    repository.rewrite(SETTINGS, "principalType: Group, roles: [Earth]", "principalType: Group, roles: [Fire]")

    text = comment(repository)

    # Earth's tenant moves to Fire together with twin 1, which it keeps.
    assert re.search(r"^\| `earth` .*\| \+`Fire`, -`Earth` \| `3`, `B` \| `2`, `A` \| 3 twins \|$", text, re.MULTILINE)
    assert re.search(r"^\| `fire` .*\|  \| `1` \|  \| 3 twins \|$", text, re.MULTILINE)
    assert "| `wind` " not in text


def test_an_instance_that_would_be_lost_is_shouted_whether_or_not_the_preview_fails(repository: Any) -> None:
    repository.rewrite(SETTINGS, "azure-native:location: westeurope", "azure-native:location: northeurope")
    preview = repository.pulumi("--as", "pull-request", "preview", "--non-interactive", "--json")
    (repository.project / "preview.json").write_text(preview.stdout)

    report = repository.twin_rbac("report", "pr", "--preview", "preview.json", "--base", "deployed")

    assert report.returncode == (2 if preview.returncode == 0 else 1)
    assert "> [!CAUTION]" in report.stdout
    assert re.search(r"would be (lost|replaced)|twins would", report.stdout)


def test_a_preview_that_fails_gives_a_comment_that_says_why(repository: Any) -> None:
    repository.rewrite(MANIFEST, "version: 1", "version: 7")
    preview = repository.pulumi("preview", "--non-interactive", "--json")
    assert preview.returncode != 0
    (repository.project / "preview.json").write_text(preview.stdout)

    report = repository.twin_rbac("report", "pr", "--preview", "preview.json", "--base", "deployed")

    assert report.returncode == 1
    assert f"{MANIFEST}:" in report.stdout
    assert "No changes" not in report.stdout


@pytest.mark.acceptance
def test_a_plan_that_the_drift_reader_saved_is_applied_and_another_manifest_is_not(azure: Any) -> None:
    plan = azure.project / "plan.json"
    azure.rewrite(MANIFEST, '{role: Fire, twins: [B, "3"]}', '{role: Fire, twins: ["3"]}')
    assert azure.pulumi("--as", "drift", "preview", "--json", "--save-plan", str(plan)).returncode == 0
    before = azure.twin_writes()

    azure.rewrite(MANIFEST, '{role: Fire, twins: ["3"]}', "{role: Fire, twins: []}")
    other = azure.pulumi("up", "--yes", "--skip-preview", "--plan", str(plan))

    assert other.returncode != 0
    assert azure.twin_writes() == before
    azure.rewrite(MANIFEST, "{role: Fire, twins: []}", '{role: Fire, twins: ["3"]}')
    done = azure.pulumi("up", "--yes", "--skip-preview", "--plan", str(plan))
    assert done.returncode == 0, done.stdout + done.stderr
    assert (azure.role_of("B"), azure.role_of("3")) == (None, "Fire")
