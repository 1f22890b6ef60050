"""What check makes of a manifest's selectors, and what becomes of the twins that they choose."""

from typing import Any

import pytest
from pulumi.output import Unknown

from twin_rbac.providers.role_tags import RoleTagsProvider

PROVIDER = RoleTagsProvider()
UNKNOWN: Any = Unknown()  # type: ignore[no-untyped-call]  # Pulumi gives it no types
ROOM = "dtmi:digitaltwinsrbac:example:Room;1"
GRAPH = f"""\
{{"Section": "Header"}}
{{"fileVersion": "1.0.0"}}
{{"Section": "Twins"}}
{{"$dtId": "room-1", "$metadata": {{"$model": "{ROOM}"}}}}
{{"$dtId": "room-2", "$metadata": {{"$model": "{ROOM}"}}}}
"""
ROOMS = 'role: Fire, glob: "room-*"'
WARM = "role: Wind, query: SELECT * FROM DIGITALTWINS T WHERE T.temperature > 20"


def check(azure: Any, olds: dict[str, Any] | None = None, **changes: Any) -> Any:
    return PROVIDER.check(olds or {}, azure.tags_props(**changes))


def expanded(azure: Any, olds: dict[str, Any] | None = None, **changes: Any) -> Any:
    """The map of the checked inputs."""
    result = check(azure, olds, **changes)
    assert result.failures == []
    return result.inputs["twins"]


def read(state: dict[str, Any]) -> Any:
    return PROVIDER.read("id", state)


