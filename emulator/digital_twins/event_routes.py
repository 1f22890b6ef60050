"""The event routes of one instance: which events would go to which of its endpoints. No event is sent anywhere."""

import re
from collections.abc import Mapping
from typing import Any

from emulator.digital_twins.errors import EnvelopeError, LimitExceeded
from emulator.digital_twins.instance import Instance
from emulator.digital_twins.route_filters import FilterInvalid, check_filter
from emulator.resource_manager.kinds.endpoints import EVENT_ROUTES
from emulator.resource_manager.kinds.kind import RESOURCES
from emulator.storage import Document

MAX_ROUTES = 6
"""An instance's default limit (fact sheet adt-data-plane, section 6)."""
_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
"""The service's own rule is unverified."""


class EventRoutes:
    """Reads and writes routes; Resource Manager looks at the same documents before it deletes an endpoint."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._storage = instance.storage

    def list(self) -> list[Document]:
        """All routes, oldest first."""
        prefix = self._key("")
        return [route for key, route in self._storage.items(EVENT_ROUTES) if key.startswith(prefix)]

    def get(self, route_id: str) -> Document:
        """The route.

        Raises:
            EnvelopeError: there is none of that id.
        """
        route = self._storage.get(EVENT_ROUTES, self._key(route_id))
        if route is None:
            raise EnvelopeError(
                404,
                "EventRouteNotFound",
                "There is no route available that matches the provided input. Check for all valid event routes by "
                "calling EventRoute_List. See Swagger example (https://aka.ms/RouteSwSmpl).",
            )
        return route

    def put(self, route_id: str, body: Mapping[str, Any]) -> None:
        """Adds the route, or replaces the one of its id.

        Raises:
            EnvelopeError: id, endpoint or filter are none that the instance takes, or it has its full number of routes.
        """
        _check_id(route_id)
        endpoint_name = self._endpoint_of(body)
        filter_ = _filter_of(body)
        key = self._key(route_id)
        if self._storage.get(EVENT_ROUTES, key) is None and len(self.list()) >= MAX_ROUTES:
            raise LimitExceeded(f"The maximum number of event routes allowed, {MAX_ROUTES}, has been reached.")
        self._storage.put(EVENT_ROUTES, key, {"id": route_id, "endpointName": endpoint_name, "filter": filter_})

    def delete(self, route_id: str) -> None:
        """Removes the route.

        Raises:
            EnvelopeError: there is none of that id.
        """
        self.get(route_id)
        self._storage.delete(EVENT_ROUTES, self._key(route_id))

    def _endpoint_of(self, body: Mapping[str, Any]) -> str:
        name = body.get("endpointName")
        if not isinstance(name, str) or not self._has_endpoint(name):
            message = f"The endpoint provided, '{name}', does not exist or is not active."
            raise EnvelopeError(400, "EventRouteEndpointInvalid", message)
        return name

    def _has_endpoint(self, name: str) -> bool:
        resource_id = f"{self._instance.key}/endpoints/{name.lower()}"
        return name in self._instance.endpoint_names or self._storage.get(RESOURCES, resource_id) is not None

    def _key(self, route_id: str) -> str:
        return f"{self._instance.key}/{route_id}"


def _check_id(route_id: str) -> None:
    if not _ID.fullmatch(route_id):
        message = (
            f"The event route id '{route_id}' is invalid: it has 1-128 letters, digits, hyphens, dots, underscores."
        )
        raise EnvelopeError(400, "EventRouteIdInvalid", message)


def _filter_of(body: Mapping[str, Any]) -> str:
    text = body.get("filter")
    if not isinstance(text, str):
        raise EnvelopeError(400, "EventRouteFilterInvalid", "The event route filter is missing, or no text.")
    try:
        check_filter(text)
    except FilterInvalid as error:
        raise EnvelopeError(400, "EventRouteFilterInvalid", f"The event route filter is invalid: {error}.") from error
    return text
