import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from twin_rbac.clients.errors import AccessDenied, InvalidRequest
from twin_rbac.clients.event_routes import EventRoute, EventRoutes
from twin_rbac.clients.instance import InstanceClient

Use = Callable[[Callable[[EventRoutes], Awaitable[Any]]], Any]
ROUTE = {"id": "r", "endpointName": "hub", "filter": "true"}
ACTIONS = "Microsoft.DigitalTwins/eventroutes"


@pytest.fixture
def use(instance: Any, credential: Any) -> Use:
    """Runs something with the event routes of the instance, which answers as its script says."""

    def use(work: Callable[[EventRoutes], Awaitable[Any]]) -> Any:
        async def run() -> Any:
            async with InstanceClient(instance.endpoint, credential) as client:
                return await work(client.event_routes)

        return asyncio.run(run())

    return use


def error(code: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": "…"}}


def test_the_routes_of_all_pages_are_listed(use: Use, instance: Any, scripted: Any) -> None:
    instance.script = [
        scripted(200, {"value": [ROUTE], "nextLink": f"{instance.endpoint}/eventroutes?page=2"}),
        scripted(200, {"value": [{**ROUTE, "id": "s"}], "nextLink": None}),
    ]

    assert use(lambda routes: routes.list_all()) == [EventRoute("r", "hub", "true"), EventRoute("s", "hub", "true")]
    assert [call.path for call in instance.received] == ["/eventroutes?api-version=2023-10-31", "/eventroutes?page=2"]


def test_a_route_is_written_with_its_endpoint_and_filter(use: Use, instance: Any, scripted: Any) -> None:
    instance.script = [scripted(204)]

    use(lambda routes: routes.upsert(EventRoute("r/1", "hub", "subject = 'A'")))

    (call,) = instance.received
    assert (call.method, call.path) == ("PUT", "/eventroutes/r%2F1?api-version=2023-10-31")
    assert call.body == {"endpointName": "hub", "filter": "subject = 'A'"}


def test_a_route_that_is_there_is_read_and_deleted(use: Use, instance: Any, scripted: Any) -> None:
    instance.script = [scripted(200, ROUTE), scripted(204)]

    assert use(lambda routes: routes.get("r")) == EventRoute("r", "hub", "true")
    assert use(lambda routes: routes.delete("r")) is True


def test_a_route_that_is_not_there_is_none_and_was_not_deleted(use: Use, instance: Any, scripted: Any) -> None:
    instance.script = [scripted(404, error("EventRouteNotFound")), scripted(404, error("EventRouteNotFound"))]

    assert use(lambda routes: routes.get("r")) is None
    assert use(lambda routes: routes.delete("r")) is False


@pytest.mark.parametrize(
    "work",
    [
        lambda routes: routes.get("r"),
        lambda routes: routes.delete("r"),
        lambda routes: routes.upsert(EventRoute("r", "hub", "true")),
    ],
)
def test_another_refusal_is_named_with_the_route_and_the_services_own_code(
    use: Use, instance: Any, scripted: Any, work: Any
) -> None:
    instance.script = [scripted(400, error("EventRouteEndpointInvalid"))]

    with pytest.raises(InvalidRequest, match=r"event route 'r' was refused with 400 EventRouteEndpointInvalid"):
        use(work)


@pytest.mark.parametrize(
    ("work", "action"),
    [
        (lambda routes: routes.list_all(), "read"),
        (lambda routes: routes.get("r"), "read"),
        (lambda routes: routes.upsert(EventRoute("r", "hub", "true")), "write"),
        (lambda routes: routes.delete("r"), "delete"),
    ],
)
def test_a_403_names_the_missing_data_action(use: Use, instance: Any, scripted: Any, work: Any, action: str) -> None:
    instance.script = [scripted(403, error("Forbidden"))]

    with pytest.raises(AccessDenied) as caught:
        use(work)
    assert caught.value.action == f"{ACTIONS}/{action}"
