from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from twin_rbac.role_tags.model import TagRules
from twin_rbac.role_tags.taggable import find_untaggable

CASES = YAML(typ="safe").load(Path(__file__).parents[2] / "cases" / "models" / "taggable.yaml")
TAGS = {
    "@type": "Property",
    "name": "tags",
    "schema": {
        "@type": "Map",
        "mapKey": {"name": "tagName", "schema": "string"},
        "mapValue": {"name": "tagValue", "schema": "string"},
    },
}


def rules_of(case: Mapping[str, Any]) -> TagRules:
    return TagRules(roles=("Earth",), property=case.get("property", "tags"), encoding=case.get("encoding", "value"))


def chain(length: int) -> dict[str, Any]:
    """Models of which each extends the next."""
    return {f"dtmi:x:m{number};1": {"extends": f"dtmi:x:m{number + 1};1", "contents": []} for number in range(length)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_model_that_cannot_hold_the_tag_is_named_with_the_reason(case: Any) -> None:
    models: dict[str, Any] = {
        key: short if short is None else {"@id": key, **short} for key, short in case["models"].items()
    }

    assert find_untaggable(rules_of(case), models) == case["untaggable"]


def test_inheritance_over_more_levels_than_python_can_nest_calls_is_followed() -> None:
    models = {**chain(10_000), "dtmi:x:m10000;1": {"contents": [TAGS]}}

    assert find_untaggable(TagRules(roles=()), models) == {}
    assert len(find_untaggable(TagRules(roles=(), encoding="marker"), models)) == 10_001
