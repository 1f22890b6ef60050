from twin_rbac.role_tags import render
from twin_rbac.role_tags.apply import Applied
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
    return find_differences(RULES, {"A": "Earth", "B": "Fire", "C": "Earth", "D": "Earth"}, existing())


def test_a_plan_as_text_has_a_line_for_each_twin_and_the_counts() -> None:
    assert render.plan_as_text(plan()) == [
        "+ A: Earth",
        "~ B: Fire → Earth",
        "- C: Earth → no role",
        "? X|y: Fire, unlisted",
        "! gone: does not exist, skipped",
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
        "",
        "1 to add, 1 to change, 1 to remove, 1 unchanged, 1 unlisted, 1 missing",
    ]


def test_a_plan_without_changes_has_no_table() -> None:
    empty = make_plan(RULES, {}, declared=(), existing={})

    assert render.plan_as_markdown(empty) == render.plan_as_text(empty)
    assert render.plan_as_text(empty) == ["0 to add, 0 to change, 0 to remove, 0 unchanged, 0 unlisted, 0 missing"]


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
        "checked": 5,
    }
    assert render.findings_as_markdown(findings())[2] == "| A | untagged | Earth |  |"
    assert render.findings_as_text(find_differences(RULES, {}, {})) == ["0 twins checked, no findings"]
