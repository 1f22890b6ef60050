"""What the providers share: finding the instance, and saying things so that they can be read."""

import asyncio
import sys
from typing import Any

import pytest
from pulumi.output import Unknown

from twin_rbac.clients.errors import AzureError
from twin_rbac.providers import live
from twin_rbac.role_tags.errors import RoleTagsError

UNKNOWN: Any = Unknown()  # type: ignore[no-untyped-call]  # Pulumi gives it no types


def find(azure: Any, **changes: Any) -> Any:
    return asyncio.run(live.find_target(props(azure, **changes)))


def props(azure: Any, **changes: Any) -> dict[str, Any]:
    return {"endpoint": "https://localhost:1", "instanceId": azure.instance_id, "cloud": azure.cloud, **changes}


def test_a_known_endpoint_is_believed_and_resource_manager_not_asked(empty_azure: Any) -> None:
    target = find(empty_azure)

    assert (target.endpoint, target.instance_id) == ("https://localhost:1", empty_azure.instance_id)
    assert target.cloud.resource_manager == empty_azure.cloud["resourceManager"]


def test_an_unknown_endpoint_is_asked_of_resource_manager(empty_azure: Any) -> None:
    empty_azure.create_instance()

    assert find(empty_azure, endpoint=UNKNOWN).endpoint == empty_azure.endpoint


def test_an_instance_that_is_not_there_has_no_target(empty_azure: Any) -> None:
    assert find(empty_azure, endpoint=UNKNOWN) is None


def test_an_instance_whose_id_is_not_known_yet_has_no_target(empty_azure: Any) -> None:
    assert find(empty_azure, instanceId=UNKNOWN) is None
    assert find(empty_azure, instanceId=UNKNOWN, endpoint=UNKNOWN) is None


def test_where_an_instance_must_exist_its_id_and_what_to_do_are_named(empty_azure: Any) -> None:
    with pytest.raises(AzureError, match=f"there is no instance {empty_azure.instance_id}; run pulumi refresh"):
        asyncio.run(live.require_target(props(empty_azure, endpoint=UNKNOWN)))


def test_an_instance_is_gone_when_resource_manager_says_so(empty_azure: Any) -> None:
    empty_azure.create_instance()
    assert not asyncio.run(live.is_gone(props(empty_azure)))

    empty_azure.delete_instance()
    assert asyncio.run(live.is_gone(props(empty_azure)))


def test_an_instance_in_a_resource_group_that_is_gone_is_gone(empty_azure: Any) -> None:
    assert asyncio.run(live.is_gone(props(empty_azure)))


def test_an_instance_is_not_gone_for_a_caller_that_may_not_ask(empty_azure: Any, become: Any) -> None:
    become(empty_azure, "wind")

    assert not asyncio.run(live.is_gone(props(empty_azure)))


def test_an_instance_is_not_gone_while_resource_manager_fails(
    empty_azure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twin_rbac.clients.transport.Transport._backoff", lambda _self, _attempt: 0.01)
    empty_azure.create_instance()
    empty_azure.fail(service="resource-manager", method="GET", path=".*digitalTwinsInstances.*", status=503, times=100)

    with pytest.raises(AzureError, match=f"read of {empty_azure.instance_id}"):
        asyncio.run(live.is_gone(props(empty_azure)))


@pytest.mark.parametrize("error", [AzureError("explained"), RoleTagsError("explained")])
def test_an_error_that_explains_itself_comes_without_lines_of_code(error: Exception, monkeypatch: Any) -> None:
    monkeypatch.setattr(sys, "tracebacklimit", 1000, raising=False)

    with pytest.raises(type(error), match="explained"):
        live.run(fail_with(error))

    assert sys.tracebacklimit == 0


def test_an_error_of_ours_comes_with_lines_of_code(monkeypatch: Any) -> None:
    monkeypatch.setattr(sys, "tracebacklimit", 1000, raising=False)

    with pytest.raises(KeyError):
        live.run(fail_with(KeyError("a mistake")))

    assert sys.tracebacklimit == 1000


async def fail_with(error: Exception) -> None:
    raise error


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [
        ("https://a", "https://a", False),
        ("https://a", "https://b", True),
        ("https://a", UNKNOWN, False),
        (UNKNOWN, "https://a", False),
    ],
)
def test_only_an_endpoint_known_to_be_another_replaces_the_resource(before: Any, after: Any, moved: bool) -> None:  # noqa: FBT001  # a case
    result = live.compare({"endpoint": before}, {"endpoint": after})

    assert (result.changes, result.replaces) == ((True, ["endpoint"]) if moved else (None, []))


@pytest.mark.parametrize("value", ["", None, {}, "https://a"])
def test_everything_but_unknown_is_known(value: object) -> None:
    assert live.is_known(value)
    assert not live.is_known(UNKNOWN)


def test_what_is_said_is_one_line_of_the_process(capsys: pytest.CaptureFixture[str]) -> None:
    live.say("waiting")

    assert capsys.readouterr().out == "waiting\n"
