import dataclasses
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from twin_rbac.role_tags.errors import PlanFileError, PlanOutdated
from twin_rbac.role_tags.journal import Header, Journal, JournalRecord, read
from twin_rbac.role_tags.model import Limits, TagRules, TwinTags
from twin_rbac.role_tags.plan import Plan, make_plan
from twin_rbac.role_tags.plan_file import SavedPlan, check_still_holds, load_plan, save_plan

RULES = TagRules(roles=("Earth", "Fire"), ignore=("sandbox-*",), limits=Limits(remove=5))
ENDPOINT = "https://adt.example"
TAGS: dict[str, dict[str, Any] | None] = {
    "A": None,
    "B": {"role": "Fire", "x": "1"},
    "C": {"role": "Earth"},
    "D": {"role": "Fire"},
    "E": {"role": "other"},
    "F": {"role": "Fire"},
}


def existing(**changed: dict[str, Any] | None) -> dict[str, TwinTags]:
    tags = {**TAGS, **changed}
    return {twin_id: TwinTags(twin_id=twin_id, etag="new", tags=each) for twin_id, each in tags.items()}


def plan() -> Plan:
    desired = {"A": "Earth", "B": "Earth", "D": "Fire", "gone": "Fire"}
    return make_plan(RULES, desired, declared={"C": "Earth"}, existing=existing(), former_roles=["Wind"])


@pytest.fixture
def saved(tmp_path: Path) -> SavedPlan:
    path = tmp_path / "plan.json"
    save_plan(plan(), path, endpoint=ENDPOINT, digest="d")
    return load_plan(path)


def rows(plan: Plan) -> list[tuple[str, str, str | None, str | None]]:
    return [(change.twin_id, change.kind, change.old, change.new) for change in plan.changes]


ROWS = [("A", "add", None, "Earth"), ("B", "change", "Fire", "Earth"), ("C", "remove", "Earth", None)]


def test_a_plan_is_read_as_it_was_saved(saved: SavedPlan) -> None:
    assert (saved.endpoint, saved.digest, saved.rules) == (ENDPOINT, "d", RULES)
    assert rows(saved.plan) == ROWS
    assert list(saved.changes) == ["A", "B", "C"]
    assert saved.plan.counts == plan().counts
    assert saved.plan.counts_by_role == plan().counts_by_role
    assert saved.plan.unlisted == {"F": "Fire"}
    assert saved.plan.unknown == {"E": "other"}
    assert saved.plan.missing == ("gone",)
    assert saved.plan.roles == {"Earth", "Fire", "Wind"}
    assert saved.plan.carried == {"Earth": 1, "Fire": 3}


def test_a_move_to_another_model_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    moved = tuple(
        dataclasses.replace(
            change, model_id="dtmi:room;2", existing=dataclasses.replace(change.existing, model_id="dtmi:room;1")
        )
        for change in plan().changes[:1]
    )
    moving = dataclasses.replace(
        plan(), changes=moved, moves={"dtmi:room;1": "dtmi:room;2"}, models=({"@id": "dtmi:room;2"},)
    )
    save_plan(moving, path, endpoint=ENDPOINT, digest="d")
    saved = load_plan(path)
    old = TwinTags(twin_id="A", etag="new", tags=None, model_id="dtmi:room;1")

    assert (saved.plan.moves, saved.plan.models) == ({"dtmi:room;1": "dtmi:room;2"}, ({"@id": "dtmi:room;2"},))
    assert check_still_holds(saved, {"A": old}).changes[0].model_id == "dtmi:room;2"
    with pytest.raises(PlanOutdated, match="twin 'A' is of the model dtmi:other;1 by now"):
        check_still_holds(saved, {"A": dataclasses.replace(old, model_id="dtmi:other;1")})


