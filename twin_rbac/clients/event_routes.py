"""The event routes of one Azure Digital Twins instance: which events go to which of its endpoints."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from twin_rbac.clients.calls import Call, make_path
from twin_rbac.clients.errors import InvalidRequest
from twin_rbac.clients.transport import Transport

_API_VERSION = "2023-10-31"
_ACTIONS = "Microsoft.DigitalTwins/eventroutes"
_COST = 10
"""An instance takes 100 of these requests a second, and a tenth of them is what others cost (fact sheet
adt-data-plane, section 6)."""
_ABSENT = "EventRouteNotFound"


@dataclass(frozen=True)
class EventRoute:
    """A route."""

    route_id: str
    endpoint_name: str
    filter: str
    """An expression that says which events; `true` for all."""

    @classmethod
    def from_mapping(cls, document: Mapping[str, Any]) -> Self:
        """The route that the service wrote."""
        return cls(document["id"], document["endpointName"], document["filter"])


class EventRoutes:
    """Reads and writes the routes; every method raises AzureError when it fails for good."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def list_all(self) -> list[EventRoute]:
        """All routes of the instance, whoever made them."""
        routes: list[EventRoute] = []
        path: str | None = make_path("eventroutes", api_version=_API_VERSION)
        while path:
            answer = await self._transport.send(
                Call(method="GET", path=path, what="listing of event routes", action=f"{_ACTIONS}/read", cost=_COST)
            )
            routes += map(EventRoute.from_mapping, answer.document["value"])
            path = answer.document.get("nextLink")
        return routes

    async def get(self, route_id: str) -> EventRoute | None:
        """The route; None when there is none of that id."""
        call = _about(route_id, "GET", f"read of event route {route_id!r}", "read")
        try:
            answer = await self._transport.send(call)
        except InvalidRequest as error:
            if error.code == _ABSENT:
                return None
            raise
        return EventRoute.from_mapping(answer.document)

    async def upsert(self, route: EventRoute) -> None:
        """Creates the route, or replaces the one of its id.

        Raises:
            InvalidRequest: its endpoint is none of the instance's, its filter is none, or there are too many routes.
        """
        body = {"endpointName": route.endpoint_name, "filter": route.filter}
        await self._transport.send(
            _about(route.route_id, "PUT", f"update of event route {route.route_id!r}", "write", body)
        )

    async def delete(self, route_id: str) -> bool:
        """Deletes the route; False when there was none."""
        try:
            await self._transport.send(_about(route_id, "DELETE", f"deletion of event route {route_id!r}", "delete"))
        except InvalidRequest as error:
            if error.code == _ABSENT:
                return False
            raise
        return True


def _about(route_id: str, method: str, what: str, verb: str, body: Mapping[str, Any] | None = None) -> Call:
    return Call(
        method=method,
        path=make_path("eventroutes", route_id, api_version=_API_VERSION),
        what=what,
        action=f"{_ACTIONS}/{verb}",
        body=body,
        cost=_COST,
    )
