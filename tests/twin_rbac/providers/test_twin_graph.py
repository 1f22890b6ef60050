"""TwinGraph as Pulumi runs it: seeds what is new to it and not there, and leaves everything else alone."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from pulumi.output import Unknown

from components.permission_scopes import LOADER, TAGGER
from twin_rbac.clients.errors import AccessDenied, AzureError
from twin_rbac.providers.twin_graph import TwinGraphProvider
from twin_rbac.role_tags import digest
from twin_rbac.role_tags.digest import unpack_ids
from twin_rbac.role_tags.errors import GraphFileError

PROVIDER = TwinGraphProvider()
UNKNOWN: Any = Unknown()  # type: ignore[no-untyped-call]  # Pulumi gives it no types
EXAMPLE = Path(__file__).parents[3] / "examples" / "tenants" / "graph.ndjson"
MODELS = [f"dtmi:digitaltwinsrbac:example:{name};1" for name in ("Room", "Site", "Taggable")]
TWINS = ["1", "2", "3", "A", "B"]
RELATIONSHIPS = ["A/A-contains-1", "A/A-contains-2", "A/A-feeds-B", "B/B-contains-3"]


@pytest.fixture
def project(azure: Any) -> Any:
    """The example's graph, and an instance that has its models."""
    shutil.copy(EXAMPLE, azure.folder / "graph.ndjson")
    return azure


@pytest.fixture
def bare_project(empty_azure: Any) -> Any:
    """The example's graph, and an instance without models."""
    shutil.copy(EXAMPLE, empty_azure.folder / "graph.ndjson")
    empty_azure.create_instance()
    empty_azure.grant("deployer", LOADER)
    return empty_azure


def create(azure: Any) -> dict[str, Any]:
    return dict(PROVIDER.create(azure.graph_props()).outs or {})


def update(azure: Any, olds: dict[str, Any]) -> dict[str, Any]:
    return dict(PROVIDER.update("id", olds, azure.graph_props()).outs or {})


def relationships(azure: Any) -> list[str]:
    rows = azure.query("SELECT * FROM RELATIONSHIPS")
    return sorted(f"{row['$sourceId']}/{row['$relationshipId']}" for row in rows)


def rewrite(azure: Any, old: str, new: str) -> None:
    text = (azure.folder / "graph.ndjson").read_text()
    assert text.count(old) == 1
    (azure.folder / "graph.ndjson").write_text(text.replace(old, new))


def add_twin(azure: Any, twin_id: str) -> None:
    line = json.dumps({"$dtId": twin_id, "$metadata": {"$model": MODELS[0]}})
    rewrite(azure, '{"Section": "Relationships"}', f'{line}\n{{"Section": "Relationships"}}')


def test_create_seeds_models_twins_and_relationships(bare_project: Any) -> None:
    created = PROVIDER.create(bare_project.graph_props())

    assert sorted(model["id"] for model in bare_project.data("GET", "/models")["value"]) == MODELS
    assert sorted(bare_project.tags()) == TWINS
    assert bare_project.data("GET", "/digitaltwins/A")["address"] == "1 North Street"
    assert bare_project.tags()["1"] == {"floor": "ground"}
    assert relationships(bare_project) == RELATIONSHIPS
    assert created.id == f"{bare_project.instance_id}/graph"
    assert created.outs == {
        **bare_project.graph_props(),
        "seeded": {"models": MODELS, "twins": TWINS, "relationships": RELATIONSHIPS},
    }


def test_the_state_holds_no_property_values(project: Any) -> None:
    text = json.dumps(create(project))

    assert "North Street" not in text
    assert "20.5" not in text


def test_what_is_there_is_found_and_not_overwritten(project: Any) -> None:
    project.put_twin("1", role="Fire")

    created = create(project)

    assert project.tags()["1"] == {"role": "Fire"}
    assert created["seeded"]["twins"] == TWINS


def test_an_update_without_news_writes_nothing(project: Any) -> None:
    created = create(project)
    before = project.twin_writes

    assert update(project, created) == created
    assert project.twin_writes == before


def test_an_update_seeds_what_is_new_to_the_file(project: Any) -> None:
    created = create(project)
    add_twin(project, "4")
    before = project.twin_writes

    updated = update(project, created)

    assert project.twin_writes == before + 1
    assert "4" in project.tags()
    assert updated["seeded"]["twins"] == ["1", "2", "3", "4", "A", "B"]
    assert updated["twins"] == project.graph_props()["twins"]


def test_a_changed_line_is_never_written_over_what_is_there(project: Any) -> None:
    created = create(project)
    rewrite(project, "1 North Street", "3 West Street")

    updated = update(project, created)

    assert project.data("GET", "/digitaltwins/A")["address"] == "1 North Street"
    assert updated["seeded"] == created["seeded"]


def test_a_twin_that_was_seeded_and_is_gone_never_comes_back(project: Any) -> None:
    created = create(project)
    project.data("DELETE", "/digitaltwins/A/relationships/A-contains-2")
    project.delete_twin("2")
    add_twin(project, "4")

    updated = update(project, created)

    assert "2" not in project.tags()
    assert "A/A-contains-2" not in relationships(project)
    assert "2" in updated["seeded"]["twins"]


def test_a_relationship_that_left_the_file_stays_and_is_remembered(project: Any) -> None:
    created = create(project)
    rewrite(project, '{"$dtId": "A", "$relationshipId": "A-contains-2", ', '{"$dtId": "A", "$relationshipId": "new", ')

    updated = update(project, created)

    assert relationships(project) == sorted([*RELATIONSHIPS, "A/new"])
    assert updated["seeded"]["relationships"] == sorted([*RELATIONSHIPS, "A/new"])


