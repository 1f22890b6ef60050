"""What create, update and delete of RoleTags write, and what they leave in the state."""

import sys
import traceback
from typing import Any

import pytest

from twin_rbac.providers.role_tags import RoleTagsProvider
from twin_rbac.role_tags.errors import ApplyIncomplete, MissingTwins

PROVIDER = RoleTagsProvider()


def create(azure: Any, **changes: Any) -> dict[str, Any]:
    return dict(PROVIDER.create(azure.tags_props(**changes)).outs or {})


def update(azure: Any, olds: dict[str, Any]) -> dict[str, Any]:
    return dict(PROVIDER.update("id", olds, azure.tags_props()).outs or {})


def test_a_first_create_tags_the_listed_twins_and_keeps_their_other_tags(azure: Any) -> None:
    azure.put_twin("A", floor="top")
    azure.put_twin("B")
    azure.put_twin("C", role="earth")
    azure.write_manifest({"Earth": ["A", "C"], "Fire": ["B"]})

    created = PROVIDER.create(azure.tags_props())

    assert azure.tags() == {"A": {"floor": "top", "role": "Earth"}, "B": {"role": "Fire"}, "C": {"role": "Earth"}}
    assert created.id == f"{azure.instance_id}/tags/role"


def test_what_is_right_is_never_written(azure: Any) -> None:
    azure.put_twin("A", role="Earth")
    azure.put_twin("B", role="Fire")
    azure.write_manifest({"Earth": ["A"], "Fire": ["B"]})
    before = azure.twin_writes

    outputs = create(azure)
    update(azure, outputs)

    assert azure.twin_writes == before


def test_only_the_twins_that_change_are_written(azure: Any) -> None:
    for twin, role in {"A": "Earth", "B": "Earth", "C": "Fire"}.items():
        azure.put_twin(twin, role=role)
    azure.write_manifest({"Earth": ["A"], "Fire": ["B", "C"]})
    before = azure.twin_writes

    create(azure)

    assert azure.twin_writes == before + 1
    assert azure.tags()["B"] == {"role": "Fire"}


def test_the_outputs_are_the_inputs_and_what_was_declared(azure: Any) -> None:
    azure.put_twin("A")
    azure.put_twin("X", role="Wind")
    azure.write_manifest({"Earth": ["A"]})
    props = azure.tags_props(graph=None, seeded="A")

    outputs = PROVIDER.create(props).outs

    assert outputs == {**props, "declared": {"A": "Earth"}, "unlisted": {"X": "Wind"}}


def test_an_update_keeps_every_output(azure: Any) -> None:
    azure.put_twin("A")
    azure.write_manifest({"Earth": ["A"]})
    created = create(azure)
    azure.write_manifest({"Fire": ["A"]})

    updated = update(azure, created)

    assert updated == {**created, "twins": {"A": "Fire"}, "declared": {"A": "Fire"}}
    assert azure.tags() == {"A": {"role": "Fire"}}


@pytest.mark.parametrize("role", ["Earth", "Wind"])
def test_a_twin_that_left_the_manifest_loses_whatever_role_it_carries_and_nothing_else(azure: Any, role: str) -> None:
    azure.put_twin("A", floor="top")
    azure.put_twin("B")
    azure.write_manifest({"Earth": ["A"], "Fire": ["B"]})
    created = create(azure)
    azure.tag("A", "role", role)
    azure.write_manifest({"Fire": ["B"]})

    updated = update(azure, created)

    assert azure.tags() == {"A": {"floor": "top"}, "B": {"role": "Fire"}}
    assert (updated["declared"], updated["unlisted"]) == ({"B": "Fire"}, {})


def test_a_role_that_left_the_manifest_leaves_the_twins_with_it(azure: Any) -> None:
    azure.put_twin("A", floor="top")
    azure.write_manifest({"Wind": ["A"]})
    created = create(azure)
    azure.write_manifest({}, roles=["Earth", "Fire"])

    update(azure, created)

    assert azure.tags() == {"A": {"floor": "top"}}


def test_a_role_that_left_the_manifest_is_taken_off_even_where_only_a_hand_had_written_it(azure: Any) -> None:
    azure.put_twin("A")
    azure.write_manifest({"Earth": ["A"]}, roles=["Earth", "Wind"])
    created = create(azure)
    azure.tag("A", "role", "Wind")
    azure.write_manifest({}, roles=["Earth"])

    update(azure, created)

    assert azure.tags() == {"A": {}}


def test_a_twin_that_left_the_manifest_keeps_a_value_that_is_none_of_its_roles(azure: Any) -> None:
    azure.put_twin("A")
    azure.write_manifest({"Earth": ["A"]})
    created = create(azure)
    azure.tag("A", "role", "janitor")
    azure.write_manifest({})

    update(azure, created)

    assert azure.tags() == {"A": {"role": "janitor"}}


