"""What one stack puts on its instance's data plane: a seeded graph, role tags, event routes."""

from collections.abc import Sequence

import pulumi
from pulumi import ResourceOptions

from .config_sections import StackConfig
from .event_routes import EventRoutes, EventRoutesArgs
from .place import Place
from .role_tags import RoleTags, RoleTagsArgs
from .stack_instance import Instance
from .twin_graph import TwinGraph, TwinGraphArgs


def create_role_tags(
    config: StackConfig, place: Place, instance: Instance, depends_on: Sequence[pulumi.Resource]
) -> RoleTags:
    """Declares the role tags, and the graph that is seeded before them.

    `depends_on` is what the deployer needs before it can call the instance.
    """
    graph = _create_graph(config, place, instance, depends_on)
    return RoleTags(
        place.label("role-tags"),
        RoleTagsArgs(
            endpoint=instance.endpoint,
            instance_id=instance.instance_id,
            manifest=config.manifest,
            graph=config.graph,
            seeded=graph.seeded_twins if graph else None,
            seeded_relationships=graph.seeded_relationships if graph else None,
            upgrade_models=config.upgrade_models,
            allow_unsafe=config.allow_unsafe,
            cloud=config.cloud.addresses(),
        ),
        _options(instance, [*depends_on, graph] if graph else depends_on),
    )


def _create_graph(
    config: StackConfig, place: Place, instance: Instance, depends_on: Sequence[pulumi.Resource]
) -> TwinGraph | None:
    if config.graph is None:
        return None
    args = TwinGraphArgs(
        endpoint=instance.endpoint,
        instance_id=instance.instance_id,
        graph=config.graph,
        cloud=config.cloud.addresses(),
    )
    return TwinGraph(place.label("graph"), args, _options(instance, depends_on))


def create_event_routes(
    config: StackConfig,
    place: Place,
    instance: Instance,
    endpoints: Sequence[pulumi.Resource],
    depends_on: Sequence[pulumi.Resource],
) -> list[pulumi.Resource]:
    """Declares the event routes; they go before the endpoints that they lead to, and come back with new ones.

    They are declared wherever there are endpoints: the last route can then be taken away while its rights are held.
    """
    if not config.instance.endpoints:
        return []
    args = EventRoutesArgs(
        endpoint=instance.endpoint,
        instance_id=instance.instance_id,
        routes={
            name: {"endpoint": route.endpoint, "filter": route.filter} for name, route in config.instance.routes.items()
        },
        cloud=config.cloud.addresses(),
    )
    # Azure refuses to delete an endpoint that a route names, also to make it anew.
    opts = ResourceOptions(depends_on=[*depends_on, *endpoints], replace_with=[instance.resource, *endpoints])
    return [EventRoutes(place.label("event-routes"), args, opts)]


def _options(instance: Instance, depends_on: Sequence[pulumi.Resource]) -> ResourceOptions:
    # A replaced instance is empty: what was seeded and tagged on the old one is done again.
    return ResourceOptions(depends_on=list(depends_on), replace_with=[instance.resource])
