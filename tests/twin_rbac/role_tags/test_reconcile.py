import asyncio
from pathlib import Path
from typing import Any

import pytest

from twin_rbac.clients.errors import AccessDenied, SignInFailed
from twin_rbac.role_tags.errors import MissingTwins, UnsafePlan, UntaggableTwins
from twin_rbac.role_tags.graph_file import Graph, load_graph
from twin_rbac.role_tags.model import Seeded, TagRules
from twin_rbac.role_tags.plan import Plan
from twin_rbac.role_tags.reconcile import apply_tags, plan_tags, read_existing, seed_graph, verify_tags
from twin_rbac.role_tags.wanted import Wanted

QUERY = "Microsoft.DigitalTwins/query/action"
READ_MODELS = "Microsoft.DigitalTwins/models/read"
READ_TWINS = "Microsoft.DigitalTwins/digitaltwins/read"
WRITE_TWINS = "Microsoft.DigitalTwins/digitaltwins/write"

RULES = TagRules(roles=("Earth", "Fire", "Wind"))
DESIRED = {"A": "Earth", "1": "Earth", "2": "Earth", "B": "Fire", "3": "Fire"}
MARKED: dict[str, Any] = {
    "@id": "dtmi:example:Marked;1",
    "@type": "Interface",
    "@context": "dtmi:dtdl:context;3",
    "contents": [
        {
            "@type": "Property",
            "name": "tags",
            "schema": {
                "@type": "Map",
                "mapKey": {"name": "tag", "schema": "string"},
                "mapValue": {"name": "on", "schema": "boolean"},
            },
        }
    ],
}
WANTED = Wanted(rules=RULES, desired=DESIRED)
LAG = 10.0


@pytest.fixture
def instance(emulated: Any, example: Path) -> Any:
    """An instance with the example's graph."""
    asyncio.run(seed_graph(emulated.target(), load_graph(example), Seeded()))
    return emulated


def plan(instance: Any, desired: dict[str, str], declared: Any = (), rules: TagRules = RULES) -> Plan:
    return asyncio.run(plan_tags(instance.target(), Wanted(rules=rules, desired=desired, declared=declared)))


def apply(instance: Any, desired: dict[str, str], declared: Any = (), rules: TagRules = RULES) -> int:
    return asyncio.run(apply_tags(instance.target(), Wanted(rules=rules, desired=desired, declared=declared))).written


def roles(instance: Any) -> dict[str, Any]:
    return {twin_id: (tags or {}).get("role") for twin_id, tags in instance.tags().items()}


def test_the_scenario_is_tagged_and_every_other_tag_stays(instance: Any) -> None:
    assert plan(instance, DESIRED).counts["add"] == 5
    assert instance.writes == 5  # the seed's

    assert apply(instance, DESIRED) == 5
    assert instance.tags() == {
        "A": {"role": "Earth"},
        "B": {"role": "Fire"},
        "1": {"role": "Earth", "floor": "ground"},
        "2": {"role": "Earth"},
        "3": {"role": "Fire", "floor": "first"},
    }


def test_properties_stay_as_they_were(instance: Any) -> None:
    before = instance.call("GET", "/digitaltwins/1")
    apply(instance, DESIRED)
    after = instance.call("GET", "/digitaltwins/1")

    assert {name: after[name] for name in ("temperature", "occupied")} == {"temperature": 20.5, "occupied": True}
    assert after["$metadata"]["temperature"] == before["$metadata"]["temperature"]


def test_a_second_apply_writes_nothing(instance: Any) -> None:
    apply(instance, DESIRED)
    before = instance.writes

    assert apply(instance, DESIRED, DESIRED) == 0
    assert plan(instance, DESIRED, DESIRED).changes == ()
    assert instance.writes == before


def test_a_twin_that_leaves_the_manifest_carries_no_role_although_someone_else_had_tagged_it(instance: Any) -> None:
    instance.set_tags("B", {"role": "Earth", "floor": "roof"})
    left = {twin_id: role for twin_id, role in DESIRED.items() if twin_id != "B"}

    assert apply(instance, left, DESIRED) == 5
    assert instance.tags()["B"] == {"floor": "roof"}


def test_an_unlisted_twin_is_named_left_alone_and_removed_only_when_asked_to(instance: Any) -> None:
    apply(instance, DESIRED)
    listed = {"A": "Earth", "1": "Earth", "2": "Earth", "3": "Fire"}

    seen = plan(instance, listed)
    assert (seen.changes, dict(seen.unlisted)) == ((), {"B": "Fire"})
    assert apply(instance, listed) == 0
    assert apply(instance, listed, rules=TagRules(roles=RULES.roles, unlisted="remove")) == 1
    assert roles(instance)["B"] is None


