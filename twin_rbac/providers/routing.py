"""The work of EventRoutes: what each call of Pulumi means in calls of the instance.

A route is the program's own when a run of it declared it before: that one is changed and deleted. Somebody else's of
the same name is refused, unless it says the same.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pulumi.dynamic import CheckFailure, ReadResult

from twin_rbac.clients.errors import AccessDenied, OutsideNetwork
from twin_rbac.clients.event_routes import EventRoute, EventRoutes
from twin_rbac.providers.errors import RouteTaken
from twin_rbac.providers.live import is_gone, is_known, require_target, say, warn_unseen
from twin_rbac.role_tags.target import open_instance

Properties = dict[str, Any]
Route = dict[str, str]
"""`endpoint` and `filter`, as the program writes them."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,49}")


def check(news: Properties) -> list[CheckFailure]:
    """What is wrong with the declared routes in themselves; whether an endpoint exists is for the instance to say."""
    routes = news["routes"]
    return [CheckFailure("routes", problem) for problem in _problems(routes)] if is_known(routes) else []


def _problems(routes: Mapping[str, Any]) -> Iterator[str]:
    for name, route in routes.items():
        if not _NAME.fullmatch(name):
            yield f"the event route {name!r} needs another name: 1-50 letters, digits and hyphens, no hyphen first"
        if is_known(route) and route.get("filter") == "":
            yield f"the event route {name!r} has an empty filter; `true` lets all events through, `false` none"


async def apply(props: Properties, declared: Mapping[str, Route]) -> Properties:
    """Makes the instance have the routes, and returns the resource's outputs.

    `declared` are the routes of the last apply; those that are in `props` no more are deleted.

    Raises:
        AzureError: a call failed for good.
        RouteTaken: somebody else's route has the name of a new one; nothing was written.
    """
    desired: Mapping[str, Route] = props["routes"]
    outputs = {**props, "declared": {name: dict(route) for name, route in desired.items()}}
    if not (desired or declared):
        return outputs
    async with open_instance(await require_target(props), say=say) as client:
        routes = client.event_routes
        existing = await _read(routes)
        _refuse_foreign(desired, existing, declared)
        # First, since an instance takes few routes.
        await _delete(routes, [name for name in declared if name not in desired and name in existing])
        for name, route in desired.items():
            if existing.get(name) != route:
                await routes.upsert(EventRoute(name, endpoint_name=route["endpoint"], filter=route["filter"]))
    return outputs


async def read(id_: str, props: Properties) -> ReadResult:
    """What the instance has of the declared routes.

    Raises:
        AzureError: the instance exists and does not answer.
    """
    if await is_gone(props):
        return ReadResult("", {})
    declared = props["declared"]
    if not declared:
        return ReadResult(id_, props)
    try:
        async with open_instance(await require_target(props), say=say) as client:
            existing = await _read(client.event_routes)
    except (AccessDenied, OutsideNetwork) as error:
        warn_unseen(error)
        return ReadResult(id_, props)
    _name_drift(existing, declared)
    outputs = {**props, "routes": {name: existing[name] for name in declared if name in existing}}
    return ReadResult(id_, outputs, {key: value for key, value in outputs.items() if key != "declared"})


async def delete(props: Properties) -> None:
    """Deletes the routes that were declared and are there.

    Raises:
        AzureError: a call failed for good, and the instance is there.
    """
    if not props["declared"] or await is_gone(props):
        return
    async with open_instance(await require_target(props), say=say) as client:
        existing = await _read(client.event_routes)
        await _delete(client.event_routes, [name for name in props["declared"] if name in existing])


async def _read(routes: EventRoutes) -> dict[str, Route]:
    return {
        route.route_id: {"endpoint": route.endpoint_name, "filter": route.filter} for route in await routes.list_all()
    }


async def _delete(routes: EventRoutes, names: list[str]) -> None:
    for name in names:
        await routes.delete(name)


def _refuse_foreign(desired: Mapping[str, Route], existing: Mapping[str, Route], declared: Mapping[str, Route]) -> None:
    for name, route in desired.items():
        live = existing.get(name)
        if live is not None and name not in declared and live != route:
            raise RouteTaken(
                f"the event route {name!r} exists already and leads to {_describe(live)}: it is not this stack's. "
                "Declare yours under another name, or delete that one first"
            )


def _name_drift(existing: Mapping[str, Route], declared: Mapping[str, Route]) -> None:
    for name, route in sorted(declared.items()):
        live = existing.get(name)
        if live != route:
            found = f"leads to {_describe(live)}" if live else "is gone"
            say(f"drift: event route {name} {found}, and {_describe(route)} was declared")


def _describe(route: Route) -> str:
    return f"{route['endpoint']} (filter: {route['filter']})"
