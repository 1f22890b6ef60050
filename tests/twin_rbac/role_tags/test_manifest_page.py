"""docs/manifest.md says what the program does."""

import re
from pathlib import Path

import pytest

from twin_rbac.role_tags.manifest import load_manifest
from twin_rbac.role_tags.manifest_shape import SELECTORS, ManifestShape, SubtreeShape

PAGE = (Path(__file__).parents[3] / "docs" / "manifest.md").read_text()
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def section(title: str) -> str:
    return re.split(r"^##+ ", PAGE.partition(f"# {title}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_every_example_on_the_page_is_a_manifest(example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("teams").mkdir()
    Path("teams/a.yaml").write_text("version: 1\ntags: [{role: Earth, twins: [A]}]\n")
    Path("limits.yaml").write_text("version: 1\nlimits: {add: 1%}\n")
    Path("role-tags.yaml").write_text(example)

    assert load_manifest(Path("role-tags.yaml")).rules.roles


@pytest.mark.parametrize("selector", SELECTORS)
def test_every_selector_has_an_example_that_uses_it(selector: str, tmp_path: Path) -> None:
    (example,) = re.findall(r"^```yaml\n(.*?)^```", section(selector), re.MULTILINE | re.DOTALL)
    file = tmp_path / "role-tags.yaml"
    file.write_text(example)
    manifest = load_manifest(file)

    kinds = {"twins" for _ in manifest.twins} | {str(item.kind) for item in manifest.selectors}
    assert kinds == {selector}


def test_the_page_has_every_key_and_no_other() -> None:
    rows = re.findall(r"^\| `([$\w]+)` \|", section("Keys"), re.MULTILINE)

    assert set(rows) == {field.alias or name for name, field in ManifestShape.model_fields.items()}
    assert [key for key in SubtreeShape.model_fields if f"`{key}`" not in section("subtree")] == []


def test_the_table_of_precedence_is_the_programs() -> None:
    rows = re.findall(r"^\| (\d) \| `(\w+)` \|", section("Selectors"), re.MULTILINE)

    assert rows == [(str(place), name) for place, name in enumerate(SELECTORS, start=1)]