def test_a_missing_twin_stops_an_apply_before_anything_is_written(instance: Any) -> None:
    before = instance.writes

    with pytest.raises(MissingTwins, match="there is no twin 'gone'"):
        apply(instance, {**DESIRED, "gone": "Fire"})
    assert instance.writes == before


def test_a_missing_twin_may_be_skipped(instance: Any) -> None:
    rules = TagRules(roles=RULES.roles, missing="skip")

    assert apply(instance, {**DESIRED, "gone": "Fire"}, rules=rules) == 5


def test_right_after_an_upload_the_lagging_index_hides_no_twin(emulated: Any, example: Path) -> None:
    emulated.faults.query_lag = LAG
    asyncio.run(seed_graph(emulated.target(), load_graph(example), Seeded()))

    assert plan(emulated, DESIRED).missing == ()
    assert apply(emulated, DESIRED) == 5


def test_the_lagging_index_makes_nothing_look_changed_that_is_not(instance: Any) -> None:
    instance.faults.query_lag = LAG
    apply(instance, DESIRED)

    assert plan(instance, DESIRED, DESIRED).changes == ()
    assert apply(instance, DESIRED, DESIRED) == 0
    assert asyncio.run(verify_tags(instance.target(), WANTED)).findings == ()


def test_a_change_of_mind_within_the_lag_is_not_taken_for_done(instance: Any) -> None:
    apply(instance, DESIRED)
    instance.clock.advance(LAG)
    instance.faults.query_lag = LAG
    other = {**DESIRED, "B": "Earth"}
    apply(instance, other, DESIRED)

    # The index still shows B as Fire, which is what is wanted again.
    assert apply(instance, DESIRED, other) == 1
    assert roles(instance)["B"] == "Fire"


def test_a_twin_that_left_the_manifest_within_the_lag_is_not_forgotten(instance: Any) -> None:
    instance.clock.advance(LAG)
    instance.faults.query_lag = LAG
    apply(instance, DESIRED)

    # The index still shows B without a role, as if there were nothing to take away.
    left = {twin_id: role for twin_id, role in DESIRED.items() if twin_id != "B"}
    assert apply(instance, left, DESIRED) == 1
    assert roles(instance)["B"] is None


def test_what_is_read_is_what_is_live_where_the_index_differs_from_what_is_known(instance: Any) -> None:
    apply(instance, DESIRED)
    instance.clock.advance(LAG)
    instance.faults.query_lag = LAG
    instance.set_tags("A", {"role": "Wind"})

    read = asyncio.run(read_existing(instance.target(), RULES, DESIRED))
    assert RULES.role_of(read["A"]) == "Wind"


def test_twins_that_are_as_last_known_are_not_read_one_by_one(instance: Any) -> None:
    apply(instance, DESIRED)
    read = asyncio.run(read_existing(instance.target("narrow"), RULES, DESIRED, expected=dict(DESIRED)))

    assert set(read) == set(DESIRED)


@pytest.fixture(autouse=True)
def narrow_tokens(emulated: Any) -> None:
    emulated.tokens.allowed["narrow"] = {QUERY}
    emulated.tokens.allowed["tagger"] = {QUERY, READ_TWINS, WRITE_TWINS, READ_MODELS}


def test_the_taggers_four_data_actions_are_enough(instance: Any) -> None:
    target = instance.target("tagger")

    assert asyncio.run(apply_tags(target, WANTED)).written == 5
    assert asyncio.run(verify_tags(target, WANTED)).findings == ()
    assert instance.tokens.refused == []


def test_a_caller_without_the_right_is_told_the_data_action_and_the_instance(instance: Any) -> None:
    with pytest.raises(AccessDenied, match=f"may not do {READ_TWINS} at http://127"):
        asyncio.run(plan_tags(instance.target("narrow"), WANTED))


def test_a_token_that_the_instance_does_not_accept_is_no_missing_right(instance: Any) -> None:
    with pytest.raises(SignInFailed, match="does not accept the token"):
        asyncio.run(plan_tags(instance.target("forged"), WANTED))


def test_verify_names_each_twin_that_is_not_as_the_manifest_says(instance: Any) -> None:
    apply(instance, DESIRED)
    instance.set_tags("A", {"role": "Wind"})
    instance.set_tags("1", {"floor": "ground"})
    instance.set_tags("2", {"role": "earth"})
    instance.set_tags("B", {"role": "typo"})
    listed = {"A": "Earth", "1": "Earth", "2": "Earth", "gone": "Fire"}
    findings = asyncio.run(verify_tags(instance.target(), Wanted(rules=RULES, desired=listed))).findings

    assert [(item.twin_id, str(item.kind), item.found) for item in findings] == [
        ("1", "untagged", None),
        ("2", "wrong case", "earth"),
        ("3", "unlisted", "Fire"),
        ("A", "wrong role", "Wind"),
        ("B", "unknown role", "typo"),
        ("gone", "missing", None),
    ]


