"""Where a stack lives: its resource group, its instance's, and the names of what it declares there."""

from collections.abc import Callable
from dataclasses import dataclass

import pulumi
from pulumi import Output, ResourceOptions
from pulumi_azure_native import authorization, resources

from .config_sections import StackConfig
from .instance_guard import InstanceGuard, InstanceGuardArgs
from .naming import instance_name, resource_group_name
from .propagation import retry_lagging


@dataclass(frozen=True, kw_only=True)
class Group:
    """A resource group by its names, which are known in every preview."""

    subscription_id: Output[str]
    name: Output[str]

    @property
    def scope(self) -> Output[str]:
        """Its id."""
        return Output.concat("/subscriptions/", self.subscription_id, "/resourceGroups/", self.name)


@dataclass(frozen=True, kw_only=True)
class Place:
    """A resource group of one subscription and tenant, and the instance that the stack works on."""

    prefix: str
    """What the logical names begin with: empty, unless a program builds several."""
    stack: str
    """What the names in Azure are made of."""
    tenant_id: Output[str]
    group: Group
    resource_group_id: Output[str]
    """The id as Resource Manager answered it: what uses it waits for the group."""
    instance_group: Group
    """Where the instance lies, and the roles that can be assigned at it are defined."""
    instance_id: Output[str]
    """The id that the instance has or will have: known in every preview, since it is made of names alone."""
    retry: pulumi.ResourceHookBinding
    """For what names something that may be new to Azure."""

    def name(self, make: Callable[[str, str, str], str]) -> Output[str]:
        """A name in Azure, made of stack, subscription and resource group, as `naming` makes them."""
        parts = Output.all(self.group.subscription_id, self.group.name)
        return parts.apply(lambda parts: make(self.stack, *parts))

    def label(self, name: str) -> str:
        """A logical name."""
        return f"{self.prefix}{name}"


def create_place(config: StackConfig, name: str | None = None) -> Place:
    """Declares the stack's resource group; `name` tells it from others of the same program."""
    prefix, stack = (f"{name}-", f"{pulumi.get_stack()}-{name}") if name else ("", pulumi.get_stack())
    group_name = resource_group_name(pulumi.get_project(), stack)
    client = authorization.get_client_config_output()
    subscription_id = client.apply(lambda client: client.subscription_id)
    named = Group(subscription_id=subscription_id, name=Output.from_input(group_name))
    instance_id = _instance_id(config, stack, named)
    retry = retry_lagging(f"{prefix}retry-lagging")
    resource_group = resources.ResourceGroup(
        f"{prefix}resource-group",
        resource_group_name=group_name,
        # The policies read the profile there.
        tags={"profile": config.profile.value},
        opts=ResourceOptions(depends_on=[_guard_instance(config, f"{prefix}instance-guard", instance_id)], hooks=retry),
    )
    # The name as it was answered: what lies in the group waits until there is one.
    group = Group(subscription_id=subscription_id, name=resource_group.name)
    return Place(
        prefix=prefix,
        stack=stack,
        tenant_id=client.apply(lambda client: client.tenant_id),
        group=group,
        resource_group_id=resource_group.id,
        instance_group=_instance_group(config, group),
        instance_id=instance_id,
        retry=retry,
    )


def _guard_instance(config: StackConfig, name: str, instance_id: Output[str]) -> InstanceGuard:
    # Before the group: with a group that moves, Pulumi would say no more than that something in it is protected.
    args = InstanceGuardArgs(
        instance_id=instance_id,
        location=pulumi.Config("azure-native").get("location"),
        managed=config.instance.resource_id is None,
        protect=config.instance.protect,
        endpoints=sorted(config.instance.endpoints),
        routes=sorted(config.instance.routes),
        cloud=config.cloud.addresses(),
    )
    return InstanceGuard(name, args)


def _instance_group(config: StackConfig, own: Group) -> Group:
    if config.instance.resource_id is None:
        return own
    _, _, subscription_id, _, name, *_ = config.instance.resource_id.split("/")
    return Group(subscription_id=Output.from_input(subscription_id), name=Output.from_input(name))


def _instance_id(config: StackConfig, stack: str, group: Group) -> Output[str]:
    if config.instance.resource_id is not None:
        return Output.from_input(config.instance.resource_id)
    parts = Output.all(group.subscription_id, group.name)
    name = parts.apply(lambda parts: config.instance.name or instance_name(stack, *parts))
    return Output.concat(group.scope, "/providers/Microsoft.DigitalTwins/digitalTwinsInstances/", name)
