from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from twin_rbac.role_tags.errors import ManifestError
from twin_rbac.role_tags.manifest import Manifest, load_manifest
from twin_rbac.role_tags.model import TagRules

ROOT = Path(__file__).parents[3]
WRONG = YAML(typ="safe").load(ROOT / "tests" / "cases" / "manifests" / "wrong.yaml")


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Loads a manifest with the given text, as a person would name it."""
    monkeypatch.chdir(tmp_path)

    def load(content: str | bytes) -> Manifest:
        data = content.encode() if isinstance(content, str) else content
        Path("role-tags.yaml").write_bytes(data)
        return load_manifest(Path("role-tags.yaml"))

    return load


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case["name"])
def test_a_wrong_manifest_is_refused_with_every_problem_and_its_place(load: Any, case: dict[str, Any]) -> None:
    with pytest.raises(ManifestError) as caught:
        load(case["manifest"])
    assert str(caught.value).split("\n") == [f"role-tags.yaml:{error}" for error in case["errors"]]


def test_a_manifest_that_cannot_be_read_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"none\.yaml:1:1: the manifest cannot be read \(No such file"):
        load_manifest(tmp_path / "none.yaml")


def test_a_file_in_another_encoding_is_refused_where_it_stops_being_text(load: Any) -> None:
    with pytest.raises(ManifestError) as caught:
        load("version: 1\nroles: {Größe: {}}\n".encode("latin-1"))
    assert str(caught.value) == "role-tags.yaml:2:11: this is not UTF-8 text; save the file as UTF-8"


def test_the_example_says_who_carries_what() -> None:
    manifest = load_manifest(ROOT / "examples" / "tenants" / "role-tags.yaml")

    # The scenario of design section 1.
    assert dict(manifest.twins) == {"A": "Earth", "1": "Earth", "2": "Earth", "B": "Fire", "3": "Fire"}
    assert manifest.rules == TagRules(property="tags", key="role", roles=("Earth", "Fire", "Wind"))


def test_a_manifest_may_say_everything_itself(load: Any) -> None:
    manifest = load("""
version: 1
property: labels
key: tenant
encoding: value
roles:
  Earth: {description: the first}
  Fire:
tags:
  - role: Earth
    twins:
      - A
      - "1"
ignore: ["sandbox-*"]
missing: skip
unlisted: remove
""")

    assert manifest.rules == TagRules(
        property="labels",
        key="tenant",
        roles=("Earth", "Fire"),
        ignore=("sandbox-*",),
        missing="skip",
        unlisted="remove",
    )
    assert dict(manifest.places) == {"A": "role-tags.yaml:12:9", "1": "role-tags.yaml:13:9"}


def test_a_byte_order_mark_is_no_mistake(load: Any) -> None:
    assert load("\ufeffversion: 1\nroles: {Earth: {}}\ntags: []\n").twins == {}


def test_ids_may_hold_quotes_and_whatever_else(load: Any) -> None:
    manifest = load(
        """version: 1\nroles: {E: {}}\ntags: [{role: E, twins: ["it's", 'a "b"', 'x\\y', no, 'Türme/1']}]\n"""
    )

    assert list(manifest.twins) == ["it's", 'a "b"', "x\\y", "no", "Türme/1"]


def test_the_digest_is_of_what_is_said_not_of_how(load: Any) -> None:
    said = load("version: 1\nroles: {Earth: {}}\ntags: [{role: Earth, twins: [A]}]\n").digest
    again = load("# a comment\nroles: {Earth: }\ntags:\n- twins: ['A']\n  role: Earth\nversion: 1\nkey: role\n").digest
    other = load("version: 1\nroles: {Earth: {}}\ntags: [{role: Earth, twins: [B]}]\n").digest

    assert said == again != other


def test_a_manifest_that_is_nested_beyond_reason_is_refused_and_not_a_crash(load: Any) -> None:
    for depth in (30, 1_000):
        with pytest.raises(ManifestError, match="nested"):
            load("version: 1\nroles: {Earth: {}}\ntags: " + "[" * depth + "]" * depth + "\n")