def test_ids_with_quotes_and_slashes_are_twins_like_others(instance: Any) -> None:
    ids = ["it's", "a\\b", "x/y", "50%", "q?a=b", "Türme"]
    model = {"$metadata": {"$model": "dtmi:digitaltwinsrbac:example:Room;1"}}
    graph = Graph(models={}, twins={twin_id: {"$dtId": twin_id, **model} for twin_id in ids}, relationships={})
    asyncio.run(seed_graph(instance.target(), graph, Seeded()))
    desired = dict.fromkeys(ids, "Earth")

    assert apply(instance, desired) == 6
    assert plan(instance, desired).counts == {
        "add": 0, "change": 0, "remove": 0, "unchanged": 6, "unlisted": 0, "unknown": 0, "untaggable": 0, "missing": 0
    }  # fmt: skip


def test_more_twins_than_one_query_or_page_takes(instance: Any) -> None:
    model = {"$metadata": {"$model": "dtmi:digitaltwinsrbac:example:Room;1"}}
    ids = [f"room-{number:03}" for number in range(120)]
    graph = Graph(models={}, twins={twin_id: {"$dtId": twin_id, **model} for twin_id in ids}, relationships={})
    asyncio.run(seed_graph(instance.target(), graph, Seeded()))

    assert apply(instance, dict.fromkeys(ids, "Earth")) == 120
    assert apply(instance, dict.fromkeys(ids, "Earth")) == 0


@pytest.fixture
def plain(instance: Any) -> Any:
    """The instance with a twin whose model has no map of tags."""
    model = {"@id": "dtmi:example:Plain;1", "@type": "Interface", "@context": "dtmi:dtdl:context;3", "contents": []}
    graph = Graph(
        models={"dtmi:example:Plain;1": model},
        twins={"plain": {"$dtId": "plain", "$metadata": {"$model": "dtmi:example:Plain;1"}}},
        relationships={},
    )
    asyncio.run(seed_graph(instance.target(), graph, Seeded()))
    return instance


def test_a_twin_whose_model_has_no_map_of_tags_is_found_before_anything_is_written(plain: Any) -> None:
    before = plain.writes
    desired = {**DESIRED, "plain": "Earth"}

    assert plan(plain, desired).untaggable == {"plain": "dtmi:example:Plain;1"}
    with pytest.raises(UntaggableTwins, match=r"dtmi:example:Plain;1 \(1 of the twins\): it has no property 'tags'"):
        apply(plain, desired)
    assert plain.writes == before


def test_with_an_upgrade_its_model_gets_a_version_with_the_map_and_the_twin_goes_there_with_its_tag(plain: Any) -> None:
    wanted = Wanted(rules=RULES, desired={**DESIRED, "plain": "Earth"})

    assert asyncio.run(apply_tags(plain.target(), wanted, upgrade_models=True)).written == 6
    twin = plain.call("GET", "/digitaltwins/plain")
    assert (twin["$metadata"]["$model"], twin["tags"]) == ("dtmi:example:Plain;2", {"role": "Earth"})
    assert asyncio.run(apply_tags(plain.target(), wanted, upgrade_models=True)).written == 0


def test_markers_are_written_and_taken_off_and_every_other_marker_stays(instance: Any) -> None:
    instance.call("POST", "/models", [MARKED])
    for twin_id, tags in {"m": {"quiet": True}, "n": {"Fire": True, "Wind": False}, "o": None}.items():
        body = {"$metadata": {"$model": MARKED["@id"]}, **({"tags": tags} if tags else {})}
        instance.call("PUT", f"/digitaltwins/{twin_id}", body)
    rules = TagRules(roles=("Earth", "Fire", "Wind"), encoding="marker")
    desired = {"m": "Earth,Fire", "n": "Wind", "o": "Earth"}

    assert apply(instance, desired, rules=rules) == 3
    tags = instance.tags()
    assert {twin_id: tags[twin_id] for twin_id in "mno"} == {
        "m": {"quiet": True, "Earth": True, "Fire": True},
        "n": {"Wind": False},
        "o": {"Earth": True},
    }
    assert plan(instance, {"m": "Earth"}, desired, rules).counts_by_role["Fire"]["remove"] == 1
    assert apply(instance, {"m": "Earth"}, desired, rules) == 3
    assert instance.tags()["m"] == {"quiet": True, "Earth": True}


def test_a_plan_that_its_check_refuses_writes_nothing(instance: Any) -> None:
    before = instance.writes

    def refuse(plan: Plan) -> None:
        assert plan.counts["add"] == 5
        raise UnsafePlan([], way_out="no")

    with pytest.raises(UnsafePlan):
        asyncio.run(apply_tags(instance.target(), WANTED, check=refuse))
    assert instance.writes == before