def test_a_twin_that_left_the_manifest_and_the_instance_is_no_error(azure: Any) -> None:
    azure.put_twin("A")
    azure.put_twin("B")
    azure.write_manifest({"Earth": ["A", "B"]})
    created = create(azure)
    azure.delete_twin("B")
    azure.write_manifest({"Earth": ["A"]})

    assert update(azure, created)["declared"] == {"A": "Earth"}


def test_an_unlisted_twin_stays_unless_the_manifest_says_remove(azure: Any) -> None:
    azure.put_twin("A")
    azure.put_twin("X", role="Earth", floor="top")
    azure.write_manifest({"Earth": ["A"]})
    created = create(azure)

    assert created["unlisted"] == {"X": "Earth"}
    assert azure.tags()["X"] == {"role": "Earth", "floor": "top"}

    azure.write_manifest({"Earth": ["A"]}, unlisted="remove")
    updated = update(azure, created)

    assert updated["unlisted"] == {}
    assert azure.tags() == {"A": {"role": "Earth"}, "X": {"floor": "top"}}


def test_an_ignored_twin_is_neither_written_nor_unlisted(azure: Any) -> None:
    azure.put_twin("A")
    azure.put_twin("test-1", role="Earth")
    azure.write_manifest({"Earth": ["A"]}, ignore=["test-*"], unlisted="remove")

    assert create(azure)["unlisted"] == {}
    assert azure.tags()["test-1"] == {"role": "Earth"}


def test_a_missing_twin_stops_create_before_anything_is_written_and_is_named_with_its_place(azure: Any) -> None:
    azure.put_twin("A")
    azure.write_manifest({"Earth": ["A", "lost"]})

    with pytest.raises(MissingTwins, match=r"^role-tags\.yaml:4:32: there is no twin 'lost'"):
        create(azure)

    assert azure.tags() == {"A": None}
    assert sys.tracebacklimit == 0, "the error explains itself: no lines of code around it"


def test_a_missing_twin_that_may_be_missing_is_declared_all_the_same(azure: Any) -> None:
    azure.put_twin("A")
    azure.write_manifest({"Earth": ["A", "later"]}, missing="skip")

    created = create(azure)
    azure.put_twin("later")
    update(azure, created)

    assert created["declared"] == {"A": "Earth", "later": "Earth"}
    assert azure.tags() == {"A": {"role": "Earth"}, "later": {"role": "Earth"}}


def test_a_half_done_update_is_simply_done_again(azure: Any) -> None:
    for twin in "ABC":
        azure.put_twin(twin)
    azure.write_manifest({"Earth": ["A", "B", "C"]})
    created = create(azure)
    azure.write_manifest({"Fire": ["A", "B"]})
    azure.fail(method="PATCH", path=".*/B", status=400, code="ValidationFailed")

    with pytest.raises(ApplyIncomplete, match="twin 'B': ValidationFailed"):
        update(azure, created)
    half_done = azure.tags()
    updated = update(azure, created)

    assert half_done == {"A": {"role": "Fire"}, "B": {"role": "Earth"}, "C": {}}
    assert azure.tags() == {"A": {"role": "Fire"}, "B": {"role": "Fire"}, "C": {}}
    assert updated["declared"] == {"A": "Fire", "B": "Fire"}


def test_delete_calls_nothing(azure: Any) -> None:
    azure.put_twin("A")
    azure.write_manifest({"Earth": ["A"]})
    created = create(azure)
    before = azure.instance_calls

    PROVIDER.delete("id", created)

    assert azure.instance_calls == before
    assert azure.tags() == {"A": {"role": "Earth"}}


def test_an_error_holds_no_property_values_and_no_secrets(azure: Any) -> None:
    azure.put_twin("A", note="a-private-note")
    azure.write_manifest({"Earth": ["A"]})
    azure.fail(method="PATCH", status=400, code="ValidationFailed", times=100)

    with pytest.raises(ApplyIncomplete) as caught:
        create(azure)

    text = "".join(traceback.format_exception(caught.value))
    assert "twin 'A'" in text
    assert "a-private-note" not in text
    assert "20.5" not in text
    assert "eyJ" not in text, "a token begins so"
    assert azure.environment("deployer")["IDENTITY_HEADER"] not in text


def test_a_new_endpoint_is_another_instance(azure: Any) -> None:
    azure.write_manifest({})
    props = azure.tags_props()

    same = PROVIDER.diff("id", props, dict(props))
    moved = PROVIDER.diff("id", props, {**props, "endpoint": "https://elsewhere.digitaltwins.azure.net"})

    assert (same.changes, same.replaces) == (None, [])
    assert (moved.changes, moved.replaces) == (True, ["endpoint"])
