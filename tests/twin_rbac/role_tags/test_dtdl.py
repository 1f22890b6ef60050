from typing import Any

import pytest

from twin_rbac.role_tags.dtdl import (
    Library,
    dependencies_of,
    is_same_or_newer,
    language_of,
    named_schemas,
    split_version,
)


@pytest.mark.parametrize(
    ("model_id", "path", "version"),
    [
        ("dtmi:x:Room;1", "dtmi:x:Room", (1,)),
        ("dtmi:x:Room;12.30", "dtmi:x:Room", (12, 30)),
        ("dtmi:x:Room", "dtmi:x:Room", (0,)),
        ("dtmi:x:Room;latest", "dtmi:x:Room", (0,)),
    ],
)
def test_an_id_is_a_path_and_a_version(model_id: str, path: str, version: tuple[int, ...]) -> None:
    assert split_version(model_id) == (path, version)


@pytest.mark.parametrize(
    ("model_id", "wanted", "expected"),
    [
        ("dtmi:x:Room;1", "dtmi:x:Room;1", True),
        ("dtmi:x:Room;10", "dtmi:x:Room;9", True),
        ("dtmi:x:Room;1.2", "dtmi:x:Room;1", True),
        ("dtmi:x:Room;1", "dtmi:x:Room", True),
        ("dtmi:x:Room;9", "dtmi:x:Room;10", False),
        ("dtmi:x:Rooms;2", "dtmi:x:Room;1", False),
    ],
)
def test_versions_are_compared_as_numbers_and_within_one_path(model_id: str, wanted: str, expected: Any) -> None:
    assert is_same_or_newer(model_id, wanted) is expected


@pytest.mark.parametrize(
    ("context", "language"),
    [
        ("dtmi:dtdl:context;2", 2),
        (["dtmi:dtdl:context;2"], 2),
        (["dtmi:dtdl:context;3", "dtmi:dtdl:extension:quantitativeTypes;1"], 3),
    ],
)
def test_the_first_context_says_the_language(context: Any, language: int) -> None:
    assert language_of({"@context": context}) == language


def test_bases_and_components_are_dependencies_and_the_targets_of_relationships_are_not() -> None:
    definition = {
        "extends": ["dtmi:x:A;1", "dtmi:x:B;1"],
        "contents": [
            {"@type": ["Component"], "name": "c", "schema": "dtmi:x:C;1"},
            {"@type": "Relationship", "name": "r", "target": "dtmi:x:D;1"},
            {"@type": "Property", "name": "p", "schema": "string"},
        ],
    }

    assert dependencies_of(definition) == ["dtmi:x:A;1", "dtmi:x:B;1", "dtmi:x:C;1"]


def test_schemas_with_an_id_are_found_wherever_they_stand() -> None:
    inner = {"@id": "dtmi:x:i;1", "@type": "Enum"}
    outer = {"@id": "dtmi:x:o;1", "@type": "Map", "mapValue": {"name": "v", "schema": inner}}

    found = dict(named_schemas({"@id": "dtmi:x:Room;1", "contents": [{"name": "p", "schema": outer}]}))

    assert found == {"dtmi:x:i;1": inner, "dtmi:x:o;1": outer}


def test_the_order_has_bases_first_and_does_not_depend_on_that_of_the_models() -> None:
    models: dict[str, dict[str, Any]] = {
        "dtmi:x:C;1": {"@id": "dtmi:x:C;1", "extends": ["dtmi:x:B;2", "dtmi:x:B;10"]},
        "dtmi:x:B;10": {"@id": "dtmi:x:B;10"},
        "dtmi:x:B;2": {"@id": "dtmi:x:B;2"},
    }

    assert Library(models).order == ("dtmi:x:B;2", "dtmi:x:B;10", "dtmi:x:C;1")
