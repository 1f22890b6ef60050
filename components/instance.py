"""An Azure Digital Twins instance that knows callers by Entra ID alone, with an identity of its own."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_azure_native import digitaltwins

from .resource_ids import INSTANCE, parse_resource_id


@dataclass(frozen=True, kw_only=True)
class DigitalTwinsInstanceArgs:
    """What an instance is made of."""

    resource_group_name: Input[str]
    """The resource group that holds the instance."""
    instance_name: Input[str]
    """3-63 letters, digits and hyphens, unique in its region."""
    location: Input[str] | None = None
    """The region; the resource group's when left out."""
    public_network_access: bool = True
    """Whether it is reached from the internet; the service knows yes and no, and no list of addresses."""
    resource_tags: Mapping[str, Input[str]] | None = None
    """Azure tags of the resource; role tags on twins are another thing."""
    retry: pulumi.ResourceHookBinding | None = None
    """What says what to do when there is such an instance already: `propagation.retry_lagging`."""


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
            public_network_access=(
                digitaltwins.PublicNetworkAccess.ENABLED
                if args.public_network_access
                else digitaltwins.PublicNetworkAccess.DISABLED
            ),
            tags=args.resource_tags,
            opts=ResourceOptions(parent=self, hooks=args.retry),
        )
        self.instance_id = self.resource.id
        self.endpoint = _endpoint_of(self.resource)
        self.principal_id = _principal_of(self.resource)
        self.register_outputs(
            {"instance_id": self.instance_id, "endpoint": self.endpoint, "principal_id": self.principal_id}
        )


@dataclass(frozen=True, kw_only=True)
class ExistingInstanceArgs:
    """Which instance is used."""

    resource_id: str
    """Its id in Resource Manager, as plain text, so that a wrong one is refused before anything is made."""


class ExistingInstance(pulumi.ComponentResource):
    """An instance that there is already: read, never changed and never deleted."""

    instance_id: Output[str]
    """Its id in Resource Manager, as it was given."""
    endpoint: Output[str]
    """The data plane's URL."""
    principal_id: Output[str]
    """The object id of its system-assigned identity; empty when it has none."""
    resource_group_name: str
    """Its resource group, which need not be the stack's."""
    instance_name: str
    """Its name."""

    def __init__(self, name: str, args: ExistingInstanceArgs, opts: ResourceOptions | None = None) -> None:
        identifier = parse_resource_id(args.resource_id, INSTANCE)
        super().__init__("digital-twins-rbac:index:ExistingInstance", name, None, opts)
        self.resource = digitaltwins.DigitalTwin.get(name, args.resource_id, ResourceOptions(parent=self))
        self.resource_group_name, self.instance_name = identifier.resource_group_name, identifier.name
        # Not the resource's own: an engine that does not answer a read with the id leaves that unknown in a preview.
        self.instance_id = Output.from_input(args.resource_id)
        self.endpoint = _endpoint_of(self.resource)
        self.principal_id = _principal_of(self.resource)
        self.register_outputs(
            {"instance_id": self.instance_id, "endpoint": self.endpoint, "principal_id": self.principal_id}
        )


def _endpoint_of(instance: digitaltwins.DigitalTwin) -> Output[str]:
    return instance.host_name.apply(_require_endpoint)


def _require_endpoint(host_name: str | None) -> str:
    if not host_name:
        raise pulumi.RunError("Azure knows no such instance, or it is not finished: check instance.resourceId")
    return f"https://{host_name}"


def _principal_of(instance: digitaltwins.DigitalTwin) -> Output[str]:
    # Empty for an instance of which Azure says no identity, or one with user-assigned identities alone.
    return instance.identity.apply(lambda identity: (identity.principal_id if identity else "") or "")
