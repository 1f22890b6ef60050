"""Keeps a change of config from losing an instance's twins unseen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
from pulumi import Input, ResourceOptions

from twin_rbac.providers.instance_guard import InstanceGuardProvider


@dataclass(frozen=True, kw_only=True)
class InstanceGuardArgs:
    """Which instance the config means."""

    instance_id: Input[str]
    """Its id in Resource Manager."""
    location: str | None
    """The region of the stack, as the config spells it; None when it says none."""
    managed: bool
    """Whether the program makes it, and so would delete it."""
    protect: bool
    """Whether a change that would lose it is refused."""
    endpoints: Sequence[str] = ()
    """The names of its endpoints: with the last of them goes the right to delete event routes."""
    routes: Sequence[str] = ()
    """The names of its event routes."""
    cloud: Mapping[str, str] = field(default_factory=dict)
    """Addresses of an Azure that is not the public one."""


class InstanceGuard(pulumi.dynamic.Resource, module="digital-twins-rbac", name="InstanceGuard"):
    """Declared before the instance: Pulumi's own refusal does not say what would be lost, nor what to do."""

    def __init__(self, name: str, args: InstanceGuardArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__(
            InstanceGuardProvider(),
            name,
            {
                "instanceId": args.instance_id,
                "location": args.location,
                "managed": args.managed,
                "protect": args.protect,
                "endpoints": list(args.endpoints),
                "routes": list(args.routes),
                "cloud": dict(args.cloud),
            },
            opts,
        )
