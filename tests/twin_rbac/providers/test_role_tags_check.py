"""What check of RoleTags refuses and names, in a preview and before an update."""

from typing import Any

import pytest
from pulumi.output import Unknown

from components.permission_scopes import TAGGER
from twin_rbac.providers.role_tags import RoleTagsProvider

PROVIDER = RoleTagsProvider()
UNKNOWN: Any = Unknown()  # type: ignore[no-untyped-call]  # Pulumi gives it no types
GRAPH = """\
{"Section": "Header"}
{"fileVersion": "1.0.0"}
{"Section": "Twins"}
{"$dtId": "A", "$metadata": {"$model": "dtmi:digitaltwinsrbac:example:Room;1"}}
"""
SEEDED = "A"


def check(azure: Any, olds: dict[str, Any] | None = None, **changes: Any) -> list[str]:
    """The reasons of the failures."""
    props = azure.tags_props(**changes)
    result = PROVIDER.check(olds or {}, dict(props))
    assert result.inputs == props, "check hands on the inputs as they are, unknown ones too"
    assert all(failure.property == "" for failure in result.failures)
    return [failure.reason for failure in result.failures]


@pytest.fixture
def project(azure: Any) -> Any:
    """Two twins in the instance, and a graph file with the first of them."""
    azure.put_twin("A", role="Earth")
    azure.put_twin("B")
    (azure.folder / "graph.ndjson").write_text(GRAPH)
    return azure


