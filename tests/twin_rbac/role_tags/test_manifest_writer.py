from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin_rbac.role_tags.errors import RoleTagsError
from twin_rbac.role_tags.manifest import load_manifest
from twin_rbac.role_tags.manifest_writer import manifest_text
from twin_rbac.role_tags.model import Limits, TagRules

ODD = [
    "1",
    "2.50",
    "null",
    "~",
    "true",
    "No",
    "y",
    "2024-01-31",
    "0x1f",
    "1e3",
    ".inf",
    "a: b",
    "a #b",
    " a",
    "a ",
    "- a",
]
ODD += [
    "*",
    "&a",
    "!a",
    "%a",
    "@a",
    "`a",
    "{a}",
    "[a]",
    "'",
    '"',
    "it's",
    'a "b"',
    "x\\y",
    "\\n",
    "a,b",
    "?",
    ":",
    "=",
    "<<",
]
ODD += ["Türme/1", "房间", "😀", "a\u00a0b", "a\u2028b", "\ufeffa", "\ufffe", "a\u200db", "---", "...", "#", "|", ">"]
IDS = st.one_of(
    st.sampled_from(ODD),
    st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=12).filter(lambda text: text.strip()),
)
ROLES = ("Earth", "Fire", "null", "Y", "1e3")


@given(twins=st.dictionaries(IDS, st.sampled_from(ROLES), max_size=12))
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, twins: dict[str, str]) -> None:
    file = tmp_path_factory.getbasetemp() / "written.yaml"
    rules = TagRules(roles=ROLES, limits=Limits(add=5, change=0, remove=100), missing="skip", unlisted="remove")
    file.write_bytes(manifest_text(rules, twins).encode())

    manifest = load_manifest(file)

    assert (manifest.rules, dict(manifest.twins)) == (rules, twins)


def test_every_odd_id_is_read_back(tmp_path: Path) -> None:
    rules = TagRules(roles=("Earth",), ignore=("sandbox-*", "*: x", "?"))
    twins = dict.fromkeys(set(ODD) - {"?"} - {text for text in ODD if len(text) == 1}, "Earth")
    file = tmp_path / "written.yaml"
    file.write_bytes(manifest_text(rules, twins).encode())

    manifest = load_manifest(file)

    assert (manifest.rules, dict(manifest.twins)) == (rules, twins)


def test_twins_stand_by_role_and_id_and_are_quoted_where_needed() -> None:
    rules = TagRules(roles=("Fire", "Earth"), ignore=("sandbox-*",))

    assert manifest_text(rules, {"B": "Fire", "2": "Earth", "A": "Earth", "no": "Earth"}, schema="s.json") == (
        "# yaml-language-server: $schema=s.json\n"
        "version: 1\n"
        "property: tags\n"
        "key: role\n"
        "encoding: value\n"
        "roles:\n"
        "  Fire: {}\n"
        "  Earth: {}\n"
        "tags:\n"
        "  - role: Earth\n"
        "    twins:\n"
        '      - "2"\n'
        "      - A\n"
        '      - "no"\n'
        "  - role: Fire\n"
        "    twins:\n"
        "      - B\n"
        "ignore:\n"
        '  - "sandbox-*"\n'
    )


def test_with_markers_a_twin_stands_under_each_of_its_roles(tmp_path: Path) -> None:
    rules = TagRules(encoding="marker", roles=("Earth", "Fire", "Wind"))
    file = tmp_path / "written.yaml"
    file.write_text(manifest_text(rules, {"A": "Earth,Fire", "B": "Fire"}))

    manifest = load_manifest(file)

    assert (manifest.rules, dict(manifest.twins)) == (rules, {"A": "Earth,Fire", "B": "Fire"})
    assert "key:" not in file.read_text()


def test_a_manifest_without_twins_lists_none(tmp_path: Path) -> None:
    text = manifest_text(TagRules(roles=("Earth",)), {})

    assert text.endswith("roles:\n  Earth: {}\ntags: []\n")


@pytest.mark.parametrize(
    ("rules", "twins", "named"),
    [
        (TagRules(roles=()), {}, "there are no roles"),
        (TagRules(roles=("E",)), {"a\nb": "E"}, r"'a\\nb': the twin id 'a\\nb' holds a character that is no text"),
        (TagRules(roles=("E",)), {"\ud800": "E"}, r"'\\ud800': the twin id '\\ud800' holds a character"),
        (TagRules(roles=("E",)), {" ": "E"}, "' ': this text is empty"),
        (TagRules(roles=("E",)), {"A": "F"}, "the role 'F' of 'A' is not among the roles"),
        (TagRules(roles=("E",), ignore=("A*",)), {"A1": "E"}, "twin 'A1' is both listed and ignored"),
        (TagRules(roles=("two words",)), {}, "the role name 'two words' may hold letters"),
        (TagRules(roles=("E-1",), encoding="marker"), {}, "the role name 'E-1' must be a letter followed by"),
        (TagRules(roles=("E",), key="a b"), {}, "'a b' must be a letter followed by letters, digits or _"),
    ],
)
def test_what_no_manifest_can_say_is_refused_by_name(rules: TagRules, twins: dict[str, str], named: str) -> None:
    with pytest.raises(RoleTagsError, match=named):
        manifest_text(rules, twins)


def test_many_refusals_are_counted() -> None:
    with pytest.raises(RoleTagsError, match="  and 5 more"):
        manifest_text(TagRules(roles=("E",)), {f"{number}\n": "E" for number in range(25)})
