import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin_rbac.role_tags.fitting import hold_back, models_given_roles, move_models
from twin_rbac.role_tags.model import TagRules, TwinTags
from twin_rbac.role_tags.plan import Plan, Planner, make_plan
from twin_rbac.role_tags.render import plan_as_mapping

RULES = TagRules(roles=("Earth", "Fire", "Wind"))


def live(**roles: str | None) -> dict[str, TwinTags]:
    """Twins that exist, each with its role tag, None for a map of tags without one."""
    return {
        twin_id: TwinTags(twin_id=twin_id, etag=f"e-{twin_id}", tags={"floor": "1"} | ({"role": role} if role else {}))
        for twin_id, role in roles.items()
    }


def outcome(plan: Plan) -> dict[str, tuple[str, str | None, str | None]]:
    return {change.twin_id: (change.kind, change.old, change.new) for change in plan.changes}


def test_a_listed_twin_gets_its_role_whatever_it_carried() -> None:
    existing = live(A=None, B="Fire", C="something", D="Earth")
    plan = make_plan(RULES, dict.fromkeys("ABCD", "Earth"), declared=(), existing=existing)

    assert outcome(plan) == {
        "A": ("add", None, "Earth"),
        "B": ("change", "Fire", "Earth"),
        "C": ("change", "something", "Earth"),
    }
    assert plan.unchanged == 1


def test_a_twin_that_left_the_manifest_loses_its_role_whoever_wrote_it() -> None:
    plan = make_plan(RULES, {}, declared={"A": "Earth", "B": "Fire"}, existing=live(A="Earth", B="Wind"))

    assert outcome(plan) == {"A": ("remove", "Earth", None), "B": ("remove", "Wind", None)}
    assert plan.unlisted == {}


def test_a_twin_that_left_the_manifest_keeps_what_is_no_role_of_it() -> None:
    plan = make_plan(RULES, {}, declared={"A": "Earth"}, existing=live(A="somebody-elses"))

    assert plan.changes == ()


def test_a_role_that_left_the_manifest_is_taken_off_with_its_twins() -> None:
    rules = TagRules(roles=("Earth",))
    plan = make_plan(rules, {"A": "Earth"}, declared={"A": "Earth", "W": "Wind"}, existing=live(A="Earth", W="Wind"))

    assert outcome(plan) == {"W": ("remove", "Wind", None)}


def test_a_twin_that_carries_a_role_and_was_never_listed_is_reported_and_left_alone() -> None:
    plan = make_plan(RULES, {"A": "Earth"}, declared={"A": "Earth"}, existing=live(A="Earth", X="Fire", Y="other"))

    assert plan.changes == ()
    assert plan.unlisted == {"X": "Fire"}


def test_an_unlisted_twin_loses_its_role_where_the_manifest_says_so() -> None:
    rules = TagRules(roles=("Earth", "Fire"), unlisted="remove")
    plan = make_plan(rules, {}, declared=(), existing=live(X="Fire", Y="other", Z=None))

    assert outcome(plan) == {"X": ("remove", "Fire", None)}
    assert plan.unlisted == {}


def test_an_ignored_twin_is_neither_touched_nor_reported() -> None:
    rules = TagRules(roles=("Earth",), ignore=("sandbox-*",), unlisted="remove")
    existing = live(**{"sandbox-1": "Earth", "sandbox-2": "Earth"})
    plan = make_plan(rules, {"sandbox-3": "Earth"}, declared=["sandbox-1"], existing=existing)

    assert (plan.changes, dict(plan.unlisted), plan.missing) == ((), {}, ())


def test_a_listed_twin_that_does_not_exist_is_missing() -> None:
    plan = make_plan(RULES, {"B": "Fire", "A": "Earth"}, declared=["C"], existing={})

    assert plan.missing == ("A", "B")
    assert plan.changes == ()


def test_changes_are_sorted_and_carry_the_etag_that_was_read() -> None:
    plan = make_plan(RULES, {"b": "Fire", "a": "Earth"}, declared=(), existing=live(b=None, a=None))

    assert [(change.twin_id, change.existing.etag) for change in plan.changes] == [("a", "e-a"), ("b", "e-b")]