def test_the_file_is_its_owners_alone_and_replaces_an_older_one(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text("old")
    save_plan(plan(), path, endpoint=ENDPOINT, digest="d")

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["plan.json"]
    assert "x" not in json.loads(path.read_text())["changes"][1]


def test_two_plans_are_told_apart(tmp_path: Path, saved: SavedPlan) -> None:
    save_plan(plan(), tmp_path / "again.json", endpoint=ENDPOINT, digest="d")
    save_plan(plan(), tmp_path / "other.json", endpoint=ENDPOINT, digest="e")

    assert load_plan(tmp_path / "again.json").sha == saved.sha
    assert load_plan(tmp_path / "other.json").sha != saved.sha


def test_a_folder_that_is_not_there_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(PlanFileError, match=r"nowhere/plan.json: it cannot be written: No such file"):
        save_plan(plan(), tmp_path / "nowhere" / "plan.json", endpoint=ENDPOINT, digest="d")


@pytest.mark.parametrize(
    ("meddle", "reason"),
    [
        (lambda text: text[:-10], "no saved plan, or a damaged one"),
        (lambda _text: "[]", "no saved plan"),
        (lambda _text: '{"changes":[]}', "no saved plan"),
        (lambda text: text.replace('"plan":1', '"plan":2'), "version 2 of saved plans is not known"),
        (lambda text: text.replace('"kind":"add"', '"kind":"drop"'), "the saved plan is damaged"),
        (lambda text: text.replace('"from":"Fire"', '"from":7'), "the saved plan is damaged"),
        (lambda text: text.replace('"from":"Fire"', '"from":"Earth"'), "the saved plan is damaged"),
        (lambda text: text.replace('"carried"', '"cried"'), "the saved plan is damaged"),
        (lambda text: text.replace('"roles":["Earth","Fire"]', '"roles":3'), "the saved plan is damaged"),
    ],
)
def test_a_damaged_file_is_named_with_what_to_do(tmp_path: Path, saved: SavedPlan, meddle: Any, reason: str) -> None:
    saved.path.write_text(meddle(saved.path.read_text()))

    with pytest.raises(PlanFileError, match=reason) as caught:
        load_plan(saved.path)
    assert str(caught.value).startswith(f"{saved.path}: ")
    assert str(caught.value).endswith("make a new one with `twin-rbac tags plan --save`")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PlanFileError, match=r"none.json: it cannot be read: No such file"):
        load_plan(tmp_path / "none.json")


def test_a_plan_holds_while_the_tags_do_though_other_properties_moved_on(saved: SavedPlan) -> None:
    present = check_still_holds(saved, existing(B={"role": "Fire", "x": "2", "y": "3"}))

    assert rows(present) == ROWS
    assert present.changes[1].existing.tags == {"role": "Fire", "x": "2", "y": "3"}
    assert {change.existing.etag for change in present.changes} == {"new"}


def test_every_twin_that_is_not_as_planned_is_named(saved: SavedPlan) -> None:
    now = existing(A={"role": "Fire"}, C={})
    del now["B"]

    with pytest.raises(PlanOutdated) as caught:
        check_still_holds(saved, now)
    assert str(caught.value).split("\n") == [
        "3 twins are not as the plan found them; nothing was written, plan again:",
        "  twin 'A' carries Fire by now, and the plan found none",
        "  twin 'B' is gone",
        "  twin 'C' carries no role by now, and the plan found Earth",
    ]


def test_at_most_twenty_twins_are_shown(tmp_path: Path) -> None:
    twins = {f"t{number:02}": TwinTags(twin_id=f"t{number:02}", etag="e", tags=None) for number in range(23)}
    many = make_plan(RULES, dict.fromkeys(twins, "Earth"), declared=(), existing=twins)
    save_plan(many, tmp_path / "plan.json", endpoint=ENDPOINT, digest="d")

    with pytest.raises(PlanOutdated) as caught:
        check_still_holds(load_plan(tmp_path / "plan.json"), {})
    lines = str(caught.value).split("\n")
    assert (lines[0], lines[20], lines[21:]) == (
        "23 twins are not as the plan found them; nothing was written, plan again:",
        "  twin 't19' is gone",
        ["  and 3 more"],
    )
    assert len(caught.value.twins) == 23


def begun(folder: Path, sha: str | None) -> JournalRecord:
    header = Header(endpoint=ENDPOINT, manifest="m", digest="d", rules=RULES, plan=sha)
    with Journal.create(folder, header) as journal:
        journal.record_intents([change for change in plan().changes if change.twin_id == "A"])
        return read(journal.path)


def test_what_an_unfinished_run_of_the_plan_wrote_is_as_planned(tmp_path: Path, saved: SavedPlan) -> None:
    present = check_still_holds(saved, existing(A={"role": "Earth"}), unfinished=begun(tmp_path, saved.sha))

    assert rows(present) == ROWS[1:]
    assert present.unchanged == plan().unchanged + 1


@pytest.mark.parametrize("sha", [None, "another"])
def test_what_another_run_wrote_is_not(tmp_path: Path, saved: SavedPlan, sha: str | None) -> None:
    with pytest.raises(PlanOutdated, match="twin 'A' carries Earth by now, and the plan found none"):
        check_still_holds(saved, existing(A={"role": "Earth"}), unfinished=begun(tmp_path, sha))


def test_what_somebody_else_wrote_is_not_although_a_run_of_the_plan_is_unfinished(
    tmp_path: Path, saved: SavedPlan
) -> None:
    with pytest.raises(PlanOutdated, match="twin 'B' carries Earth by now"):
        check_still_holds(saved, existing(B={"role": "Earth"}), unfinished=begun(tmp_path, saved.sha))
