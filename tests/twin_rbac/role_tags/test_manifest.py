from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from twin_rbac.role_tags.errors import ManifestError
from twin_rbac.role_tags.manifest import Manifest, load_manifest
from twin_rbac.role_tags.model import Limits, TagRules
from twin_rbac.role_tags.selectors import Selector, Subtree

ROOT = Path(__file__).parents[3]
WRONG = YAML(typ="safe").load(ROOT / "tests" / "cases" / "manifests" / "wrong.yaml")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that paths are seen from."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(files: Mapping[str, str]) -> None:
    for name, content in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(content)


@pytest.fixture
def load(folder: Path) -> Any:
    """Loads a manifest with the given text, as a person would name it."""

    def load(content: str | bytes) -> Manifest:
        data = content.encode() if isinstance(content, str) else content
        Path("role-tags.yaml").write_bytes(data)
        return load_manifest(Path("role-tags.yaml"))

    return load


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case["name"])
def test_a_wrong_manifest_is_refused_with_every_problem_and_its_place(folder: Path, case: dict[str, Any]) -> None:
    write(case.get("files") or {"role-tags.yaml": case["manifest"]})
    with pytest.raises(ManifestError) as caught:
        load_manifest(Path(case.get("load", "role-tags.yaml")))
    name = "" if "files" in case else "role-tags.yaml:"
    assert str(caught.value).split("\n") == [f"{name}{error}" for error in case["errors"]]


def test_the_corpus_holds_what_it_is_to_hold() -> None:
    assert len(WRONG) >= 75
    assert len({case["name"] for case in WRONG}) == len(WRONG)


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


def test_each_selector_is_kept_with_its_role_and_its_place(load: Any) -> None:
    manifest = load("""
version: 1
roles: {Earth: {}, Fire: {}}
tags:
  - {role: Earth, glob: "room-*"}
  - role: Fire
    model: dtmi:example:Room;1
  - {role: Earth, query: SELECT T FROM DIGITALTWINS T WHERE T.floor = 1}
  - {role: Fire, subtree: {of: B, via: [contains, isPartOf], depth: 5, stop: ["x-*", "dtmi:example:Desk;2"]}}
  - {role: Fire, subtree: {of: C, via: [contains]}}
  - {role: Earth, twins: [A]}
""")

    deep = Subtree(of="B", via=("contains", "isPartOf"), depth=5, stop=("x-*", "dtmi:example:Desk;2"))
    assert manifest.selectors == (
        Selector(role="Earth", kind="glob", value="room-*", place="role-tags.yaml:5:19"),
        Selector(role="Fire", kind="model", value="dtmi:example:Room;1", place="role-tags.yaml:7:5"),
        Selector(
            role="Earth",
            kind="query",
            value="SELECT T FROM DIGITALTWINS T WHERE T.floor = 1",
            place="role-tags.yaml:8:19",
        ),
        Selector(role="Fire", kind="subtree", value=deep, place="role-tags.yaml:9:18"),
        Selector(role="Fire", kind="subtree", value=Subtree(of="C", via=("contains",)), place="role-tags.yaml:10:18"),
    )
    assert dict(manifest.twins) == {"A": "Earth"}


@pytest.mark.parametrize(
    "model_id", ["dtmi:a;1", "dtmi:com:example_x:Room2;999999999", "dtmi:example:Room;1.2", "dtmi:example:Room"]
)
def test_a_model_id_is_whatever_dtdl_allows(load: Any, model_id: str) -> None:
    (selector,) = load(f'version: 1\nroles: {{E: {{}}}}\ntags: [{{role: E, model: "{model_id}"}}]\n').selectors

    assert selector.value == model_id


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM DIGITALTWINS",
        "SELECT * FROM DIGITALTWINS T WHERE IS_OF_MODEL('dtmi:example:Room;1')",
        "SELECT T FROM DIGITALTWINS T WHERE T.a = 1 AND T.b IN ['x', 'y']",
    ],
)
def test_a_query_may_be_any_one_of_whole_twins(load: Any, query: str) -> None:
    content = f"version: 1\nroles: {{E: {{}}}}\ntags:\n  - role: E\n    query: >-\n      {query}\n"

    assert [selector.value for selector in load(content).selectors] == [query]


def test_a_query_is_at_most_as_long_as_the_service_takes(load: Any) -> None:
    def content(length: int) -> str:
        start = "SELECT * FROM DIGITALTWINS WHERE a = '"
        return f'version: 1\nroles: {{E: {{}}}}\ntags:\n  - {{role: E, query: "{start:x<{length - 1}}\'"}}\n'

    # 8,000 characters: adt-query-language, section 8.
    assert len(load(content(8000)).selectors[0].value) == 8000
    with pytest.raises(ManifestError, match=r"^role-tags\.yaml:4:8023: .* the query has 8001 characters, and 8000 is"):
        load(content(8001))


def test_with_markers_a_twin_has_all_the_roles_it_is_listed_under(load: Any) -> None:
    manifest = load("""
version: 1
encoding: marker
roles: {Fire: {}, Earth: {}}
tags:
  - {role: Fire, twins: [A, B]}
  - {role: Earth, twins: [C, A]}
""")

    assert manifest.rules == TagRules(encoding="marker", roles=("Fire", "Earth"))
    assert dict(manifest.twins) == {"A": "Earth,Fire", "B": "Fire", "C": "Earth"}
    assert manifest.places["A"] == "role-tags.yaml:6:26"


