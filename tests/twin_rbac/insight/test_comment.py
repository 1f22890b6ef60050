import re
from typing import Any

import pytest

from tests.twin_rbac.insight.previews import (
    FIRE,
    INSTANCE,
    ROLE_TAGS,
    TWINS,
    UNKNOWN,
    document,
    grant,
    grant_urn,
    role_tags,
    scenario,
    state,
    step,
    urn,
)
from twin_rbac.insight.base import Base
from twin_rbac.insight.comment import MOST_CHARACTERS, as_comment, marker
from twin_rbac.insight.plain import as_mapping, as_text
from twin_rbac.insight.preview_file import read_preview
from twin_rbac.insight.report import Report, make_report

BASE = Base(revision="main", manifest="role-tags.yaml", twins=None, changes=None)


def report(*steps: Any, **others: Any) -> Report:
    kept = scenario(without=tuple(item["urn"] for item in steps))
    return make_report(read_preview(document(*kept, *steps, **others)), BASE)


def moved(**twins: str) -> Any:
    return step("update", ROLE_TAGS, role_tags(TWINS), role_tags({**TWINS, **twins}))


def test_the_comment_of_a_moved_twin_reads_as_it_is_meant() -> None:
    assert as_comment(report(moved(B="Earth"))) == [
        "<!-- twin-rbac report pr: dev -->",
        "## Preview of stack `dev`",
        "",
        "**Who sees what**: 2 tenants affected · **Role tags**: 1 to change · **Resources**: 1 to update",
        "",
        "### Who sees what",
        "",
        "| tenant | roles | gains sight of | loses sight of | sees then |",
        "| --- | --- | --- | --- | --- |",
        "| `earth` (`0f3c0000-0000-4000-8000-000000000001`) |  | `B` |  | 4 twins |",
        f"| `fire` (`{FIRE}`) |  |  | `B` | 1 twin |",
        "",
        "- 1 other tenant sees what it saw.",
        "",
        "### Role tags",
        "",
        "|  | role | twins |  |",
        "| --- | --- | --- | --- |",
        "| change | `Fire` → `Earth` | `B` | 1 twin |",
        "",
        "### Resources",
        "",
        "|  | resource | what changes |",
        "| --- | --- | --- |",
        "| update | `role-tags` (`RoleTags`) | `twins` |",
    ]


def test_without_changes_the_comment_says_so() -> None:
    assert as_comment(report()) == [marker("dev"), "## Preview of stack `dev`", "", "No changes."]
    assert as_text(report()) == ["Preview of stack dev", "", "No changes."]


def test_a_lost_instance_is_shouted_at_the_top() -> None:
    old, new = (state({"location": value}) for value in ("westeurope", "northeurope"))
    lines = as_comment(report(step("replace", INSTANCE, old, new, replaceReasons=["location"])))

    assert lines[3] == "> [!CAUTION]"
    assert lines[4].startswith(
        "> **The instance `instance` would be replaced (`location`: `westeurope` → `northeurope`"
    )
    assert "All its twins and relationships would be lost." in lines[4]


def test_a_deleted_instance_is_shouted_too() -> None:
    lines = as_comment(report(step("delete", INSTANCE, state({}))))

    assert lines[4].startswith("> **The instance `instance` would be deleted. All its twins")


def test_a_failed_preview_is_shouted_and_promises_nothing() -> None:
    error = {"message": "error: no twin 'X' @octocat", "severity": "error"}
    text = "\n".join(as_comment(report(moved(B="Earth"), diagnostics=[error])))

    assert "> **The preview failed:** <code>error: no twin 'X' &#64;octocat</code>" in text
    assert "### Who sees what" not in text
    assert "No changes." not in text


def test_a_twin_with_a_hostile_name_stays_in_its_cell() -> None:
    name = "x` | @octocat |\n## <img src=x> <!-- twin-rbac report pr: dev -->"
    lines = as_comment(report(moved(**{name: "Earth"})))

    (row,) = [line for line in lines if line.startswith("| add |")]
    # Four cells, so five bars; nothing that would be a mention, a tag or a heading.
    assert row.count("|") == 5
    assert not re.search(r"[@`]|<(?!/?code>)", row.replace("`Earth`", ""))
    assert [line for line in lines if line.startswith("<!--")] == [marker("dev")]
    assert sum(line.startswith("## ") for line in lines) == 1


def test_a_hostile_resource_name_stays_in_its_cell() -> None:
    where = urn("azure-native:web:WebApp", "x|y @octocat <b>")
    lines = as_comment(report(step("create", where, None, state({}))))

    (row,) = [line for line in lines if line.startswith("| create |")]
    assert (row.count("|"), "@" in row, "<b>" in row) == (4, False, False)


