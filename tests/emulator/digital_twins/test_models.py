from typing import Any

import pytest

from emulator.digital_twins.errors import ModelsInvalid
from emulator.digital_twins.models import Models


def interface(name: str, *bases: str, version: int = 3, **changes: Any) -> Any:
    return {
        "@id": f"dtmi:{name};1" if ";" not in name else f"dtmi:{name}",
        "@type": "Interface",
        "@context": f"dtmi:dtdl:context;{version}",
        "extends": [f"dtmi:{base};1" if ";" not in base else f"dtmi:{base}" for base in bases],
        "contents": [],
        **changes,
    }


def prop(name: str) -> Any:
    return {"@type": "Property", "name": name, "schema": "string"}


@pytest.fixture
def models(emulated: Any) -> Models:
    return Models(emulated.instance)


def test_a_model_has_what_it_inherits(models: Models) -> None:
    models.add(
        [
            interface("a", contents=[prop("x"), {"@type": "Relationship", "name": "has"}]),
            interface("b", "a", contents=[prop("y")]),
            interface("c", "b", contents=[{"@type": "Telemetry", "name": "t", "schema": "double"}]),
        ]
    )
    contents = models.contents("dtmi:c;1")
    assert contents is not None
    assert set(contents.properties) == {"x", "y"}
    assert set(contents.relationships) == {"has"}
    assert contents.telemetries == {"t"}
    assert models.contents("dtmi:d;1") is None


@pytest.mark.parametrize(
    ("documents", "problem"),
    [
        ([interface("a"), interface("a")], "dtmi:a;1 is defined more than once."),
        ([interface("a", "b"), interface("b", "a")], "has an endless loop of 'extends'"),
        ([interface("a", "a")], "has an endless loop of 'extends'"),
        (
            [interface("m0"), *(interface(f"m{n}", f"m{n - 1}") for n in range(1, 12))],
            "dtmi:m11;1 has 11 levels of 'extends', but at most 10 levels are allowed",
        ),
        (
            [interface("a", contents=[prop("x")]), interface("b", "a", contents=[prop("x")])],
            "dtmi:b;1 has or inherits more than one 'contents' value with name 'x'",
        ),
        (
            [interface("a", contents=[prop("x")]), interface("b", contents=[prop("x")]), interface("c", "a", "b")],
            "dtmi:c;1 has or inherits more than one 'contents' value with name 'x'",
        ),
        ([interface("a"), interface("b", "a", version=2)], "dtmi:b;1 is written in DTDL version 2 and refers to"),
        (
            [interface("a", version=2, contents=[prop(f"p{n}") for n in range(301)])],
            "dtmi:a;1 has 301 contents, but at most 300 are allowed",
        ),
        (
            [
                interface("a"),
                interface("b", contents=[{"@type": "Component", "name": "k", "schema": "dtmi:a;1"}]),
                interface("c", contents=[{"@type": "Component", "name": "k", "schema": "dtmi:b;1"}]),
            ],
            "dtmi:c;1 has component 'k' whose interface has components",
        ),
    ],
)
def test_models_that_do_not_go_together_are_refused(models: Models, documents: Any, problem: str) -> None:
    with pytest.raises(ModelsInvalid) as caught:
        models.add(documents)
    assert problem in caught.value.document["error"]["message"]
    assert models.documents() == []


def test_a_model_of_dtdl_3_inherits_from_at_most_1023_others(models: Models) -> None:
    names = [f"m{number}" for number in range(1024)]
    for start in range(0, 1024, 128):
        models.add([interface(name) for name in names[start : start + 128]])
    models.add([interface("most", *names[1:])])
    with pytest.raises(ModelsInvalid) as caught:
        models.add([interface("more", *names)])
    assert "dtmi:more;1 has 1025 interfaces in its hierarchy" in caught.value.document["error"]["message"]


def test_a_base_met_twice_is_no_clash(models: Models) -> None:
    models.add(
        [interface("a", contents=[prop("x")]), interface("b", "a"), interface("c", "a"), interface("d", "b", "c")]
    )
    assert models.contents("dtmi:d;1") is not None


@pytest.mark.parametrize(
    ("model_id", "wanted", "exact", "expected"),
    [
        ("dtmi:a;2", "dtmi:a;2", False, True),
        ("dtmi:a;2", "dtmi:a;1", False, True),
        ("dtmi:a;1", "dtmi:a;2", False, False),
        ("dtmi:a;10", "dtmi:a;9", False, True),
        ("dtmi:b;1", "dtmi:a;1", False, True),
        ("dtmi:b;1", "dtmi:a;3", False, False),
        ("dtmi:a;2", "dtmi:b;1", False, False),
        ("dtmi:a;2", "dtmi:a;2", True, True),
        ("dtmi:a;2", "dtmi:a;1", True, False),
        ("dtmi:b;1", "dtmi:a;2", True, False),
        ("dtmi:gone;2", "dtmi:gone;1", False, True),
        ("dtmi:a;2", "dtmi:A;1", False, False),
    ],
)
def test_a_model_counts_as_itself_its_older_versions_and_its_bases(
    models: Models, model_id: str, wanted: str, *, exact: bool, expected: bool
) -> None:
    models.add([interface("a;1"), interface("a;2"), interface("a;10"), interface("b", "a;2")])
    assert models.is_of_model(model_id, wanted, exact=exact) is expected


def test_inheritance_is_asked_again_after_a_model_is_gone(models: Models) -> None:
    models.add([interface("a"), interface("b", "a")])
    assert models.is_of_model("dtmi:b;1", "dtmi:a;1", exact=False)
    models.delete("dtmi:b;1")
    models.add([interface("b")])
    assert not models.is_of_model("dtmi:b;1", "dtmi:a;1", exact=False)