def test_the_json_form_is_the_one_that_others_rely_on() -> None:
    existing = live(A=None, B="Fire", C="Earth", D="Earth", X="Wind")
    desired = {"A": "Earth", "B": "Earth", "D": "Earth"}
    plan = make_plan(RULES, desired, declared=["C"], existing=existing)

    shown = plan_as_mapping(plan)

    assert shown["changes"] == [
        {"twin": "A", "kind": "add", "from": None, "to": "Earth"},
        {"twin": "B", "kind": "change", "from": "Fire", "to": "Earth"},
        {"twin": "C", "kind": "remove", "from": "Earth", "to": None},
    ]
    assert shown["counts"] == {
        "add": 1,
        "change": 1,
        "remove": 1,
        "unchanged": 1,
        "unlisted": 1,
        "unknown": 0,
        "untaggable": 0,
        "missing": 0,
    }
    assert (shown["unlisted"], shown["unsafe"]) == ({"X": "Wind"}, False)


MARKERS = TagRules(roles=("Earth", "Fire", "Wind"), encoding="marker")


def marked(**markers: str) -> dict[str, TwinTags]:
    """Twins that exist, each with its tags, separated by blanks; a tag that no role names stays as it is."""
    return {
        twin_id: TwinTags(twin_id=twin_id, etag="e", tags=dict.fromkeys(names.split(), True))
        for twin_id, names in markers.items()
    }


def test_markers_of_a_twin_are_one_text_and_other_markers_do_not_count() -> None:
    existing = marked(A="", B="Fire quiet", C="Earth Fire", D="Earth Fire Wind", E="quiet")
    desired = dict.fromkeys("ABCD", "Earth,Fire")
    plan = make_plan(MARKERS, desired, declared=["E"], existing=existing)

    assert outcome(plan) == {
        "A": ("add", None, "Earth,Fire"),
        "B": ("change", "Fire", "Earth,Fire"),
        "D": ("change", "Earth,Fire,Wind", "Earth,Fire"),
    }
    assert (plan.unchanged, plan.unlisted, plan.unknown) == (1, {}, {})


def test_a_marker_role_that_left_the_manifest_is_taken_off_with_its_twins() -> None:
    existing = marked(A="Earth Old", B="Old quiet")
    plan = make_plan(MARKERS, {"A": "Earth"}, declared={"A": "Earth,Old", "B": "Old"}, existing=existing)

    assert outcome(plan) == {"A": ("change", "Earth,Old", "Earth"), "B": ("remove", "Old", None)}


def test_a_value_that_is_no_role_is_named_and_left_alone() -> None:
    plan = make_plan(RULES, {}, declared=(), existing=live(X="Fire", Y="other"))

    assert (plan.unlisted, plan.unknown, plan.changes) == ({"X": "Fire"}, {"Y": "other"}, ())


def test_a_twin_that_a_selector_chose_and_that_is_gone_is_not_missing() -> None:
    planner = Planner(RULES, {"A": "Earth", "B": "Earth"}, selected={"A"})

    assert planner.finish().missing == ("B",)


def test_counts_by_role_say_what_the_plan_means_for_each() -> None:
    existing = live(A=None, B="Fire", C="Earth", D="Earth", X="Wind")
    plan = make_plan(RULES, {"A": "Earth", "B": "Earth", "D": "Earth"}, declared=["C"], existing=existing)

    assert plan.counts_by_role == {
        "Earth": {"add": 1, "change": 0, "remove": 1, "unchanged": 1, "unlisted": 0},
        "Fire": {"add": 0, "change": 1, "remove": 0, "unchanged": 0, "unlisted": 0},
        "Wind": {"add": 0, "change": 0, "remove": 0, "unchanged": 0, "unlisted": 1},
    }


