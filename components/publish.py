"""The gateway's code on its function app: what runs there is what this checkout holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
from pulumi import Input, Output, ResourceOptions

from twin_rbac.providers.bundle import package_hash
from twin_rbac.providers.publish import PublishProvider


@dataclass(frozen=True, kw_only=True)
class PublishArgs:
    """What is published, and where."""

    site_id: Input[str]
    """The function app's id in Resource Manager, which knows its host names: in a preview that changes anything of the
    app they are unknown here, and its id is not."""
    runtime: Input[str] = "3.12"
    """The Python that the app runs on."""
    wheels: Input[str] = "linux"
    """`linux`: packages for Azure's Linux and `runtime`; `host`: for this interpreter, on the local stack."""
    cloud: Mapping[str, str] = field(default_factory=dict)
    """Addresses of an Azure that is not the public one."""


class Publish(pulumi.dynamic.Resource, module="digital-twins-rbac", name="Publish"):
    """Builds the package and publishes it; done when the app itself says that it runs it. Deletes nothing."""

    package: Output[str]
    """The hash of what the app runs: of our own files and the locked requirements, the same on every platform."""
    endpoint: Output[str]
    """The URL that the app answers at, known once it runs the package."""

    def __init__(self, name: str, args: PublishArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__(
            PublishProvider(),
            name,
            {
                "siteId": args.site_id,
                "package": package_hash(),
                "runtime": args.runtime,
                "wheels": args.wheels,
                "cloud": dict(args.cloud),
                "endpoint": None,
            },
            opts,
        )
