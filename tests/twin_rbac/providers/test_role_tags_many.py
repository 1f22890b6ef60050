"""RoleTags with very many twins: digests in the preview, and nothing forgotten. Here, more than three are many."""

from typing import Any

import pytest

from twin_rbac.providers import tag_lines
from twin_rbac.providers.role_tags import RoleTagsProvider
from twin_rbac.role_tags import digest
from twin_rbac.role_tags.digest import WHOLE, unpack

PROVIDER = RoleTagsProvider()
FIVE = ["A", "B", "C", "D", "E"]


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest, "MOST_SHOWN", 3)
    monkeypatch.setattr(tag_lines, "MOST_NAMED", 2)


@pytest.fixture
def project(azure: Any) -> Any:
    for twin in FIVE:
        azure.put_twin(twin)
    azure.write_manifest({"Earth": FIVE})
    return azure


def check(azure: Any, olds: dict[str, Any] | None = None) -> dict[str, Any]:
    result = PROVIDER.check(olds or {}, azure.tags_props())
    assert result.failures == []
    return dict(result.inputs)


def read(state: dict[str, Any]) -> Any:
    return PROVIDER.read("id", state)


def deploy(azure: Any, olds: dict[str, Any] | None = None) -> dict[str, Any]:
    inputs = check(azure, olds)
    done = PROVIDER.update("id", olds, inputs) if olds else PROVIDER.create(inputs)
    return dict(done.outs or {})


def shown(packed: dict[str, str]) -> dict[str, str]:
    """Role -> how many twins, as a preview shows it."""
    return {role: text.split(",")[0] for role, text in packed.items() if role != WHOLE}


def test_inputs_and_outputs_hold_a_digest_for_each_role_and_all_twins_are_tagged(project: Any) -> None:
    state = deploy(project)

    assert shown(state["twins"]) == shown(state["declared"]) == {"Earth": "5 twins"}
    assert unpack(state["declared"]) == dict.fromkeys(FIVE, "Earth")
    assert project.tags() == {twin: {"role": "Earth"} for twin in FIVE}


def test_nothing_changed_is_no_difference(project: Any) -> None:
    state = deploy(project)

    found = read(state)

    assert found.outs == state
    assert check(project, found.inputs)["twins"] == found.inputs["twins"] == state["twins"]


def test_a_twin_that_leaves_loses_its_role(project: Any) -> None:
    state = deploy(project)
    project.write_manifest({"Earth": FIVE[:4]})

    after = deploy(project, state)

    assert shown(after["declared"]) == {"Earth": "4 twins"}
    assert project.tags()["E"] == {}


def test_drift_is_another_digest_and_the_first_twins_are_named(
    project: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    state = deploy(project)
    for twin in "ABC":
        project.tag(twin, "role", "Wind")

    found = read(state)

    assert shown(found.inputs["twins"]) == {"Earth": "2 twins", "Wind": "3 twins"}
    assert capsys.readouterr().out.splitlines() == [
        "drift: twin A carries Wind, and Earth was declared",
        "drift: twin B carries Wind, and Earth was declared",
        "drift: and 1 more twins",
    ]

    after = PROVIDER.update("id", found.outs, check(project, found.inputs)).outs

    assert after == state
    assert project.tags() == {twin: {"role": "Earth"} for twin in FIVE}


def test_very_many_unlisted_twins_are_digests_too(project: Any, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(4):
        project.put_twin(f"x{number}", role="Fire")

    state = deploy(project)

    assert shown(state["unlisted"]) == {"Fire": "4 twins"}
    assert unpack(state["unlisted"]) == {f"x{number}": "Fire" for number in range(4)}
    said = capsys.readouterr().out.splitlines()
    assert [line.split(" carries")[0] for line in said] == [
        "unlisted: twin x0",
        "unlisted: twin x1",
        "unlisted: and 2 more twins",
    ]


@pytest.mark.parametrize(("before", "after"), [(FIVE, FIVE[:2]), (FIVE[:2], FIVE)], ids=["down", "up"])
def test_the_number_of_twins_may_cross_the_line_in_both_directions(
    project: Any, before: list[str], after: list[str]
) -> None:
    project.write_manifest({"Earth": before})
    state = deploy(project)
    project.write_manifest({"Earth": after})
    found = read(state)

    done = PROVIDER.update("id", found.outs, check(project, found.inputs)).outs or {}

    assert unpack(done["declared"]) == unpack(done["twins"]) == dict.fromkeys(after, "Earth")
    assert (WHOLE in done["twins"]) == (len(after) > 3)
    assert {twin for twin, tags in project.tags().items() if tags} >= set(after)
    assert {twin for twin, tags in project.tags().items() if tags and "role" in tags} == set(after)


def test_a_failure_in_the_middle_leaves_the_rest_to_the_next_run(project: Any) -> None:
    state = deploy(project)
    project.write_manifest({"Fire": ["A", "B", "C"], "Wind": ["D"]})
    project.fail(method="PATCH", path=".*/B", status=400, code="ValidationFailed")

    with pytest.raises(Exception, match="twin 'B'"):
        deploy(project, state)
    found = read(state)
    after = PROVIDER.update("id", found.outs, check(project, found.inputs)).outs or {}

    assert unpack(after["declared"]) == {"A": "Fire", "B": "Fire", "C": "Fire", "D": "Wind"}
    assert project.tags() == {
        **{twin: {"role": "Fire"} for twin in "ABC"},
        "D": {"role": "Wind"},
        "E": {},
    }


def test_a_twin_whose_id_pulumi_would_hide_is_tagged_shown_and_taken_off_like_any_other(azure: Any) -> None:
    azure.put_twin("__a")
    azure.write_manifest({"Earth": ["__a"]})

    state = deploy(azure)

    assert state["twins"] == state["declared"] == {"\\__a": "Earth"}
    assert azure.tags() == {"__a": {"role": "Earth"}}
    azure.write_manifest({})
    assert deploy(azure, state)["declared"] == {}
    assert azure.tags() == {"__a": {}}
