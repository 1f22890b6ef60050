import json
import os
import re
from pathlib import Path
from typing import Any

from twin_rbac.role_tags.manifest_shape import LimitsShape, ManifestShape, RoleShape, SubtreeShape, TagShape
from twin_rbac.role_tags.schema import manifest_schema

ROOT = Path(__file__).parents[3]
PUBLISHED = ROOT / "docs" / "role-tags.schema.json"
SCHEMA = manifest_schema()


def keys(shape: Any) -> set[str]:
    return {field.alias or name for name, field in shape.model_fields.items()}


def test_the_published_schema_is_the_one_that_the_program_has() -> None:
    text = json.dumps(SCHEMA, indent=2, ensure_ascii=False) + "\n"
    if os.environ.get("TWIN_RBAC_REWRITE_DOCS"):
        PUBLISHED.write_text(text)
    assert PUBLISHED.read_text() == text, "run this test with TWIN_RBAC_REWRITE_DOCS=1 to write it anew"


def test_every_key_of_a_manifest_is_in_the_schema_with_what_it_means() -> None:
    shapes = {name: SCHEMA["$defs"][f"{name}Shape"] for name in ("Role", "Tag", "Subtree", "Limits")}

    assert set(SCHEMA["properties"]) == keys(ManifestShape)
    assert set(shapes["Role"]["properties"]) == keys(RoleShape)
    assert set(shapes["Tag"]["properties"]) == keys(TagShape)
    assert set(shapes["Subtree"]["properties"]) == keys(SubtreeShape)
    assert set(shapes["Limits"]["properties"]) == keys(LimitsShape)
    for part in (SCHEMA, *shapes.values()):
        assert part["additionalProperties"] is False
        assert all(value["description"] for value in part["properties"].values())


def test_an_entry_has_a_role_and_exactly_one_selector() -> None:
    entry = SCHEMA["$defs"]["TagShape"]

    assert entry["required"] == ["role"]
    assert [choice["required"] for choice in entry["oneOf"]] == [["twins"], ["glob"], ["query"], ["model"], ["subtree"]]


def test_only_the_version_must_stand_in_every_file_since_another_may_hold_the_rest() -> None:
    assert SCHEMA["required"] == ["version"]
    assert SCHEMA["properties"]["version"]["const"] == 1


def test_an_editor_offers_the_words_that_a_setting_knows() -> None:
    properties = SCHEMA["properties"]

    assert properties["encoding"]["enum"] == ["value", "marker"]
    assert properties["missing"]["enum"] == ["error", "skip"]
    assert properties["unlisted"]["enum"] == ["report", "remove"]
    assert SCHEMA["if"]["properties"] == {"encoding": {"const": "marker"}}
    assert SCHEMA["then"] == {"properties": {"key": False}}


def test_patterns_hold_what_manifests_hold_and_are_such_as_javascript_reads() -> None:
    tag, subtree, limits = (SCHEMA["$defs"][f"{name}Shape"]["properties"] for name in ("Tag", "Subtree", "Limits"))
    patterns = {
        SCHEMA["properties"]["roles"]["propertyNames"]["pattern"]: ("Earth-1_x", "Earth One"),
        SCHEMA["properties"]["key"]["pattern"]: ("role_2", "2role"),
        tag["model"]["pattern"]: ("dtmi:example:Room;1", "example:Room;1"),
        tag["twins"]["items"]["pattern"]: ("1", " "),
        subtree["via"]["items"]["pattern"]: ("isPartOf", "is part"),
        limits["add"]["pattern"]: ("100%", "100"),
    }

    for pattern, (right, wrong) in patterns.items():
        assert re.search(pattern, right)
        assert not re.search(pattern, wrong)
        # Python alone reads these.
        assert not re.search(r"\\[AZ]|\(\?P", pattern)


def test_the_schema_says_nothing_of_null_except_for_a_role_without_a_description() -> None:
    assert json.dumps(SCHEMA).count('"null"') == 1
    assert SCHEMA["properties"]["roles"]["additionalProperties"]["anyOf"][1] == {"type": "null"}


def test_the_example_names_the_schema_for_editors() -> None:
    first = (ROOT / "examples" / "tenants" / "role-tags.yaml").read_text().split("\n")[0]
    path = first.removeprefix("# yaml-language-server: $schema=")

    assert (ROOT / "examples" / "tenants" / path).resolve() == PUBLISHED
