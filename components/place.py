"""Where a stack lives: its resource group, and the names of what it declares there."""

from collections.abc import Callable
from dataclasses import dataclass

import pulumi
from pulumi import Output
from pulumi_azure_native import authorization, resources

from .naming import instance_name, resource_group_name
from .propagation import retry_lagging


@dataclass(frozen=True, kw_only=True)
class Place:
    """A resource group of one subscription and tenant."""

    tenant_id: Output[str]
    subscription_id: Output[str]
    resource_group_name: Output[str]
    resource_group_id: Output[str]
    scope: Output[str]
    """The resource group's id, made of names alone: known in every preview."""
    retry: pulumi.ResourceHookBinding
    """For what names something that may be new to Azure."""
    instance_id: Output[str]
    """The id that the instance has or will have: known in every preview, since it is made of names alone."""

    def name(self, make: Callable[[str, str, str], str]) -> Output[str]:
        """A name made of stack, subscription and resource group, as `naming` makes them."""
        parts = Output.all(self.subscription_id, self.resource_group_name)
        return parts.apply(lambda parts: make(pulumi.get_stack(), *parts))


def create_place() -> Place:
    """Declares the stack's resource group."""
    name = resource_group_name(pulumi.get_project(), pulumi.get_stack())
    group = resources.ResourceGroup("resource-group", resource_group_name=name)
    client = authorization.get_client_config_output()
    return Place(
        tenant_id=client.apply(lambda client: client.tenant_id),
        subscription_id=client.apply(lambda client: client.subscription_id),
        resource_group_name=group.name,
        resource_group_id=group.id,
        scope=client.apply(lambda client: _scope(client.subscription_id, name)),
        retry=retry_lagging(),
        instance_id=client.apply(lambda client: _instance_id(client.subscription_id, name)),
    )


def _instance_id(subscription_id: str, group: str) -> str:
    name = instance_name(pulumi.get_stack(), subscription_id, group)
    provider = "providers/Microsoft.DigitalTwins/digitalTwinsInstances"
    return f"{_scope(subscription_id, group)}/{provider}/{name}"


def _scope(subscription_id: str, group: str) -> str:
    return f"/subscriptions/{subscription_id}/resourceGroups/{group}"