def deploy(azure: Any, olds: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """Check, and then create or update with what it gave, as the engine does."""
    result = check(azure, olds, **changes)
    assert result.failures == [], result.failures[0].reason
    done = PROVIDER.update("id", olds, result.inputs) if olds else PROVIDER.create(result.inputs)
    return dict(done.outs or {})


def test_every_selected_twin_is_a_key_of_the_checked_inputs_and_a_listed_one_keeps_its_role(azure: Any) -> None:
    for twin in ("A", "room-1", "room-2", "hall"):
        azure.put_twin(twin)
    azure.write_manifest({"Earth": ["A", "room-2"]}, ROOMS)

    assert expanded(azure) == {"A": "Earth", "room-2": "Earth", "room-1": "Fire"}


def test_what_check_expanded_is_what_is_written_and_declared(azure: Any) -> None:
    for twin in ("A", "room-1"):
        azure.put_twin(twin)
    azure.write_manifest({"Earth": ["A"]}, ROOMS)

    outputs = deploy(azure)

    assert azure.tags() == {"A": {"role": "Earth"}, "room-1": {"role": "Fire"}}
    assert outputs["declared"] == outputs["twins"] == {"A": "Earth", "room-1": "Fire"}


def test_a_second_check_gives_the_same_inputs(azure: Any) -> None:
    azure.put_twin("room-1")
    azure.write_manifest({}, ROOMS)
    state = deploy(azure)

    found = read(state)
    again = check(azure, found.inputs)

    assert again.inputs["twins"] == found.inputs["twins"] == {"room-1": "Fire"}


@pytest.mark.parametrize("endpoint", ["known", "unknown"])
def test_a_twin_that_matches_no_more_loses_its_role(azure: Any, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twin_rbac.role_tags.graph_source.LAG", 0.01)
    azure.put_twin("room-1")
    azure.put_twin("hall")
    azure.write_manifest({}, WARM)
    state = deploy(azure)
    azure.data("PATCH", "/digitaltwins/hall", [{"op": "replace", "path": "/temperature", "value": 5}])
    found = read(state)

    after = expanded(azure, found.inputs, **({"endpoint": UNKNOWN} if endpoint == "unknown" else {}))
    deploy(azure, {**state, **found.outs})

    assert after == {"room-1": "Wind"}
    assert azure.tags() == {"room-1": {"role": "Wind"}, "hall": {}}


def test_on_a_brand_new_instance_the_graph_is_expanded_and_a_query_waits(
    azure: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    (azure.folder / "graph.ndjson").write_text(GRAPH)
    azure.write_manifest({}, ROOMS, WARM)

    twins = expanded(azure, instanceId=UNKNOWN, endpoint=UNKNOWN, seeded=UNKNOWN, graph="graph.ndjson")

    assert twins == {"room-1": "Fire", "room-2": "Fire"}
    assert capsys.readouterr().out == "the query at role-tags.yaml:5:18 is asked once there is an instance\n"


def test_twins_of_the_graph_that_are_not_uploaded_yet_are_in_the_plan(azure: Any) -> None:
    (azure.folder / "graph.ndjson").write_text(GRAPH)
    azure.put_twin("room-3")
    azure.write_manifest({}, ROOMS)

    twins = expanded(azure, graph="graph.ndjson", seeded=UNKNOWN)

    assert twins == {"room-1": "Fire", "room-2": "Fire", "room-3": "Fire"}


def test_right_after_the_upload_the_lag_of_the_index_hides_no_twin(azure: Any) -> None:
    (azure.folder / "graph.ndjson").write_text(GRAPH)
    azure.faults(query_lag=10)
    azure.put_twin("room-1")
    azure.put_twin("room-2")
    azure.write_manifest({}, ROOMS)

    deploy(azure, graph="graph.ndjson", seeded="room-1 room-2")

    azure.faults(query_lag=0)
    assert azure.tags() == {"room-1": {"role": "Fire"}, "room-2": {"role": "Fire"}}


def test_a_selected_twin_that_is_gone_between_check_and_apply_is_not_missing(azure: Any) -> None:
    azure.put_twin("room-1")
    azure.put_twin("room-2")
    azure.write_manifest({}, ROOMS)
    inputs = check(azure).inputs
    azure.delete_twin("room-2")

    PROVIDER.create(inputs)

    assert azure.tags() == {"room-1": {"role": "Fire"}}


def test_a_selected_twin_that_is_gone_is_named_once_and_changes_nothing(
    azure: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    azure.put_twin("room-1")
    azure.put_twin("room-2")
    azure.write_manifest({}, ROOMS)
    state = deploy(azure)
    azure.delete_twin("room-2")

    found = read(state)
    first = capsys.readouterr().out
    read(found.outs)

    assert first == "drift: twin room-2 is gone, and Fire was declared\n"
    assert capsys.readouterr().out == ""
    assert expanded(azure, found.inputs) == found.inputs["twins"] == {"room-1": "Fire"}


def test_selectors_that_disagree_fail_the_run_with_both_places(azure: Any) -> None:
    azure.put_twin("room-1")
    azure.write_manifest({}, ROOMS, 'role: Earth, glob: "*-1"')

    (failure,) = check(azure).failures

    assert "role-tags.yaml:4:" in failure.reason
    assert "role-tags.yaml:5:" in failure.reason


def test_without_data_rights_what_selectors_chose_stays_and_is_said_beside_the_warning(
    azure: Any, become: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    azure.put_twin("A")
    azure.put_twin("room-1")
    azure.write_manifest({"Earth": ["A"]}, ROOMS)
    state = deploy(azure)
    azure.write_manifest({"Fire": ["A"]}, ROOMS)
    become(azure, "pull-request")

    twins = expanded(azure, state)

    assert twins == {"A": "Fire", "room-1": "Fire"}
    warning, note = capsys.readouterr().out.splitlines()
    assert warning.startswith("warning: live twins or event routes were not looked at: ")
    assert note == "the manifest's selectors were not looked at: the twins that they chose stay as they were recorded"


def test_with_markers_a_twin_has_all_the_roles_that_select_it(empty_azure: Any) -> None:
    empty_azure.furnish()
    marked = "dtmi:digitaltwinsrbac:example:Marked;1"
    flags = {"@type": "Property", "name": "flags", "schema": MARKERS}
    model = {"@id": marked, "@type": "Interface", "@context": "dtmi:dtdl:context;2", "contents": [flags]}
    empty_azure.data("POST", "/models", [model])
    empty_azure.data("PUT", "/digitaltwins/room-1", {"$metadata": {"$model": marked}})
    rules = {"property": "flags", "encoding": "marker"}
    empty_azure.write_manifest({"Earth": ["room-1"], "Wind": ["room-1"]}, **rules)
    state = deploy(empty_azure)

    assert state["declared"] == {"room-1": "Earth,Wind"}
    assert empty_azure.data("GET", "/digitaltwins/room-1")["flags"] == {"Earth": True, "Wind": True}

    empty_azure.write_manifest({"Wind": ["room-1"]}, **rules)
    deploy(empty_azure, state)

    assert empty_azure.data("GET", "/digitaltwins/room-1")["flags"] == {"Wind": True}


MARKERS = {
    "@type": "Map",
    "mapKey": {"name": "role", "schema": "string"},
    "mapValue": {"name": "is", "schema": "boolean"},
}
