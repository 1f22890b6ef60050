"""The event routes of an instance: which of its events go to which of its endpoints."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
from pulumi import Input, Output, ResourceOptions

from twin_rbac.providers.event_routes import EventRoutesProvider


@dataclass(frozen=True, kw_only=True)
class EventRoutesArgs:
    """Which routes there are, and where."""

    endpoint: Input[str]
    """The instance's data-plane URL."""
    instance_id: Input[str]
    """The instance's id in Resource Manager: explains a refused call, and finds the endpoint while it is unknown."""
    routes: Mapping[str, Mapping[str, str]]
    """Name -> `endpoint`, the name of an endpoint of the instance, and `filter`, which events; `true` for all."""
    cloud: Mapping[str, str] = field(default_factory=dict)
    """Addresses of an Azure that is not the public one."""


class EventRoutes(pulumi.dynamic.Resource, module="digital-twins-rbac", name="EventRoutes"):
    """Makes the instance have these routes, one line of the preview for each that changes.

    A route that leaves the program is deleted; routes of other names are never touched. An endpoint with a route to it
    cannot be deleted: `replace_with` in the options names the instance and the endpoints, so that the routes go before
    those are replaced, and come back after.
    """

    routes: Output[dict[str, dict[str, str]]]
    """Name -> endpoint and filter, as they are live."""
    declared: Output[dict[str, dict[str, str]]]
    """Name -> endpoint and filter, as they were last written."""

    def __init__(self, name: str, args: EventRoutesArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__(
            EventRoutesProvider(),
            name,
            {
                "endpoint": args.endpoint,
                "instanceId": args.instance_id,
                "routes": {route: dict(settings) for route, settings in args.routes.items()},
                "cloud": dict(args.cloud),
                "declared": None,
            },
            # The new routes have the names of the old ones: deleted last, those would take these along.
            ResourceOptions.merge(opts, ResourceOptions(delete_before_replace=True)),
        )