def test_many_twins_are_counted_beyond_the_first_fifty() -> None:
    twins = {f"t{number:03}": "Earth" for number in range(60)}
    lines = as_comment(report(moved(**twins)))

    (row,) = [line for line in lines if line.startswith("| add |")]
    assert row.endswith("`t049`, and 10 more | 60 twins |")


def test_many_resources_are_counted_beyond_the_first_hundred() -> None:
    steps = [
        step("create", urn("azure-native:web:WebApp", f"app-{number:03}"), None, state({})) for number in range(120)
    ]
    lines = as_comment(report(*steps))

    assert lines[-1] == "| … | 20 more rows |  |"


def test_a_comment_that_would_be_too_long_leaves_out_whole_sections_and_says_which() -> None:
    name = "|" * 128
    steps = [
        step("create", urn("azure-native:web:AppServicePlan", f"{number}{name}"), None, state({}))
        for number in range(100)
    ]

    lines = as_comment(report(moved(B="Earth"), *steps))

    assert len("\n".join(lines)) <= MOST_CHARACTERS
    assert lines[-1] == (
        "Left out, since a comment has a limit: Resources. `twin-rbac report pr --output text` has it all."
    )
    assert "### Who sees what" in lines
    assert "### Resources" not in lines
    # What is left out still counts in the summary.
    assert "**Resources**: 100 to create, 1 to update" in lines[3]


@pytest.mark.parametrize("limit", [1_500, 800, 500])
def test_the_limit_holds_however_small_it_is(limit: int) -> None:
    lines = as_comment(report(moved(B="Earth", **{f"twin-{number}": "Earth" for number in range(50)})), limit=limit)

    assert len("\n".join(lines)) <= limit
    assert lines[0] == marker("dev")
    assert lines[-1].startswith("Left out")


def test_the_marker_of_a_stack_cannot_end_the_html_comment() -> None:
    assert marker("dev --> <b>") == "<!-- twin-rbac report pr: dev--b -->"


def test_stacks_whose_names_differ_in_a_hyphen_have_other_markers() -> None:
    assert marker("a-b") == "<!-- twin-rbac report pr: a-b -->"
    assert marker("ab") != marker("a-b")


def test_a_secret_in_an_error_is_not_shown() -> None:
    error = {"message": "error: Bearer abc.def", "severity": "error"}
    found = report(diagnostics=[error, {"message": "warning: sig=s3", "severity": "warning"}])

    assert (found.errors, found.notes) == (("error: Bearer ***",), ("warning: sig=***",))


def test_the_text_names_everything_on_its_lines() -> None:
    lines = as_text(report(moved(B="Earth"), step("create", grant_urn("Earth", FIRE), None, grant("Earth", FIRE))))

    assert lines[:4] == [
        "Preview of stack dev",
        "",
        "Who sees what: 2 tenants affected",
        "  earth (0f3c0000-0000-4000-8000-000000000001) |  | B |  | 4 twins",
    ]
    assert f"  fire ({FIRE}) | +Earth | 1, 2, A |  | 5 twins" in lines


def test_the_mapping_names_every_twin_and_no_value() -> None:
    mapping = as_mapping(report(moved(B="Earth")))

    assert mapping["tags"] == [{"twin": "B", "kind": "change", "from": "Fire", "to": "Earth"}]
    assert [(item["tenant"], item["gains"], item["loses"]) for item in mapping["sight"]] == [
        ("earth", ["B"], []),
        ("fire", [], ["B"]),
    ]
    assert mapping["changes"] == [
        {"operation": "update", "type": "RoleTags", "resource": "role-tags", "properties": ["twins"]}
    ]
    assert (mapping["hasChanges"], mapping["losses"], mapping["errors"]) == (True, [], [])


def test_that_nobodys_sight_changes_is_said() -> None:
    old, new = (state({"publicNetworkAccess": value}) for value in ("Enabled", "Disabled"))
    found = report(step("update", INSTANCE, old, new))

    assert as_comment(found)[3].startswith("**Who sees what**: no tenant's sight changes · **Network and rights**: 1")
    assert "Who sees what: no tenant's sight changes" in as_text(found)


def test_sight_that_the_preview_does_not_tell_is_not_said_to_be_unchanged() -> None:
    found = report(step("update", ROLE_TAGS, role_tags(TWINS), role_tags(UNKNOWN)))

    assert as_comment(found)[3].startswith("**Who sees what**: not known · ")
    assert "Who sees what: not known" in as_text(found)
    assert as_mapping(found)["sightIsKnown"] is False
