"""The whole stack of one config: resource group, instance, roles, assignments, graph, role tags and gateway."""

from collections import Counter
from collections.abc import Mapping

import pulumi
from pulumi import ResourceOptions

from twin_rbac.role_tags.manifest import Manifest

from .boundary import Boundary, BoundaryArgs
from .config import ConfigError
from .config_sections import StackConfig
from .files import read_manifest
from .instance import DigitalTwinsInstance, DigitalTwinsInstanceArgs
from .naming import instance_name
from .place import Place, create_place
from .rights import assign_deployers, assign_drift_readers, assign_tenants, list_own_roles
from .role_tags import RoleTags, RoleTagsArgs
from .roles import MarkerRoles, MarkerRolesArgs
from .stack_gateway import create_gateway
from .twin_graph import TwinGraph, TwinGraphArgs


def build_stack(config: StackConfig) -> dict[str, object]:
    """Declares everything that the config asks for, and returns the stack's outputs by name.

    Raises:
        ConfigError: a tenant's role does not stand in the manifest.
        InputFileError: a file cannot be used.
    """
    manifest = read_manifest(config.manifest)
    _require_known_roles(config, manifest)
    place = create_place()
    instance = _create_instance(config, place)
    markers = _create_markers(manifest, place)
    assign_tenants(config, place, instance, markers)
    deployer_rights = assign_deployers(config, place, instance)
    boundary = _create_boundary(config, place, [*deployer_rights, *assign_drift_readers(config, place, instance)])
    role_tags = _create_role_tags(config, instance, deployer_rights)
    gateway, identity = create_gateway(
        config, manifest.rules, place=place, instance=instance, markers=markers, depends_on=[boundary, role_tags]
    )
    return {
        "digitalTwinsEndpoint": instance.endpoint,
        "gatewayEndpoint": gateway.endpoint,
        "gatewayPrincipalId": identity.principal_id,
        "instanceId": instance.instance_id,
        "declared": role_tags.declared,
        "markerRoles": markers.role_definition_ids,
        "roleTags": _count_roles(manifest),
    }


def _require_known_roles(config: StackConfig, manifest: Manifest) -> None:
    known = manifest.rules.roles
    problems = [
        f"digital-twins-rbac:tenants.{name}.roles: {config.manifest} has no role {role!r}; it has: {', '.join(known)}"
        for name, tenant in config.tenants.items()
        for role in tenant.roles
        if role not in known
    ]
    if problems:
        raise ConfigError(problems)


def _create_instance(config: StackConfig, place: Place) -> DigitalTwinsInstance:
    return DigitalTwinsInstance(
        "instance",
        DigitalTwinsInstanceArgs(
            resource_group_name=place.resource_group_name, instance_name=place.name(instance_name)
        ),
        ResourceOptions(protect=config.instance.protect),
    )


def _create_markers(manifest: Manifest, place: Place) -> MarkerRoles:
    return MarkerRoles(
        "marker-roles",
        MarkerRolesArgs(
            roles=manifest.rules.roles,
            subscription_id=place.subscription_id,
            resource_group_name=place.resource_group_name,
        ),
    )


def _create_boundary(config: StackConfig, place: Place, rights: list[pulumi.Resource]) -> Boundary:
    readers = {item.principal_id for item in (*config.deployers, *config.taggers, *config.drift_readers)}
    return Boundary(
        "boundary",
        BoundaryArgs(
            instance_id=place.instance_id,
            tenants={
                name: {"principalId": tenant.principal_id, "principalType": tenant.principal_type.value}
                for name, tenant in config.tenants.items()
            },
            readers=sorted(readers),
            own_roles=list_own_roles(place),
            bypass=config.bypass.value,
            cloud=config.cloud.addresses(),
        ),
        # It also has to see what this very run assigns, such as a reader's group that holds a tenant.
        ResourceOptions(depends_on=rights),
    )


def _create_role_tags(
    config: StackConfig, instance: DigitalTwinsInstance, deployer_rights: list[pulumi.Resource]
) -> RoleTags:
    cloud = config.cloud.addresses()
    graph = _create_graph(config, instance, deployer_rights, cloud)
    return RoleTags(
        "role-tags",
        RoleTagsArgs(
            endpoint=instance.endpoint,
            instance_id=instance.instance_id,
            manifest=config.manifest,
            graph=config.graph,
            seeded=graph.seeded_twins if graph else None,
            cloud=cloud,
        ),
        _data_plane_options(instance, [*deployer_rights, graph] if graph else deployer_rights),
    )


def _create_graph(
    config: StackConfig,
    instance: DigitalTwinsInstance,
    deployer_rights: list[pulumi.Resource],
    cloud: Mapping[str, str],
) -> TwinGraph | None:
    if config.graph is None:
        return None
    args = TwinGraphArgs(endpoint=instance.endpoint, instance_id=instance.instance_id, graph=config.graph, cloud=cloud)
    return TwinGraph("graph", args, _data_plane_options(instance, deployer_rights))


def _data_plane_options(instance: DigitalTwinsInstance, depends_on: list[pulumi.Resource]) -> ResourceOptions:
    # A replaced instance is empty: what was seeded and tagged on the old one is done again.
    return ResourceOptions(depends_on=depends_on, replace_with=[instance.resource])


def _count_roles(manifest: Manifest) -> dict[str, int]:
    counts = Counter(manifest.twins.values())
    return {role: counts[role] for role in manifest.rules.roles}
