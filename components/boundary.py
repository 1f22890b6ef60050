"""The check that no tenant gets round the gateway: one that holds a data action sees every twin."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
from pulumi import Input, ResourceOptions

from twin_rbac.providers.boundary import BoundaryProvider


@dataclass(frozen=True, kw_only=True)
class BoundaryArgs:
    """Whom the gateway keeps apart, and where."""

    instance_id: Input[str]
    """The instance's id in Resource Manager, made of names: it is looked at in a preview too, also before it exists."""
    tenants: Mapping[str, Mapping[str, Input[str]]]
    """Name -> principalId and principalType of each tenant."""
    readers: Sequence[str] = ()
    """Object ids of the principals that the config gives rights on the instance."""
    own_roles: Sequence[Input[str]] = ()
    """Names of the role definitions that the program gives them."""
    bypass: Input[str] = "refuse"
    """`refuse`: a way round fails the preview and the update; `warn`: it is named."""
    cloud: Mapping[str, str] = field(default_factory=dict)
    """Addresses of an Azure that is not the public one."""


class Boundary(pulumi.dynamic.Resource, module="digital-twins-rbac", name="Boundary"):
    """Looks at the role assignments at and above the instance in each preview and update; writes nothing."""

    def __init__(self, name: str, args: BoundaryArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__(
            BoundaryProvider(),
            name,
            {
                "instanceId": args.instance_id,
                "tenants": {tenant: dict(principal) for tenant, principal in args.tenants.items()},
                "readers": sorted(args.readers),
                "ownRoles": list(args.own_roles),
                "bypass": args.bypass,
                "cloud": dict(args.cloud),
            },
            opts,
        )
