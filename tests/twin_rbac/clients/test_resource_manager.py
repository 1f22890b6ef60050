import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from twin_rbac.clients.cloud import Cloud
from twin_rbac.clients.errors import AccessDenied, InstanceNotReady, InvalidRequest
from twin_rbac.clients.resource_manager import ResourceManagerClient

INSTANCE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt"


def ask(instance: Any, credential: Any, work: Callable[[ResourceManagerClient], Awaitable[Any]]) -> Any:
    cloud = Cloud(resource_manager=instance.endpoint, resource_manager_audience="https://arm.example/")

    async def run() -> Any:
        async with ResourceManagerClient(credential, cloud=cloud) as client:
            return await work(client)

    return asyncio.run(run())


def error(code: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": "…"}}


def test_the_host_name_is_the_one_that_resource_manager_gives(instance: Any, credential: Any, scripted: Any) -> None:
    instance.script = [
        scripted(200, {"id": INSTANCE, "properties": {"hostName": "adt.api.weu.digitaltwins.azure.net"}})
    ]

    host_name = ask(instance, credential, lambda client: client.get_host_name(INSTANCE))

    assert host_name == "adt.api.weu.digitaltwins.azure.net"
    assert instance.received[0].path == f"{INSTANCE}?api-version=2023-01-31"
    assert credential.asked == ["https://arm.example/.default"]


@pytest.mark.parametrize("code", ["ResourceNotFound", "ResourceGroupNotFound"])
def test_an_instance_that_is_gone_has_no_host_name(instance: Any, credential: Any, scripted: Any, code: str) -> None:
    instance.script = [scripted(404, error(code))]

    assert ask(instance, credential, lambda client: client.get_host_name(INSTANCE)) is None


def test_a_subscription_that_cannot_be_seen_does_not_make_the_instance_gone(
    instance: Any, credential: Any, scripted: Any
) -> None:
    instance.script = [scripted(404, error("SubscriptionNotFound"))]

    with pytest.raises(InvalidRequest, match="SubscriptionNotFound"):
        ask(instance, credential, lambda client: client.get_host_name(INSTANCE))


def test_an_instance_that_is_being_made_is_not_taken_for_gone(instance: Any, credential: Any, scripted: Any) -> None:
    instance.script = [scripted(200, {"properties": {"provisioningState": "Creating"}})]

    with pytest.raises(InstanceNotReady, match="provisioning state is Creating"):
        ask(instance, credential, lambda client: client.get_host_name(INSTANCE))


def test_who_may_not_read_the_instance_is_told_the_action(instance: Any, credential: Any, scripted: Any) -> None:
    instance.script = [scripted(403, error("AuthorizationFailed"))]

    with pytest.raises(AccessDenied, match="digitalTwinsInstances/read"):
        ask(instance, credential, lambda client: client.get_host_name(INSTANCE))


def test_the_callers_permissions_are_read_over_all_pages(instance: Any, credential: Any, scripted: Any) -> None:
    path = f"{INSTANCE}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01"
    first, second = {"dataActions": ["a"]}, {"dataActions": ["b"]}
    instance.script = [
        scripted(200, {"value": [first], "nextLink": f"{instance.endpoint}{path}&$skipToken=x"}),
        scripted(200, {"value": [second]}),
    ]

    assert ask(instance, credential, lambda client: client.list_permissions(INSTANCE)) == [first, second]
    assert [call.path for call in instance.received] == [path, f"{path}&$skipToken=x"]


def test_role_assignments_are_listed_by_the_filter_over_all_pages(
    instance: Any, credential: Any, scripted: Any
) -> None:
    path = f"{INSTANCE}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01&$filter="
    first, second = {"id": "a"}, {"id": "b"}
    instance.script = [
        scripted(200, {"value": [first], "nextLink": f"{instance.endpoint}{path}atScope()&$skipToken=x"}),
        scripted(200, {"value": [second]}),
        scripted(200, {"value": []}),
    ]

    assert ask(instance, credential, lambda client: client.list_role_assignments(INSTANCE)) == [first, second]
    assert ask(instance, credential, lambda client: client.list_role_assignments(INSTANCE, "principalId eq '0f'")) == []
    assert [call.path for call in instance.received] == [
        f"{path}atScope()",
        f"{path}atScope()&$skipToken=x",
        f"{path}principalId%20eq%20'0f'",
    ]


def test_who_may_not_list_role_assignments_is_told_the_action(instance: Any, credential: Any, scripted: Any) -> None:
    instance.script = [scripted(403, error("AuthorizationFailed"))]

    with pytest.raises(AccessDenied, match=r"Microsoft\.Authorization/roleAssignments/read"):
        ask(instance, credential, lambda client: client.list_role_assignments(INSTANCE))


def test_a_role_definition_is_as_resource_manager_writes_it(instance: Any, credential: Any, scripted: Any) -> None:
    role = {"id": "/r", "properties": {"roleName": "Reader"}}
    instance.script = [scripted(200, role)]

    assert ask(instance, credential, lambda client: client.get_role_definition("/subscriptions/s/x/r")) == role
    assert instance.received[0].path == "/subscriptions/s/x/r?api-version=2022-04-01"


def test_a_role_definition_that_is_gone_is_none_and_one_that_cannot_be_seen_is_an_error(
    instance: Any, credential: Any, scripted: Any
) -> None:
    instance.script = [
        scripted(404, error("RoleDefinitionDoesNotExist")),
        scripted(404, error("SubscriptionNotFound")),
        scripted(403, error("AuthorizationFailed")),
    ]

    assert ask(instance, credential, lambda client: client.get_role_definition("/r")) is None
    with pytest.raises(InvalidRequest, match="SubscriptionNotFound"):
        ask(instance, credential, lambda client: client.get_role_definition("/r"))
    with pytest.raises(AccessDenied, match="roleDefinitions/read"):
        ask(instance, credential, lambda client: client.get_role_definition("/r"))


def test_a_site_is_a_document_or_gone_and_one_that_cannot_be_seen_is_an_error(
    instance: Any, credential: Any, scripted: Any
) -> None:
    site = {"id": "/site", "properties": {"defaultHostName": "app.example"}}
    instance.script = [
        scripted(200, site),
        scripted(404, error("ResourceNotFound")),
        scripted(404, error("SubscriptionNotFound")),
        scripted(403, error("AuthorizationFailed")),
    ]

    assert ask(instance, credential, lambda client: client.get_site("/site")) == site
    assert instance.received[0].path == "/site?api-version=2025-05-01"
    assert ask(instance, credential, lambda client: client.get_site("/site")) is None
    with pytest.raises(InvalidRequest, match="SubscriptionNotFound"):
        ask(instance, credential, lambda client: client.get_site("/site"))
    with pytest.raises(AccessDenied, match=r"Microsoft\.Web/sites/read"):
        ask(instance, credential, lambda client: client.get_site("/site"))