def test_twins_that_exist_are_no_failure_and_nothing_is_written_or_said(
    project: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write_manifest({"Earth": ["A"], "Fire": ["B"]})
    before = project.twin_writes

    assert check(project) == []

    assert project.twin_writes == before
    assert capsys.readouterr().out == ""


def test_each_missing_twin_is_a_failure_with_its_place_in_the_manifest(project: Any) -> None:
    project.write_manifest({"Earth": ["A", "lost"], "Fire": ["gone"]})

    assert check(project) == [
        "role-tags.yaml:5:26: there is no twin 'gone' in the instance; create it, take it out, or set missing: skip",
        "role-tags.yaml:4:32: there is no twin 'lost' in the instance; create it, take it out, or set missing: skip",
    ]


def test_a_missing_twin_that_may_be_missing_is_no_failure(project: Any) -> None:
    project.write_manifest({"Earth": ["A", "lost"]}, missing="skip")

    assert check(project) == []


def test_a_twin_that_the_index_does_not_have_yet_is_not_missing(azure: Any) -> None:
    azure.faults(query_lag=10)
    azure.put_twin("new")
    azure.write_manifest({"Earth": ["new"]})

    assert check(azure) == []

    azure.faults(query_lag=0)


def test_unlisted_twins_are_named(project: Any, capsys: pytest.CaptureFixture[str]) -> None:
    project.write_manifest({"Fire": ["B"]})

    assert check(project) == []

    assert capsys.readouterr().out == (
        "unlisted: twin A carries Earth but is not in role-tags.yaml; list it there, or set unlisted: remove\n"
    )


def test_unlisted_twins_that_are_removed_are_named_too(project: Any, capsys: pytest.CaptureFixture[str]) -> None:
    project.write_manifest({"Fire": ["B"]}, unlisted="remove")

    assert check(project) == []

    assert capsys.readouterr().out.startswith("unlisted: twin A carries Earth but is not in role-tags.yaml; its role ")


def test_a_twin_that_leaves_the_manifest_is_a_line_of_the_preview_and_not_unlisted(
    project: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write_manifest({"Fire": ["B"]})

    check(project, {"twins": {"A": "Earth", "B": "Fire"}})

    assert capsys.readouterr().out == ""


def test_ignored_twins_are_not_named(project: Any, capsys: pytest.CaptureFixture[str]) -> None:
    project.write_manifest({"Fire": ["B"]}, ignore=["A"])

    check(project)

    assert capsys.readouterr().out == ""


def test_for_a_brand_new_instance_only_the_graph_is_asked(project: Any) -> None:
    project.write_manifest({"Earth": ["A"], "Fire": ["B"]})
    before = project.instance_calls

    reasons = check(project, instanceId=UNKNOWN, endpoint=UNKNOWN, seeded=UNKNOWN, graph="graph.ndjson")

    assert [reason.split(";")[0] for reason in reasons] == ["role-tags.yaml:5:26: there is no twin 'B' in the instance"]
    assert project.instance_calls == before


def test_for_a_brand_new_instance_a_model_of_the_graph_that_cannot_hold_the_tag_is_found_before_anything_is_made(
    project: Any,
) -> None:
    plain = '{"@context": "dtmi:dtdl:context;3", "@id": "dtmi:t:Plain;1", "@type": "Interface", "contents": []}'
    text = GRAPH.replace("dtmi:digitaltwinsrbac:example:Room;1", "dtmi:t:Plain;1")
    text = text.replace('{"Section": "Twins"}', f'{{"Section": "Models"}}\n{plain}\n{{"Section": "Twins"}}')
    (project.folder / "graph.ndjson").write_text(text)
    project.write_manifest({"Earth": ["A"]})
    new = {"instanceId": UNKNOWN, "endpoint": UNKNOWN, "seeded": UNKNOWN, "graph": "graph.ndjson"}

    (reason,) = check(project, **new)
    assert "dtmi:t:Plain;1 (1 of the twins): it has no property 'tags'" in reason
    assert "digital-twins-rbac:upgradeModels: true" in reason
    assert check(project, upgradeModels=True, **new) == []


def test_for_a_brand_new_instance_without_a_graph_nothing_can_be_said(project: Any) -> None:
    project.write_manifest({"Earth": ["anything"]})
    before = project.instance_calls

    assert check(project, instanceId=UNKNOWN, endpoint=UNKNOWN) == []
    assert project.instance_calls == before


def test_for_a_brand_new_instance_a_twin_that_may_be_missing_is_no_failure(project: Any) -> None:
    project.write_manifest({"Earth": ["B"]}, missing="skip")

    assert check(project, instanceId=UNKNOWN, endpoint=UNKNOWN, graph="graph.ndjson") == []


def test_an_endpoint_that_a_change_of_the_instance_makes_unknown_is_asked_of_resource_manager(project: Any) -> None:
    project.write_manifest({"Earth": ["A", "lost"]})

    (reason,) = check(project, endpoint=UNKNOWN)

    assert "there is no twin 'lost'" in reason


def test_an_instance_that_resource_manager_does_not_have_is_brand_new(project: Any) -> None:
    project.write_manifest({"Earth": ["A"], "Fire": ["B"]})

    (reason,) = check(
        project, endpoint=UNKNOWN, instanceId=f"{project.instance_id}-not-yet", graph="graph.ndjson", seeded=UNKNOWN
    )

    assert "there is no twin 'B'" in reason


@pytest.mark.parametrize("seeded", [None, UNKNOWN, ""])
def test_a_twin_of_the_graph_that_was_never_seeded_counts_as_present(project: Any, seeded: Any) -> None:
    project.delete_twin("A")
    project.write_manifest({"Earth": ["A"]})

    assert check(project, graph="graph.ndjson", seeded=seeded) == []


@pytest.mark.parametrize(("before", "now"), [(None, SEEDED), (SEEDED, UNKNOWN)])
def test_a_twin_that_was_seeded_once_and_is_gone_is_missing(project: Any, before: Any, now: Any) -> None:
    project.delete_twin("A")
    project.write_manifest({"Earth": ["A"]})

    (reason,) = check(project, {"seeded": before}, graph="graph.ndjson", seeded=now)

    assert "there is no twin 'A'" in reason


@pytest.mark.parametrize("endpoint", [None, UNKNOWN], ids=["known", "unknown"])
def test_without_data_rights_one_warning_names_the_data_action(
    project: Any, become: Any, capsys: pytest.CaptureFixture[str], endpoint: Any
) -> None:
    project.write_manifest({"Earth": ["A", "lost"]})
    become(project, "pull-request")

    assert check(project, endpoint=endpoint or project.endpoint) == []

    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("warning: live twins or event routes were not looked at: ")
    assert "Microsoft.DigitalTwins/query/action" in line


def test_who_may_not_even_read_the_instance_is_told_so(
    project: Any, become: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write_manifest({"Earth": ["A"]})
    become(project, "wind")

    assert check(project, endpoint=UNKNOWN) == []

    assert "Microsoft.DigitalTwins/digitalTwinsInstances/read" in capsys.readouterr().out


def test_a_role_that_does_not_act_yet_is_waited_for(empty_azure: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    empty_azure.create_instance()
    empty_azure.faults(role_propagation=300)
    empty_azure.grant("deployer", TAGGER)
    empty_azure.write_manifest({"Earth": ["lost"]})
    said = []

    def advance_when_told(message: str) -> None:
        said.append(message)
        empty_azure.advance(300)

    monkeypatch.setattr("twin_rbac.providers.tag_checking.say", advance_when_told)
    monkeypatch.setattr("twin_rbac.role_tags.waiting._PAUSE", 0.01)

    (reason,) = check(empty_azure)

    assert "there is no twin 'lost'" in reason
    (message,) = said
    assert message.startswith("waiting for Microsoft.DigitalTwins/query/action to reach the instance: ")


def test_a_twin_that_moves_from_the_list_to_the_ignored_ones_keeps_its_role_and_that_is_said(
    project: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write_manifest({"Fire": ["B"]}, ignore=["A"])

    assert check(project, {"twins": {"A": "Earth"}}) == []

    assert capsys.readouterr().out == (
        "ignored: twin A keeps Earth, since the manifest ignores it now; take its tag off by hand\n"
    )


def test_another_key_names_each_twin_that_gets_it_and_is_another_resource(
    project: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write_manifest({"Earth": ["A"]})
    olds = project.tags_props(declared={"A": "Earth"})
    project.write_manifest({"Earth": ["A"]}, key="team")
    news = project.tags_props()

    assert check(project, olds) == []

    said = capsys.readouterr().out
    assert (
        said == "moved: twin A gets tags.team = Earth; its tags.role stays, take it off with the old manifest first\n"
    )
    assert PROVIDER.diff("id", olds, news).replaces == ["rules"]


def test_a_twin_that_may_be_missing_is_named_and_does_not_count_as_tagged(
    project: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write_manifest({"Earth": ["A", "lost"]}, missing="skip")

    assert check(project) == []

    assert capsys.readouterr().out == "skipped: there is no twin lost to carry Earth\n"
    outputs = PROVIDER.create(project.tags_props()).outs
    assert outputs is not None
    assert outputs["twins"] == {"A": "Earth"}
    assert outputs["declared"] == {"A": "Earth", "lost": "Earth"}
