"""What read of RoleTags finds: drift as inputs, so that the next preview has one line for each twin."""

from typing import Any

import pytest

from components.permission_scopes import DRIFT_READER
from twin_rbac.providers.role_tags import RoleTagsProvider

PROVIDER = RoleTagsProvider()
ID = "id"


@pytest.fixture
def state(azure: Any) -> dict[str, Any]:
    """The outputs of a create that tagged A and B with Earth."""
    azure.put_twin("A", floor="top")
    azure.put_twin("B")
    return deploy(azure)


def deploy(azure: Any, **rules: Any) -> dict[str, Any]:
    azure.write_manifest({"Earth": ["A", "B"]}, **rules)
    return dict(PROVIDER.create(azure.tags_props()).outs or {})


def read(state: dict[str, Any]) -> Any:
    return PROVIDER.read(ID, state)


def update(azure: Any, found: Any) -> Any:
    return PROVIDER.update(ID, found.outs, azure.tags_props()).outs


def test_without_drift_outputs_and_inputs_are_as_they_were(
    azure: Any, state: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    found = read(state)

    assert (found.id, found.outs) == (ID, state)
    assert found.inputs == {key: state[key] for key in azure.tags_props() if key not in {"declared", "unlisted"}}
    assert capsys.readouterr().out == ""


def test_drift_is_an_input_and_an_output_and_named(
    azure: Any, state: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    azure.tag("A", "role", "Fire")

    found = read(state)

    assert found.inputs["twins"] == found.outs["twins"] == {"A": "Fire", "B": "Earth"}
    assert found.outs["declared"] == {"A": "Earth", "B": "Earth"}
    assert capsys.readouterr().out == "drift: twin A carries Fire, and Earth was declared\n"


def test_what_the_index_says_as_expected_is_not_read_again(azure: Any, state: dict[str, Any]) -> None:
    before = azure.instance_calls

    read(state)

    assert azure.instance_calls == before + 1


def test_reading_writes_nothing(azure: Any, state: dict[str, Any]) -> None:
    azure.tag("A", "role", "Fire")
    before = azure.twin_writes

    read(state)

    assert azure.twin_writes == before


def test_a_role_tag_that_was_taken_away_is_gone_from_the_inputs(
    azure: Any, state: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    azure.untag("A", "role")

    found = read(state)

    assert found.inputs["twins"] == {"B": "Earth"}
    assert capsys.readouterr().out == "drift: twin A carries no role, and Earth was declared\n"


def test_a_listed_twin_that_is_gone_is_drift(azure: Any, state: dict[str, Any]) -> None:
    azure.delete_twin("A")

    assert read(state).inputs["twins"] == {"B": "Earth"}


def test_a_listed_twin_that_is_gone_and_may_be_is_no_drift(azure: Any, capsys: pytest.CaptureFixture[str]) -> None:
    azure.put_twin("A")
    state = deploy(azure, missing="skip")
    azure.delete_twin("A")

    assert read(state).inputs["twins"] == {"A": "Earth", "B": "Earth"}
    assert capsys.readouterr().out == ""


def test_a_twin_is_read_by_id_before_it_is_drift(azure: Any, state: dict[str, Any]) -> None:
    azure.tag("A", "role", "Fire")
    azure.advance(60)
    azure.faults(query_lag=30)
    azure.tag("A", "role", "Earth")

    found = read(state)

    assert azure.query("SELECT T.tags.role AS role FROM DIGITALTWINS T WHERE T.$dtId = 'A'") == [{"role": "Fire"}]
    assert found.outs["twins"] == {"A": "Earth", "B": "Earth"}


def test_unlisted_twins_are_an_output_and_named(
    azure: Any, state: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    azure.put_twin("X", role="Wind")
    azure.put_twin("Y", role="janitor")

    found = read(state)

    assert found.outs["unlisted"] == {"X": "Wind"}
    assert found.inputs["twins"] == {"A": "Earth", "B": "Earth"}
    assert capsys.readouterr().out == (
        "unlisted: twin X carries Wind but is not in role-tags.yaml; list it there, or set unlisted: remove\n"
    )


def test_unlisted_twins_that_are_to_lose_their_role_are_lines_of_the_next_preview_and_then_lose_it(
    azure: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    azure.put_twin("A")
    azure.put_twin("B")
    state = deploy(azure, unlisted="remove")
    azure.put_twin("X", role="Wind", floor="top")

    found = read(state)

    assert found.inputs["twins"] == {"A": "Earth", "B": "Earth", "X": "Wind"}
    assert (found.outs["twins"], found.outs["unlisted"]) == ({"A": "Earth", "B": "Earth"}, {"X": "Wind"})
    assert "unlisted: twin X carries Wind" in capsys.readouterr().out

    updated = update(azure, found)

    assert azure.tags()["X"] == {"floor": "top"}
    assert updated == state


def test_ignored_twins_are_not_found(azure: Any, capsys: pytest.CaptureFixture[str]) -> None:
    azure.put_twin("A")
    azure.put_twin("B")
    azure.put_twin("test-1", role="Earth")
    state = deploy(azure, ignore=["test-*"])

    assert read(state).outs["unlisted"] == {}
    assert capsys.readouterr().out == ""


def test_the_next_update_mends_the_drift_and_leaves_the_state_as_it_was(azure: Any, state: dict[str, Any]) -> None:
    azure.tag("A", "role", "Fire")
    azure.untag("B", "role")
    found = read(state)

    updated = update(azure, found)

    assert updated == state
    assert azure.tags() == {"A": {"floor": "top", "role": "Earth"}, "B": {"role": "Earth"}}


def test_a_twin_that_drifted_and_then_left_the_manifest_loses_the_role_it_carries(
    azure: Any, state: dict[str, Any]
) -> None:
    azure.tag("A", "role", "Wind")
    found = read(state)
    azure.write_manifest({"Earth": ["B"]})

    update(azure, found)

    assert azure.tags() == {"A": {"floor": "top"}, "B": {"role": "Earth"}}


def test_without_data_rights_the_state_stays_and_one_warning_names_the_data_action(
    azure: Any, state: dict[str, Any], become: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    azure.tag("A", "role", "Fire")
    become(azure, "pull-request")

    found = read(state)

    assert (found.id, found.outs, found.inputs) == (ID, state, None)
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("warning: live twins or event routes were not looked at: ")
    assert "Microsoft.DigitalTwins/query/action" in line


def test_who_may_read_twins_and_nothing_else_finds_drift(empty_azure: Any, become: Any) -> None:
    empty_azure.furnish()
    empty_azure.put_twin("A", role="Earth")
    empty_azure.put_twin("B", role="Fire")
    empty_azure.write_manifest({"Earth": ["A", "B"]})
    state = {**empty_azure.tags_props(), "declared": {"A": "Earth", "B": "Earth"}}
    empty_azure.grant("drift", DRIFT_READER)
    become(empty_azure, "drift")

    assert read(state).inputs["twins"] == {"A": "Earth", "B": "Fire"}


def test_with_its_instance_gone_the_resource_is_gone(empty_azure: Any) -> None:
    empty_azure.furnish()
    empty_azure.write_manifest({"Earth": ["A"]})
    state = {**empty_azure.tags_props(), "declared": {"A": "Earth"}}
    empty_azure.delete_instance()

    found = read(state)

    assert (found.id, found.outs) == ("", {})
