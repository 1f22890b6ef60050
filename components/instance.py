"""An Azure Digital Twins instance that knows callers by Entra ID alone, with an identity of its own."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_azure_native import digitaltwins


@dataclass(frozen=True, kw_only=True)
class DigitalTwinsInstanceArgs:
    """What an instance is made of."""

    resource_group_name: Input[str]
    """The resource group that holds the instance."""
    instance_name: Input[str]
    """3-63 letters, digits and hyphens, unique in its region."""
    location: Input[str] | None = None
    """The region; the resource group's when left out."""
    resource_tags: Mapping[str, Input[str]] | None = None
    """Azure tags of the resource; role tags on twins are another thing."""


class DigitalTwinsInstance(pulumi.ComponentResource):
    """The instance; who may call it is said by role assignments alone, since the service knows no keys."""

    instance_id: Output[str]
    """Its id in Resource Manager: the narrowest scope of a role assignment."""
    endpoint: Output[str]
    """The data plane's URL."""
    principal_id: Output[str]
    """The object id of its system-assigned identity."""

    def __init__(self, name: str, args: DigitalTwinsInstanceArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("digital-twins-rbac:index:DigitalTwinsInstance", name, None, opts)
        self.resource = digitaltwins.DigitalTwin(
            name,
            resource_group_name=args.resource_group_name,
            # With the underscore: without it the SDK takes the argument for Pulumi's own name of the resource.
            resource_name_=args.instance_name,
            location=args.location,
            identity=digitaltwins.DigitalTwinsIdentityArgs(
                type=digitaltwins.DigitalTwinsIdentityType.SYSTEM_ASSIGNED,
            ),
            public_network_access=digitaltwins.PublicNetworkAccess.ENABLED,
            tags=args.resource_tags,
            opts=ResourceOptions(parent=self),
        )
        self.instance_id = self.resource.id
        self.endpoint = Output.concat("https://", self.resource.host_name)
        self.principal_id = self.resource.identity.apply(lambda identity: identity.principal_id if identity else "")
        self.register_outputs(
            {"instance_id": self.instance_id, "endpoint": self.endpoint, "principal_id": self.principal_id}
        )
