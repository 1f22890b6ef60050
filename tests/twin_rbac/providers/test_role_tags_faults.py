"""RoleTags while the service stumbles, others write, and rights are missing or late."""

import threading
import traceback
from typing import Any

import pytest

from components.permission_scopes import TAGGER
from twin_rbac.clients.calls import Patience
from twin_rbac.clients.errors import AccessDenied, AzureError, Throttled
from twin_rbac.clients.instance import InstanceClient
from twin_rbac.providers.role_tags import RoleTagsProvider
from twin_rbac.role_tags.errors import ApplyIncomplete

PROVIDER = RoleTagsProvider()


@pytest.fixture
def project(azure: Any) -> Any:
    """Three twins that are to carry Earth: one without tags, one with another tag, one with another role."""
    azure.put_twin("A")
    azure.put_twin("B", floor="top")
    azure.put_twin("C", role="Fire", floor="ground")
    azure.write_manifest({"Earth": ["A", "B", "C"]})
    return azure


@pytest.fixture
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries follow each other at once, whatever Retry-After says."""
    monkeypatch.setattr("twin_rbac.clients.transport.Transport._backoff", lambda _self, _attempt: 0.01)
    monkeypatch.setattr("twin_rbac.clients.transport.retry_after", lambda _answer: 0.01)
    monkeypatch.setattr("twin_rbac.clients.rate._SHORTEST_PAUSE", 0.01)


TAGGED = {"A": {"role": "Earth"}, "B": {"floor": "top", "role": "Earth"}, "C": {"floor": "ground", "role": "Earth"}}


@pytest.mark.parametrize(
    "fault",
    [
        {"method": "PATCH", "status": 412, "code": "PreconditionFailed"},
        {"method": "PATCH", "status": 412, "code": "PreconditionFailed", "times": 6},
        {"method": "PATCH", "status": 429, "retry_after": 1},
        {"method": "PATCH", "status": 503},
        {"method": "PATCH", "status": None},
        {"method": "PATCH", "status": 400, "code": "JsonPatchInvalid", "path": ".*/B"},
        {"method": "POST", "status": 429, "retry_after": 1},
        {"method": "POST", "status": None},
    ],
    ids=lambda fault: " ".join(str(value) for value in fault.values()),
)
@pytest.mark.usefixtures("without_pauses")
def test_a_passing_failure_is_survived(project: Any, fault: dict[str, Any]) -> None:
    before = project.twin_writes
    project.fail(**fault)

    PROVIDER.create(project.tags_props())

    assert project.tags() == TAGGED
    assert project.twin_writes == before + 3


def test_a_tag_that_someone_else_set_after_the_index_was_read_is_not_lost(project: Any) -> None:
    project.advance(60)
    project.faults(query_lag=30)
    project.data("PATCH", "/digitaltwins/A", [{"op": "add", "path": "/tags", "value": {"owner": "someone"}}])
    project.tag("B", "owner", "someone")
    project.tag("C", "owner", "someone")

    PROVIDER.create(project.tags_props())

    project.faults(query_lag=0)
    assert project.tags() == {twin: {**tags, "owner": "someone"} for twin, tags in TAGGED.items()}


def test_a_tag_map_that_someone_else_took_away_after_the_index_was_read_is_made_again(project: Any) -> None:
    project.advance(60)
    project.faults(query_lag=30)
    project.data("PATCH", "/digitaltwins/C", [{"op": "remove", "path": "/tags"}])

    PROVIDER.create(project.tags_props())

    project.faults(query_lag=0)
    assert project.tags() == {**TAGGED, "C": {"role": "Earth"}}


def test_twins_that_others_write_all_the_while_keep_their_tags(project: Any) -> None:
    done = threading.Event()

    def write_all_the_while() -> None:
        number = 0
        while not done.is_set():
            number += 1
            project.tag("B", f"n{number}", "x")
            project.tag("C", f"n{number}", "x")
        project.folder.joinpath("number").write_text(str(number))

    project.faults(write_latency=0.02)
    writer = threading.Thread(target=write_all_the_while)
    writer.start()
    try:
        PROVIDER.create(project.tags_props())
    finally:
        done.set()
        writer.join()

    number = int(project.folder.joinpath("number").read_text())
    others = {f"n{index}": "x" for index in range(1, number + 1)}
    assert project.tags() == {**TAGGED, "B": {**TAGGED["B"], **others}, "C": {**TAGGED["C"], **others}}


def test_a_twin_deleted_between_read_and_write_is_named_and_the_others_are_tagged(project: Any) -> None:
    project.advance(60)
    project.faults(query_lag=30)
    project.delete_twin("C")

    with pytest.raises(ApplyIncomplete, match="twin 'C': it was deleted meanwhile") as caught:
        PROVIDER.create(project.tags_props())

    project.faults(query_lag=0)
    assert caught.value.written == 2
    assert project.tags() == {twin: TAGGED[twin] for twin in "AB"}


@pytest.mark.usefixtures("without_pauses")
def test_throttling_without_end_says_how_far_it_came(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    defaults = InstanceClient.__init__.__kwdefaults__ or {}
    monkeypatch.setitem(defaults, "patience", Patience(attempts_when_throttled=2))
    project.fail(method="PATCH", path=".*/C", status=429, times=100)

    with pytest.raises(Throttled, match="update of twin 'C'") as caught:
        PROVIDER.create(project.tags_props())

    assert any("twins were written before; run again to go on" in note for note in caught.value.__notes__)


def test_create_without_data_rights_fails_at_once_and_names_the_data_action(
    project: Any, become: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    become(project, "pull-request")
    before = project.instance_calls

    with pytest.raises(AccessDenied, match=r"Microsoft\.DigitalTwins/query/action") as caught:
        PROVIDER.create(project.tags_props())

    assert project.instance_calls == before + 1
    assert capsys.readouterr().out == ""
    text = "".join(traceback.format_exception(caught.value))
    assert "eyJ" not in text, "a token begins so"
    assert project.environment("pull-request")["IDENTITY_HEADER"] not in text


def test_create_waits_for_a_role_that_does_not_act_yet(empty_azure: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    empty_azure.furnish_without_roles()
    empty_azure.put_twin("A")
    empty_azure.write_manifest({"Earth": ["A"]})
    empty_azure.faults(role_propagation=300)
    empty_azure.grant("deployer", TAGGER)
    said = []

    def advance_when_told(message: str) -> None:
        said.append(message)
        empty_azure.advance(300)

    monkeypatch.setattr("twin_rbac.providers.tagging.say", advance_when_told)
    monkeypatch.setattr("twin_rbac.role_tags.waiting._PAUSE", 0.01)

    PROVIDER.create(empty_azure.tags_props())

    assert empty_azure.tags() == {"A": {"role": "Earth"}}
    assert [message.split(":")[0] for message in said] == [
        "waiting for Microsoft.DigitalTwins/query/action to reach the instance"
    ]


@pytest.mark.usefixtures("without_pauses")
def test_an_instance_that_does_not_answer_is_named(empty_azure: Any) -> None:
    empty_azure.furnish()
    empty_azure.write_manifest({})
    props = empty_azure.tags_props()
    empty_azure.delete_instance()

    with pytest.raises(AzureError, match=f"query at {props['endpoint']} failed for good"):
        PROVIDER.create(props)
