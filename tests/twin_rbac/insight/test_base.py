import subprocess
from pathlib import Path

import pytest

from tests.twin_rbac.insight.previews import EARTH
from twin_rbac.insight.base import Base, read_base, show_by_git
from twin_rbac.insight.principals import Tenant
from twin_rbac.insight.tag_plan import TagChange

MANIFEST = """version: 1
roles: {Earth: {}, Fire: {}}
tags:
  - {role: Earth, twins: [A]}
  - {role: Fire, twins: [B]}
"""
SETTINGS = f"""config:
  digital-twins-rbac:manifest: role-tags.yaml
  digital-twins-rbac:tenants:
    earth: {{principalId: {EARTH.upper()}, principalType: Group, roles: [Earth]}}
"""
CONFIG = {"digital-twins-rbac:manifest": "role-tags.yaml"}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in a folder of a repository, with one commit."""
    project = tmp_path / "infra"
    project.mkdir()
    (project / "role-tags.yaml").write_text(MANIFEST)
    (project / "Pulumi.dev.yaml").write_text(SETTINGS)
    monkeypatch.chdir(project)
    name = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
    for command in (["init", "-q"], ["add", "."], [*name, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", *command], check=True)
    return project


def read(revision: str = "HEAD", manifest: Path | None = None) -> Base:
    return read_base(revision, stack="dev", config=CONFIG, manifest=manifest)


def test_the_manifest_is_compared_with_the_one_at_the_revision(repository: Path) -> None:
    (repository / "role-tags.yaml").write_text(MANIFEST.replace("[B]", "[B, C]").replace("Earth, twins", "Fire, twins"))

    base = read()

    assert base.twins == {"A": "Earth", "B": "Fire"}
    assert base.changes == (
        TagChange(twin_id="A", old="Earth", new="Fire"),
        TagChange(twin_id="C", old=None, new="Fire"),
    )
    assert base.problems == ()


def test_a_manifest_that_selects_twins_by_what_they_are_does_not_tell_which(repository: Path) -> None:
    (repository / "role-tags.yaml").write_text(MANIFEST + '  - {role: Fire, glob: "room-*"}\n')

    base = read()

    assert (base.twins, base.changes) == ({"A": "Earth", "B": "Fire"}, None)
    assert base.problems == (
        "the manifest role-tags.yaml selects twins by what they are: only live twins tell which it means",
    )


def test_the_tenants_are_those_of_the_settings_at_the_revision(repository: Path) -> None:
    (repository / "Pulumi.dev.yaml").unlink()

    assert read().tenants == {"earth": Tenant(principal_id=EARTH, roles=frozenset({"Earth"}))}


def test_another_manifest_may_be_given(repository: Path) -> None:
    (repository / "other.yaml").write_text(MANIFEST)

    base = read(manifest=Path("other.yaml"))

    assert (base.manifest, base.twins, base.changes) == ("other.yaml", None, None)
    assert base.problems[0].startswith("the manifest at HEAD cannot be read: ")


def test_a_revision_that_is_not_there_is_said(repository: Path) -> None:
    base = read("0123456789")

    assert (base.twins, base.changes, base.tenants) == (None, None, {})
    assert [line.partition(": ")[0] for line in base.problems] == [
        "the settings at 0123456789 cannot be read",
        "the manifest at 0123456789 cannot be read",
    ]


def test_a_revision_cannot_be_an_option(repository: Path) -> None:
    with pytest.raises(LookupError, match="is no revision"):
        show_by_git("--output=x", "role-tags.yaml")


def test_a_folder_that_is_no_repository_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))

    assert "not a git repository" in read().problems[0]


def test_a_manifest_that_cannot_be_used_is_said_with_its_place(repository: Path) -> None:
    (repository / "role-tags.yaml").write_text(MANIFEST.replace("version: 1", "version: 7"))

    base = read()

    assert base.changes is None
    (problem,) = base.problems
    assert problem.startswith("the manifest role-tags.yaml cannot be used: 1:")


def test_a_config_without_a_manifest_asks_for_one(repository: Path) -> None:
    base = read_base("HEAD~0", stack="none", config={}, manifest=None)

    assert "the preview's config names no manifest; give --manifest" in base.problems


@pytest.mark.parametrize("path", ["..", ".", "/", "a\0b"])
def test_a_manifest_that_is_no_file_is_said(repository: Path, path: str) -> None:
    base = read(manifest=Path(path))

    assert (base.twins, base.changes) == (None, None)
    assert len(base.problems) == 2


def test_a_manifest_of_several_files_is_not_compared_and_that_is_said(repository: Path) -> None:
    (repository / "more.yaml").write_text("version: 1\n")
    (repository / "role-tags.yaml").write_text(f"{MANIFEST}include: [more.yaml]\n")
    (repository / "teams").mkdir()
    (repository / "teams" / "a.yaml").write_text(MANIFEST)
    name = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
    for command in (["add", "."], [*name, "commit", "-q", "-m", "second"]):
        subprocess.run(["git", *command], check=True)

    told = "only one file is read at a revision; what changes in it is not told"
    assert (read().changes, read().problems) == (
        None,
        (f"the manifest role-tags.yaml at HEAD includes other files, and {told}",),
    )
    assert (read(manifest=Path("teams")).changes, read(manifest=Path("teams")).problems) == (
        None,
        (f"the manifest teams at HEAD is a folder, and {told}",),
    )


def test_a_manifest_that_selects_twins_is_not_compared_and_that_is_said(repository: Path) -> None:
    (repository / "role-tags.yaml").write_text(f"{MANIFEST}  - {{role: Fire, glob: x*}}\n")

    assert read().problems == (
        "the manifest role-tags.yaml selects twins by what they are: only live twins tell which it means",
    )
    assert read().changes is None


def test_roles_that_are_no_list_are_said(repository: Path) -> None:
    text = SETTINGS.replace("roles: [Earth]", "roles: 5").encode()
    base = read_base("main", stack="dev", config=CONFIG, manifest=None, show=lambda _revision, _path: text)

    assert base.tenants == {"earth": Tenant(principal_id=EARTH, roles=frozenset())}
    assert base.problems[0] == (
        "the settings Pulumi.dev.yaml at main are odd: the roles of the tenant earth are no list"
    )


def test_settings_that_are_no_yaml_are_said() -> None:
    base = read_base("main", stack="dev", config=CONFIG, manifest=None, show=lambda _revision, _path: b"config: [")

    assert base.problems[0] == "the settings Pulumi.dev.yaml at main are not YAML"