def test_a_seed_that_failed_halfway_is_finished_by_the_next(project: Any) -> None:
    project.fail(method="PUT", path=".*/relationships/A-feeds-B", status=400, code="ValidationFailed")

    with pytest.raises(AzureError, match="creation of relationship 'A-feeds-B' of twin 'A'"):
        create(project)
    create(project)

    assert sorted(project.tags()) == TWINS
    assert relationships(project) == RELATIONSHIPS


def test_a_dropped_connection_is_survived(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twin_rbac.clients.transport.Transport._backoff", lambda _self, _attempt: 0.01)
    project.fail(method="PUT", status=None, times=2)

    create(project)

    assert sorted(project.tags()) == TWINS


def test_check_warns_of_changed_lines_and_hands_on_the_inputs(project: Any, capsys: pytest.CaptureFixture[str]) -> None:
    olds = project.graph_props()
    rewrite(project, "1 North Street", "3 West Street")
    add_twin(project, "4")
    news = project.graph_props(endpoint=UNKNOWN, instanceId=UNKNOWN)

    result = PROVIDER.check(olds, dict(news))

    assert (result.inputs, result.failures) == (news, [])
    assert capsys.readouterr().out == (
        "warning: graph.ndjson: the line of A in twins changed; a seed overwrites nothing\n"
    )


def test_check_of_a_new_seed_says_nothing(project: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert PROVIDER.check({}, project.graph_props()).failures == []
    assert capsys.readouterr().out == ""


def test_a_new_endpoint_is_another_instance(project: Any) -> None:
    props = project.graph_props()

    assert PROVIDER.diff("id", props, dict(props)).replaces == []
    assert PROVIDER.diff("id", props, {**props, "endpoint": "https://elsewhere"}).replaces == ["endpoint"]


def test_a_seed_does_not_drift(project: Any) -> None:
    created = create(project)
    project.delete_all_twins()

    found = PROVIDER.read("id", created)

    assert (found.id, found.outs) == ("id", created)


def test_a_seed_of_an_instance_that_is_gone_is_gone(bare_project: Any) -> None:
    props = bare_project.graph_props()
    bare_project.delete_instance()

    found = PROVIDER.read("id", props)

    assert (found.id, found.outs) == ("", {})


def test_a_seed_of_an_instance_that_is_gone_fails_and_names_it(
    bare_project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twin_rbac.clients.transport.Transport._backoff", lambda _self, _attempt: 0.01)
    props = bare_project.graph_props()
    bare_project.delete_instance()

    with pytest.raises(AzureError, match=props["endpoint"]):
        PROVIDER.create(props)


def test_delete_calls_nothing(project: Any) -> None:
    created = create(project)
    before = project.instance_calls

    PROVIDER.delete("id", created)

    assert project.instance_calls == before
    assert sorted(project.tags()) == TWINS


def test_without_the_loaders_rights_it_fails_at_once_and_names_the_data_action(project: Any, become: Any) -> None:
    become(project, "pull-request")
    before = project.instance_calls

    with pytest.raises(AccessDenied, match=r"Microsoft\.DigitalTwins/models/read"):
        create(project)

    assert project.instance_calls == before + 1


def test_the_taggers_role_is_not_enough_for_relationships(empty_azure: Any, become: Any) -> None:
    empty_azure.furnish_without_roles()
    empty_azure.grant("tagger", TAGGER)
    shutil.copy(EXAMPLE, empty_azure.folder / "graph.ndjson")
    become(empty_azure, "tagger")

    with pytest.raises(AccessDenied, match=r"Microsoft\.DigitalTwins/digitaltwins/relationships/write"):
        create(empty_azure)


def test_a_role_that_does_not_act_yet_is_waited_for(empty_azure: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    empty_azure.furnish_without_roles()
    empty_azure.faults(role_propagation=300)
    empty_azure.grant("deployer", LOADER)
    shutil.copy(EXAMPLE, empty_azure.folder / "graph.ndjson")
    said = []

    def advance_when_told(message: str) -> None:
        said.append(message)
        empty_azure.advance(300)

    monkeypatch.setattr("twin_rbac.providers.seeding.say", advance_when_told)
    monkeypatch.setattr("twin_rbac.role_tags.waiting._PAUSE", 0.01)

    create(empty_azure)

    assert sorted(empty_azure.tags()) == TWINS
    assert len(said) == 1
    assert said[0].startswith("waiting for Microsoft.DigitalTwins/models/read to reach the instance: ")


def test_a_file_that_cannot_be_read_is_named_without_lines_of_code(project: Any) -> None:
    props = project.graph_props()
    (project.folder / "graph.ndjson").write_text("{\n")

    with pytest.raises(GraphFileError, match=r"^graph\.ndjson:1:\d+: this is not JSON"):
        PROVIDER.create(props)

    assert sys.tracebacklimit == 0


def test_of_very_many_twins_the_ids_are_one_compressed_text_and_still_none_comes_back(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digest, "MOST_SHOWN", 4)
    created = create(project)
    project.data("DELETE", "/digitaltwins/B/relationships/B-contains-3")
    project.delete_twin("3")
    add_twin(project, "4")

    updated = update(project, created)

    assert created["seeded"]["models"] == MODELS
    assert created["seeded"]["twins"].startswith("zlib:")
    assert unpack_ids(updated["seeded"]["twins"]) == {*TWINS, "4"}
    assert sorted(project.tags()) == ["1", "2", "4", "A", "B"]