def test_twins_of_a_model_that_cannot_hold_the_tag_are_held_back_or_moved() -> None:
    twins = {"A": "dtmi:x;1", "B": "dtmi:y;1", "C": "dtmi:x;1"}
    existing = {
        twin_id: TwinTags(twin_id=twin_id, etag="e", tags=None, model_id=model_id)
        for twin_id, model_id in twins.items()
    }
    plan = make_plan(RULES, dict.fromkeys("AB", "Earth"), declared=["C"], existing=existing)

    assert models_given_roles(plan) == {"dtmi:x;1", "dtmi:y;1"}
    held = hold_back(plan, {"dtmi:x;1": "no map"})
    assert (set(outcome(held)), held.untaggable, held.reasons) == ({"B"}, {"A": "dtmi:x;1"}, {"dtmi:x;1": "no map"})
    moved = move_models(plan, {"dtmi:x;1": "dtmi:x;2"}, [])
    assert [(change.twin_id, change.model_id) for change in moved.changes] == [("A", "dtmi:x;2"), ("B", None)]


TWINS = ["a", "b", "c", "d", "ignored-e"]
VALUES = ["Earth", "Fire", "Wind", "Old", "earth", "other"]
Roles = Mapping[str, str]


def reference(
    rules: TagRules, desired: Roles, declared: Roles, tags: Mapping[str, str | None]
) -> tuple[dict[str, str | None], set[str], set[str]]:
    """The rule of design section 6 once more, twin by twin: tags afterwards, unlisted twins, missing twins."""
    after = dict(tags)
    unlisted, missing = set(), set()
    own = set(rules.roles) | set(declared.values())
    for twin in TWINS:
        if twin.startswith("ignored"):
            continue
        if twin in desired:
            if twin in tags:
                after[twin] = desired[twin]
            else:
                missing.add(twin)
        elif twin in tags and tags[twin] in own:
            if twin in declared or rules.unlisted == "remove":
                after[twin] = None
            else:
                unlisted.add(twin)
    return after, unlisted, missing


@given(
    desired=st.dictionaries(st.sampled_from(TWINS), st.sampled_from(VALUES[:3])),
    declared=st.dictionaries(st.sampled_from(TWINS), st.sampled_from(VALUES[:4])),
    tags=st.dictionaries(st.sampled_from(TWINS), st.none() | st.sampled_from(VALUES)),
    rules=st.builds(
        TagRules,
        roles=st.just(("Earth", "Fire", "Wind")),
        ignore=st.just(("ignored-*",)),
        unlisted=st.sampled_from(["report", "remove"]),
    ),
)
def test_the_plan_agrees_with_the_naive_reference(
    desired: Roles, declared: Roles, tags: dict[str, str | None], rules: TagRules
) -> None:
    plan = make_plan(rules, desired, declared=declared, existing=live(**tags))
    after = tags | {change.twin_id: change.new for change in plan.changes}

    assert (after, set(plan.unlisted), set(plan.missing)) == reference(rules, desired, declared, tags)
    assert all(change.old == tags[change.twin_id] != change.new for change in plan.changes)
    json.dumps(plan_as_mapping(plan))


@given(
    desired=st.dictionaries(st.sampled_from(TWINS), st.sampled_from(VALUES[:3])),
    declared=st.dictionaries(st.sampled_from(TWINS), st.sampled_from(VALUES[:4])),
    tags=st.dictionaries(st.sampled_from(TWINS), st.none() | st.sampled_from(VALUES)),
)
def test_a_second_plan_after_the_first_is_empty(desired: Roles, declared: Roles, tags: dict[str, str | None]) -> None:
    first = make_plan(RULES, desired, declared=declared, existing=live(**tags))
    after = tags | {change.twin_id: change.new for change in first.changes}

    assert make_plan(RULES, desired, declared=desired, existing=live(**after)).changes == ()


@pytest.mark.parametrize("declared", [["A"], {"A": "Earth"}, ("A",)])
def test_what_was_declared_may_be_given_as_ids_alone(declared: list[str]) -> None:
    plan = make_plan(RULES, {}, declared=declared, existing=live(A="Earth"))

    assert outcome(plan) == {"A": ("remove", "Earth", None)}
