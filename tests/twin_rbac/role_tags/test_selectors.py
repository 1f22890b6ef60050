from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from twin_rbac.role_tags.errors import SelectorConflict
from twin_rbac.role_tags.model import TagRules
from twin_rbac.role_tags.selectors import Selector, find_matcher, find_model_matcher, models_of, resolve

FOLDER = Path(__file__).parents[2] / "cases" / "selectors"
PRECEDENCE = YAML(typ="safe").load(FOLDER / "precedence.yaml")
MODELS = YAML(typ="safe").load(FOLDER / "models.yaml")

Matched = list[tuple[Selector, list[str]]]


def matched_of(items: list[Any]) -> Matched:
    return [
        (Selector(role=role, kind=kind, value="…", place=f"m.yaml:{line}:1"), twin_ids)
        for line, (role, kind, twin_ids) in enumerate(items, start=1)
    ]


def rules_of(case: Mapping[str, Any]) -> TagRules:
    return TagRules(
        roles=("Earth", "Fire", "Wind"),
        encoding=case.get("encoding", "value"),
        ignore=tuple(case.get("ignore", ())),
    )


@pytest.mark.parametrize("case", [case for case in PRECEDENCE if "roles" in case], ids=lambda case: case["is"])
def test_the_more_specific_selector_decides(case: dict[str, Any]) -> None:
    assert resolve(rules_of(case), case.get("listed", {}), matched_of(case["selectors"])) == case["roles"]


@pytest.mark.parametrize("case", [case for case in PRECEDENCE if "conflicts" in case], ids=lambda case: case["is"])
def test_selectors_that_disagree_are_refused_with_both_places(case: dict[str, Any]) -> None:
    with pytest.raises(SelectorConflict) as caught:
        resolve(rules_of(case), case.get("listed", {}), matched_of(case["selectors"]))

    found = [[*conflict.places, list(conflict.twin_ids)] for conflict in caught.value.conflicts]
    assert found == case["conflicts"]


def test_a_conflict_says_where_what_and_what_to_do() -> None:
    matched = matched_of([("Earth", "glob", ["A", "B", "C"]), ("Fire", "glob", ["C", "B"])])

    with pytest.raises(SelectorConflict) as caught:
        resolve(TagRules(roles=("Earth", "Fire")), {}, matched)
    assert str(caught.value) == (
        "m.yaml:2:1: this glob gives Fire to twin 'B' and 1 more, and the one at m.yaml:1:1 gives Earth; "
        "narrow one of them, or list the twin"
    )


def test_of_many_conflicts_twenty_are_shown_and_all_are_there() -> None:
    matched = matched_of([("Earth", "glob", ["A"]), *(("Fire", "glob", ["A", str(i)]) for i in range(5))])
    more = matched_of([("Earth", "query", [str(i)]) for i in range(10, 32)])
    disagreeing = matched_of([("Fire", "query", [str(i)]) for i in range(10, 32)])

    with pytest.raises(SelectorConflict) as caught:
        resolve(TagRules(roles=("Earth", "Fire")), {}, [*matched, *more, *disagreeing])
    assert len(caught.value.conflicts) == 23
    assert str(caught.value).splitlines()[-1] == "  and 3 more"
    assert len(str(caught.value).splitlines()) == 21


def test_listed_twins_come_first_in_the_answer_in_their_order() -> None:
    matched = matched_of([("Earth", "glob", ["A", "B", "C"])])

    assert list(resolve(TagRules(roles=("Earth",)), {"C": "Earth", "B": "Earth"}, matched)) == ["C", "B", "A"]


@pytest.mark.parametrize("case", MODELS, ids=lambda case: case["is"])
def test_a_model_stands_for_its_higher_versions_and_for_what_inherits(case: dict[str, Any]) -> None:
    definitions: dict[str, dict[str, Any]] = {
        key: {"@id": key, "extends": bases} for key, bases in case["models"].items()
    }
    for key, schema in case.get("components", {}).items():
        definitions[key] = {"@id": key, "contents": [{"@type": "Component", "name": "part", "schema": schema}]}

    assert models_of(case["wanted"], definitions) == frozenset(case["found"])


def test_twins_of_a_deleted_model_count_by_the_version_in_its_id() -> None:
    is_meant = find_model_matcher("dtmi:x;2", {"dtmi:x;2": {}, "dtmi:y;1": {"extends": "dtmi:x;2"}})

    assert [model for model in ("dtmi:x;3", "dtmi:x;1", "dtmi:y;1", "dtmi:z;9") if is_meant(model)] == [
        "dtmi:x;3",
        "dtmi:y;1",
    ]


@pytest.mark.parametrize(
    ("pattern", "twin_id", "expected"),
    [
        ("*", "", True),
        ("*", "any/\nthing", True),
        ("**", "A", True),
        ("room-*", "room-", True),
        ("room-*", "Room-1", False),
        ("room-?", "room-12", False),
        ("a.c", "abc", False),
        ("a*c", "a\nc", True),
        ("[a]", "a", False),
    ],
)
def test_a_glob_knows_stars_and_question_marks_alone(pattern: str, twin_id: str, *, expected: bool) -> None:
    assert find_matcher(pattern)(twin_id) is expected


KINDS = ("glob", "query", "model", "subtree")


def resolve_naively(listed: dict[str, str], matched: Matched, *, markers: bool) -> dict[str, str] | None:
    """Each twin by itself, as the design says it; None where selectors disagree."""
    answer = dict(listed)
    for twin_id in {twin_id for _, twin_ids in matched for twin_id in twin_ids} - listed.keys():
        best = min(KINDS.index(selector.kind) for selector, twin_ids in matched if twin_id in twin_ids)
        roles = {
            selector.role for selector, twin_ids in matched if twin_id in twin_ids and KINDS[best] == selector.kind
        }
        if len(roles) > 1 and not markers:
            return None
        answer[twin_id] = ",".join(sorted(roles))
    return answer


TWINS = st.lists(st.sampled_from("ABCDE"), max_size=5)
ROLES = st.sampled_from(["Earth", "Fire", "Wind"])


@given(
    listed=st.dictionaries(st.sampled_from("ABCDE"), ROLES, max_size=2),
    items=st.lists(st.tuples(ROLES, st.sampled_from(KINDS), TWINS), max_size=6),
    markers=st.booleans(),
)
def test_resolving_agrees_with_looking_at_each_twin_by_itself(
    *, listed: dict[str, str], items: list[Any], markers: bool
) -> None:
    matched = matched_of(items)
    rules = TagRules(roles=("Earth", "Fire", "Wind"), encoding="marker" if markers else "value")
    expected = resolve_naively(listed, matched, markers=markers)

    if expected is None:
        with pytest.raises(SelectorConflict):
            resolve(rules, listed, matched)
    else:
        assert resolve(rules, listed, matched) == expected