def test_limits_that_are_left_out_are_those_of_the_design(load: Any) -> None:
    said = "version: 1\nroles: {Earth: {}}\ntags: []\n"

    assert load(said).rules.limits == Limits(add=100, change=30, remove=10)
    assert load(f"{said}limits: {{add: 250%, remove: 0%}}\n").rules.limits == Limits(add=250, change=30, remove=0)


def test_a_line_for_an_editor_means_nothing(load: Any) -> None:
    said = "version: 1\nroles: {Earth: {}}\ntags: []\n"

    assert load(f"$schema: role-tags.schema.json\n{said}").digest == load(said).digest


def test_a_manifest_of_several_files_is_one(folder: Path) -> None:
    write(
        {
            "conf/role-tags.yaml": """
version: 1
roles: {Earth: {description: the first}}
tags: [{role: Fire, twins: [A]}]
include: [../limits.yaml, teams/]
""",
            "limits.yaml": "version: 1\nlimits: {add: 10%}\nmissing: skip\ninclude: [conf/teams/b.yml]\n",
            "conf/teams/b.yml": "version: 1\nroles: {Fire: {}, Earth: }\ntags: [{role: Earth, glob: b*}]\n",
            "conf/teams/a.yaml": "version: 1\ntags: [{role: Earth, twins: [B]}]\nignore: [x*]\nmissing: skip\n",
            "conf/teams/.draft.yaml": "nonsense",
            "conf/teams/old/c.yaml": "nonsense",
        }
    )
    manifest = load_manifest(Path("conf/role-tags.yaml"))

    assert manifest.rules == TagRules(
        roles=("Earth", "Fire"), ignore=("x*",), missing="skip", limits=Limits(add=10, change=30, remove=10)
    )
    assert dict(manifest.places) == {"A": "conf/role-tags.yaml:4:29", "B": "conf/teams/a.yaml:2:30"}
    # What two includes lead to is read where the first one does.
    assert [str(file) for file in manifest.files] == [
        "conf/role-tags.yaml",
        "conf/../limits.yaml",
        "conf/../conf/teams/b.yml",
        "conf/teams/a.yaml",
    ]
    assert manifest.selectors[0].place == "conf/../conf/teams/b.yml:3:22"


def test_a_folder_is_a_manifest_of_all_its_files(folder: Path) -> None:
    write(
        {
            "teams/b.yaml": "version: 1\ntags: [{role: Earth, twins: [B]}]\n",
            "teams/a.yml": "version: 1\nroles: {Earth: {}}\ntags: [{role: Earth, twins: [A]}]\ninclude: [b.yaml]\n",
            "teams/notes.txt": "nonsense",
        }
    )
    manifest = load_manifest(Path("teams"))

    assert (dict(manifest.twins), len(manifest.files)) == ({"A": "Earth", "B": "Earth"}, 2)


def test_the_digest_does_not_depend_on_the_files_and_does_on_everything_that_is_said(folder: Path) -> None:
    one = "version: 1\nroles: {Earth: {}, Fire: {}}\ntags: [{role: Earth, twins: [A, B]}, {role: Fire, glob: c*}]\n"
    write(
        {
            "one.yaml": one,
            "other.yaml": one.replace("c*", "d*"),
            "limited.yaml": f"{one}limits: {{add: 99%}}\n",
            "a.yaml": "version: 1\nroles: {Fire: {}}\ntags: [{role: Fire, glob: c*}]\ninclude: [b.yaml]\n",
            "b.yaml": "version: 1\nroles: {Earth: {}}\ntags: [{role: Earth, twins: [B]}, {role: Earth, twins: [A]}]\n",
        }
    )
    digests = {name: load_manifest(Path(name)).digest for name in ("one.yaml", "other.yaml", "limited.yaml", "a.yaml")}

    assert digests["one.yaml"] == digests["a.yaml"]
    assert len(set(digests.values())) == 3


def test_files_that_link_to_themselves_are_refused_and_not_a_crash(folder: Path) -> None:
    Path("loop.yaml").symlink_to("loop.yaml")
    write({"role-tags.yaml": "version: 1\nroles: {Earth: {}}\ntags: []\ninclude: [loop.yaml]\n"})

    with pytest.raises(ManifestError, match=r":4:11: 'loop\.yaml' cannot be included \(Too many levels"):
        load_manifest(Path("role-tags.yaml"))


def test_a_chain_of_many_includes_is_refused_and_not_a_crash(folder: Path) -> None:
    write({f"{number}.yaml": f"version: 1\ninclude: [{number + 1}.yaml]\n" for number in range(30)})

    with pytest.raises(ManifestError, match=r"20\.yaml:2:11: files include each other more than 20 deep"):
        load_manifest(Path("0.yaml"))


def test_many_patterns_and_many_twins_are_compared_by_the_rule_that_plans_use(load: Any) -> None:
    ids = ["a", "a.b", "axb", "A", "a b", "x[1]", "x1"]
    for pattern in ("a", "a?b", "a.b", "*", "x[1]", "?", "a*b"):
        rules = TagRules(roles=("E",), ignore=("never-?", pattern))
        wanted = [twin_id for twin_id in ids if rules.ignores(twin_id)]
        with pytest.raises(ManifestError) as caught:
            load(
                f"version: 1\nroles: {{E: {{}}}}\nignore: ['never-?', '{pattern}']\ntags: [{{role: E, twins: {ids}}}]\n"
            )
        assert [problem.text.split("'")[1] for problem in caught.value.problems] == wanted
