"""What check refuses of a plan that could be carried out: past a limit, or models that cannot hold the tag."""

from typing import Any

import pytest

from twin_rbac.providers.role_tags import RoleTagsProvider
from twin_rbac.role_tags.errors import UntaggableTwins
from twin_rbac.role_tags.manifest import load_manifest

PROVIDER = RoleTagsProvider()
TWELVE = [f"t{number:02}" for number in range(12)]
BARE = "dtmi:digitaltwinsrbac:example:Bare;1"
ALLOW = "digital-twins-rbac:allowUnsafe"
NEXT = "dtmi:digitaltwinsrbac:example:Bare;2"


def deploy(azure: Any) -> dict[str, Any]:
    checked = PROVIDER.check({}, azure.tags_props())
    assert checked.failures == []
    return dict(PROVIDER.create(checked.inputs).outs or {})


def check(azure: Any, state: dict[str, Any], **changes: Any) -> list[str]:
    return [failure.reason for failure in PROVIDER.check(state, azure.tags_props(**changes)).failures]


def digest(azure: Any) -> str:
    return load_manifest(azure.folder / "role-tags.yaml").digest


@pytest.fixture
def state(azure: Any) -> dict[str, Any]:
    """Twelve twins that carry Earth."""
    for twin in TWELVE:
        azure.put_twin(twin)
    azure.write_manifest({"Earth": TWELVE})
    return deploy(azure)


def test_a_first_apply_has_no_limit(azure: Any) -> None:
    for twin in TWELVE:
        azure.put_twin(twin, role="Earth")
    azure.write_manifest({"Fire": TWELVE})

    assert check(azure, {}) == []


def test_a_plan_past_a_limit_is_refused_with_the_way_out(azure: Any, state: dict[str, Any]) -> None:
    azure.write_manifest({"Earth": TWELVE[:10]})

    (reason,) = check(azure, state)

    assert reason.splitlines() == [
        "this plan is past the manifest's limits:",
        "  it takes Earth from 2 twins, 17 % of the 12 that carry it now (limits.remove is 10 %)",
        f"if this is meant, let this one manifest past them: set the config {ALLOW}: {digest(azure)}",
    ]


def test_the_limits_of_the_manifest_count(azure: Any, state: dict[str, Any]) -> None:
    azure.write_manifest({"Earth": TWELVE[:10]}, limits={"remove": "20%"})

    assert check(azure, state) == []


def test_allow_unsafe_lets_the_manifest_that_it_names_past_and_is_not_kept(
    azure: Any, state: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    azure.write_manifest({"Earth": TWELVE[:10]})

    result = PROVIDER.check(state, azure.tags_props(allowUnsafe=digest(azure)))

    assert result.failures == []
    assert "allowUnsafe" not in result.inputs
    assert capsys.readouterr().out.startswith("past a limit, as allowUnsafe lets it: this manifest takes Earth from 2 ")


def test_allow_unsafe_with_the_digest_of_another_manifest_does_not_help_and_that_is_said(
    azure: Any, state: dict[str, Any]
) -> None:
    other = digest(azure)
    azure.write_manifest({"Earth": TWELVE[:10]})

    (reason,) = check(azure, state, allowUnsafe=other)

    assert reason.endswith(f"(allowUnsafe now names another manifest, {other})")
    assert f"allowUnsafe: {digest(azure)}\n" in reason


def test_removing_unlisted_twins_counts_too(azure: Any, state: dict[str, Any]) -> None:
    for twin in ("x", "y"):
        azure.put_twin(twin, role="Earth")
    azure.write_manifest({"Earth": TWELVE}, unlisted="remove")

    (reason,) = check(azure, state)

    assert "it takes Earth from 2 twins, 14 % of the 14 that carry it now" in reason


def test_without_data_rights_the_recorded_twins_stand_for_the_live_ones(
    azure: Any, state: dict[str, Any], become: Any
) -> None:
    azure.write_manifest({"Earth": TWELVE[:8], "Fire": TWELVE[8:]})
    become(azure, "pull-request")

    (reason,) = check(azure, state)

    assert "it takes Earth for another role from 4 twins, 33 % of the 12 that carry it now" in reason


@pytest.fixture
def bare(empty_azure: Any) -> Any:
    """A model without tags, and a twin of it."""
    empty_azure.furnish()
    contents = [{"@type": "Property", "name": "temperature", "schema": "double"}]
    model = {"@id": BARE, "@type": "Interface", "@context": "dtmi:dtdl:context;2", "contents": contents}
    empty_azure.data("POST", "/models", [model])
    empty_azure.data("PUT", "/digitaltwins/A", {"$metadata": {"$model": BARE}, "temperature": 1.5})
    empty_azure.write_manifest({"Earth": ["A"]})
    return empty_azure


def test_a_model_that_cannot_hold_the_tag_is_refused_with_the_way_out(bare: Any) -> None:
    (reason,) = check(bare, {})

    assert reason.startswith(
        f"these models cannot hold the role tag:\n  {BARE} (1 of the twins): it has no property 'tags'"
    )
    assert "digital-twins-rbac:upgradeModels: true" in reason


def test_without_check_such_a_model_stops_create_before_anything_is_written(bare: Any) -> None:
    before = bare.twin_writes

    with pytest.raises(UntaggableTwins):
        PROVIDER.create(bare.tags_props())

    assert bare.twin_writes == before


def test_with_upgrade_models_the_preview_says_which_model_is_made_and_the_update_moves_the_twins(
    bare: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    props = bare.tags_props(upgradeModels=True)

    checked = PROVIDER.check({}, props)

    assert checked.failures == []
    assert capsys.readouterr().out.splitlines() == [
        f"model: {NEXT} is made, with a map for the role tag",
        f"model: 1 twin moves from {BARE} to {NEXT}",
    ]
    PROVIDER.create(checked.inputs)
    twin = bare.data("GET", "/digitaltwins/A")
    assert (twin["$metadata"]["$model"], twin["tags"], twin["temperature"]) == (NEXT, {"role": "Earth"}, 1.5)
    before = bare.twin_writes
    again = PROVIDER.check({}, bare.tags_props(upgradeModels=True))
    PROVIDER.create(again.inputs)
    assert bare.twin_writes == before
