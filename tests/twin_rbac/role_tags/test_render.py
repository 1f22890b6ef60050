from twin_rbac.role_tags import render
from twin_rbac.role_tags.apply import Applied
from twin_rbac.role_tags.fitting import hold_back, move_models
from twin_rbac.role_tags.model import TagRules, TwinTags
from twin_rbac.role_tags.plan import Plan, make_plan
from twin_rbac.role_tags.verify import Findings, find_differences

RULES = TagRules(roles=("Earth", "Fire"), missing="skip")


def existing() -> dict[str, TwinTags]:
    roles = {"A": None, "B": "Fire", "C": "Earth", "D": "Earth", "X|y": "Fire"}
    return {
        twin_id: TwinTags(twin_id=twin_id, etag="e", tags={"role": role} if role else None)
        for twin_id, role in roles.items()
    }


def plan() -> Plan:
    desired = {"A": "Earth", "B": "Earth", "D": "Earth", "gone": "Fire"}
    return make_plan(RULES, desired, declared=["C"], existing=existing())


def findings() -> Findings:
    return find_differences(RULES, {"A": "Earth", "B": "Fire", "C": "Earth", "D": "Earth"}, existing().values())


def test_a_plan_as_text_has_a_line_for_each_twin_and_the_counts() -> None:
    assert render.plan_as_text(plan()) == [
        "+ A: Earth",
        "~ B: Fire → Earth",
        "- C: Earth → no role",
        "? X|y: Fire, unlisted",
        "! gone: does not exist, skipped",
        "  Earth: 1 to add, 0 to change, 1 to remove, 1 unchanged",
        "  Fire: 0 to add, 1 to change, 0 to remove, 0 unchanged",
        "1 to add, 1 to change, 1 to remove, 1 unchanged, 1 unlisted, 1 missing",
    ]


def test_a_plan_as_markdown_is_a_table_that_no_id_can_break() -> None:
    assert render.plan_as_markdown(plan()) == [
        "| twin |  | from | to |",
        "| --- | --- | --- | --- |",
        "| A | add |  | Earth |",
        "| B | change | Fire | Earth |",
        "| C | remove | Earth |  |",
        "| X\\|y | unlisted | Fire | Fire |",
        "| gone | missing |  |  |",
        "",
        "| role | add | change | remove | unchanged | unlisted |",
        "| --- | --- | --- | --- | --- | --- |",
        "| Earth | 1 | 0 | 1 | 1 | 0 |",
        "| Fire | 0 | 1 | 0 | 0 | 1 |",
        "",
        "1 to add, 1 to change, 1 to remove, 1 unchanged, 1 unlisted, 1 missing",
    ]


def test_a_plan_without_changes_has_no_table() -> None:
    empty = make_plan(RULES, {}, declared=(), existing={})

    assert render.plan_as_markdown(empty) == render.plan_as_text(empty)
    assert render.plan_as_text(empty) == ["0 to add, 0 to change, 0 to remove, 0 unchanged, 0 unlisted, 0 missing"]


def test_what_cannot_be_done_and_what_is_past_the_limits_is_said() -> None:
    twins = {f"t{number:02}": "Fire" for number in range(10)} | {"v": None, "w": "Water"}
    live = {
        twin_id: TwinTags(twin_id=twin_id, etag="e", tags={"role": role} if role else None, model_id="dtmi:x;1")
        for twin_id, role in twins.items()
    }
    made = make_plan(RULES, {"v": "Earth"}, declared=["t00", "t01"], existing=live)
    held = hold_back(made, {"dtmi:x;1": "it has no property tags"})

    assert render.plan_as_text(held)[:2] == ["- t00: Fire → no role", "- t01: Fire → no role"]
    assert render.plan_as_text(held)[-6:] == [
        "? t09: Fire, unlisted",
        "? w: Water, no role of the manifest",
        "! v: dtmi:x;1 cannot hold the tag",
        "! dtmi:x;1: it has no property tags",
        "! unsafe: it takes Fire from 2 twins, 20 % of the 10 that carry it now (limits.remove is 10 %)",
        "0 to add, 0 to change, 2 to remove, 0 unchanged, 8 unlisted, 0 missing, 1 of unknown value, 1 untaggable",
    ]
    assert render.plan_as_mapping(held)["unsafe"] is True
    assert render.plan_as_mapping(held)["untaggable"] == {
        "v": {"model": "dtmi:x;1", "reason": "it has no property tags"}
    }


def test_twins_that_go_to_another_model_are_counted() -> None:
    live = {"v": TwinTags(twin_id="v", etag="e", tags=None, model_id="dtmi:x;1")}
    made = make_plan(RULES, {"v": "Earth"}, declared=(), existing=live)
    moved = move_models(made, {"dtmi:x;1": "dtmi:x;2"}, [{"@id": "dtmi:x;2"}])

    lines = ["+ v: Earth", "^ dtmi:x;1 → dtmi:x;2: 1 twins", "^ dtmi:x;2 is made"]
    assert render.plan_as_text(moved)[:3] == lines
    assert render.plan_as_mapping(moved)["newModels"] == ["dtmi:x;2"]
    assert render.plan_as_mapping(moved)["models"] == [{"from": "dtmi:x;1", "to": "dtmi:x;2", "twins": 1}]


def test_an_apply_says_what_was_written_and_what_needed_no_write() -> None:
    done = Applied(plan=plan(), written=2, skipped=1)

    assert render.applied_as_text(done)[-1] == "2 twins written, 1 needed no write any more"
    assert render.applied_as_markdown(done)[-1] == "2 twins written, 1 needed no write any more"
    assert render.applied_as_mapping(done) == {**render.plan_as_mapping(plan()), "written": 2, "skipped": 1}


def test_findings_as_text_say_what_was_expected_and_what_was_found() -> None:
    assert render.findings_as_text(findings()) == [
        "A: untagged (expected Earth)",
        "X|y: unlisted (found Fire)",
        "5 twins checked, 2 findings",
    ]


def test_findings_in_their_other_forms() -> None:
    assert render.findings_as_mapping(findings()) == {
        "findings": [
            {"twin": "A", "kind": "untagged", "expected": "Earth", "found": None},
            {"twin": "X|y", "kind": "unlisted", "expected": None, "found": "Fire"},
        ],
        "counts": {"untagged": 1, "unlisted": 1},
        "checked": 5,
    }
    assert render.findings_as_markdown(findings())[2] == "| A | untagged | Earth |  |"
    assert render.findings_as_text(find_differences(RULES, {}, ())) == ["0 twins checked, no findings"]
