import json
from pathlib import Path

import pytest

from tests.twin_rbac.insight.previews import (
    BOUNDARY,
    EARTH,
    INSTANCE,
    ROLE_TAGS,
    STACK,
    TWINS,
    boundary,
    document,
    role_tags,
    same,
    state,
    step,
)
from twin_rbac.insight.errors import PreviewUnreadable, UnknownForm
from twin_rbac.insight.preview import Operation
from twin_rbac.insight.preview_file import load_preview, read_preview


def test_a_step_has_the_operation_and_both_states() -> None:
    preview = read_preview(document(step("update", BOUNDARY, boundary(earth=EARTH), boundary())))

    (change,) = preview.changes
    assert (change.operation, change.type, change.name) == (
        Operation.UPDATE,
        "pulumi-python:dynamic/digital-twins-rbac:Boundary",
        "boundary",
    )
    assert change.old is not None
    assert change.old.inputs["tenants"]["earth"]["principalId"] == EARTH
    assert preview.stack == "dev"


def test_what_a_refresh_found_is_what_is_there_and_stays_where_no_step_follows() -> None:
    found = role_tags({**TWINS, "A": "Fire"})
    preview = read_preview(document(step("refresh", ROLE_TAGS, role_tags(TWINS), found)))

    assert preview.before[ROLE_TAGS].inputs["twins"]["A"] == "Fire"
    assert preview.after[ROLE_TAGS] == preview.before[ROLE_TAGS]
    assert preview.changes == ()


def test_what_a_refresh_did_not_find_is_not_there() -> None:
    preview = read_preview(document(step("refresh", ROLE_TAGS, role_tags(TWINS)), same(STACK, state({}))))

    assert ROLE_TAGS not in preview.before


def test_a_deleted_resource_is_there_before_and_not_after() -> None:
    preview = read_preview(document(step("delete", INSTANCE, state({}))))

    assert (INSTANCE in preview.before, INSTANCE in preview.after) == (True, False)


def test_the_parts_of_a_replacement_are_one_change() -> None:
    old, new = state({"location": "a"}), state({"location": "b"})
    preview = read_preview(
        document(step("replace", INSTANCE, old, new), step("delete-replaced", INSTANCE, old), same(STACK, state({})))
    )

    assert [item.operation for item in preview.changes] == [Operation.REPLACE]
    assert INSTANCE in preview.after


@pytest.mark.parametrize(
    ("steps", "whole"),
    [
        ([same(STACK, state({})), same(BOUNDARY, boundary())], True),
        ([same(STACK, state({})), step("refresh", BOUNDARY, boundary(), boundary())], True),
        ([step("create", STACK, None, state({})), step("create", BOUNDARY, None, boundary())], True),
        ([same(STACK, state({})), step("update", BOUNDARY, boundary(), boundary())], False),
    ],
    ids=["with unchanged ones", "after a refresh", "a new stack", "changes only"],
)
def test_a_preview_knows_whether_it_tells_of_everything(steps: list[object], whole: bool) -> None:  # noqa: FBT001
    assert read_preview({"steps": steps}).is_whole is whole


def test_messages_and_errors_stand_once_and_on_one_line() -> None:
    warning = {"message": "warning: twins were not looked at:\n  no right\n", "severity": "info"}
    error = {"message": "error: boom\n", "severity": "error"}
    noise = {"message": "Downloading", "severity": "info"}
    preview = read_preview(document(same(STACK, state({})), diagnostics=[warning, warning, noise, error]))

    assert preview.messages == ("warning: twins were not looked at: no right",)
    assert preview.errors == ("error: boom",)


def test_a_preview_that_failed_before_its_first_step_is_still_a_preview() -> None:
    assert read_preview({"diagnostics": [{"message": "no stack", "severity": "error"}]}).errors == ("no stack",)


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ([], "no list of steps"),
        ({"type": "resourcePreEvent"}, "no list of steps"),
        ({"steps": []}, "no steps"),
        ({"steps": [{"op": "update"}]}, "step 0 has no op or no urn"),
        ({"steps": [{"op": "update", "urn": "gateway"}]}, "step 0 has no op or no urn"),
        (
            {"steps": [{"op": "same", "urn": STACK, "newState": []}, {"op": "same", "urn": STACK, "newState": 1}]},
            "step 1",
        ),
        ({"steps": [{"op": "same", "urn": STACK, "newState": {"inputs": "x"}}]}, "step 0 has a state that is none"),
        ({"steps": [{"op": "teleport", "urn": STACK}]}, "unknown kind, 'teleport'; use a later release"),
    ],
)
def test_another_form_is_refused_with_the_reason(form: object, reason: str) -> None:
    with pytest.raises(UnknownForm, match=reason):
        read_preview(form)


@pytest.mark.parametrize(("content", "reason"), [(b"Previewing update:\n", "not JSON"), (b'{"steps": []}', "no steps")])
def test_a_file_of_another_kind_is_named_with_what_to_do(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "preview.json"
    file.write_bytes(content)

    with pytest.raises(PreviewUnreadable, match=reason) as caught:
        load_preview(file)

    assert str(caught.value).startswith(f"{file}: ")
    assert f"pulumi preview --json > {file}" in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PreviewUnreadable, match="cannot be read"):
        load_preview(tmp_path / "none.json")


def test_a_preview_is_read_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "preview.json"
    file.write_text(json.dumps(document(same(STACK, state({})))))

    assert load_preview(file).stack == "dev"
