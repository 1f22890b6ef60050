"""The whole stack of one config: resource group, instance, roles, assignments, graph and role tags."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pulumi
from pulumi import Output, ResourceOptions
from pulumi_azure_native import authorization, resources

from twin_rbac.role_tags.manifest import Manifest

from .config import ConfigError, PrincipalConfig, StackConfig
from .files import read_manifest
from .instance import DigitalTwinsInstance, DigitalTwinsInstanceArgs
from .naming import instance_name, resource_group_name
from .permission_scopes import DRIFT_READER, LOADER, TAGGER, Permissions
from .role_assignments import RoleAssignment, RoleAssignments, RoleAssignmentsArgs
from .role_tags import RoleTags, RoleTagsArgs
from .roles import CustomRole, CustomRoleArgs, MarkerRoles, MarkerRolesArgs, built_in_role_id
from .twin_graph import TwinGraph, TwinGraphArgs


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Where the stack lives."""

    subscription_id: Output[str]
    resource_group_name: Output[str]
    resource_group_id: Output[str]


def build_stack(config: StackConfig) -> dict[str, object]:
    """Declares everything that the config asks for, and returns the stack's outputs by name.

    Raises:
        ConfigError: a tenant's role does not stand in the manifest.
        InputFileError: a file cannot be used.
    """
    manifest = read_manifest(config.manifest)
    _require_known_roles(config, manifest)
    place = _create_place()
    instance = _create_instance(config, place)
    markers = MarkerRoles(
        "marker-roles",
        MarkerRolesArgs(
            roles=manifest.rules.roles,
            subscription_id=place.subscription_id,
            resource_group_name=place.resource_group_name,
        ),
    )
    _assign_tenants(config, instance, markers)
    _assign_drift_readers(config, place, instance)
    deployer_rights = _assign_deployers(config, place, instance)
    role_tags = _create_role_tags(config, instance, deployer_rights)
    return {
        "digitalTwinsEndpoint": instance.endpoint,
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


def _create_place() -> _Place:
    name = resource_group_name(pulumi.get_project(), pulumi.get_stack())
    group = resources.ResourceGroup("resource-group", resource_group_name=name)
    return _Place(
        subscription_id=authorization.get_client_config_output().apply(lambda client: client.subscription_id),
        resource_group_name=group.name,
        resource_group_id=group.id,
    )


def _create_instance(config: StackConfig, place: _Place) -> DigitalTwinsInstance:
    parts = Output.all(place.subscription_id, place.resource_group_name)
    return DigitalTwinsInstance(
        "instance",
        DigitalTwinsInstanceArgs(
            resource_group_name=place.resource_group_name,
            instance_name=parts.apply(lambda parts: instance_name(pulumi.get_stack(), *parts)),
        ),
        ResourceOptions(protect=config.instance.protect),
    )


def _create_role(name: str, title: str, description: str, permissions: Permissions, place: _Place) -> CustomRole:
    return CustomRole(
        name,
        CustomRoleArgs(
            title=title,
            description=description,
            subscription_id=place.subscription_id,
            resource_group_name=place.resource_group_name,
            permissions=permissions,
        ),
    )


def _assign_tenants(config: StackConfig, instance: DigitalTwinsInstance, markers: MarkerRoles) -> None:
    assignments: dict[str, RoleAssignment] = {}
    for tenant in config.tenants.values():
        for role in tenant.roles:
            assignments |= _grants([tenant], role, markers.role_definition_ids[role])
    RoleAssignments("tenants", RoleAssignmentsArgs(scope=instance.instance_id, role_assignments=assignments))


def _assign_deployers(config: StackConfig, place: _Place, instance: DigitalTwinsInstance) -> list[pulumi.Resource]:
    tagger = _create_role("tagger-role", "Role tagger", "Reads twins and writes their role tags.", TAGGER, place)
    assignments = _grants((*config.deployers, *config.taggers), "tagger", tagger.role_definition_id)
    if config.graph:
        loader = _create_role("loader-role", "Graph loader", "Seeds models, twins and relationships.", LOADER, place)
        assignments |= _grants(config.deployers, "loader", loader.role_definition_id)
    args = RoleAssignmentsArgs(scope=instance.instance_id, role_assignments=assignments)
    return [*RoleAssignments("deployers", args).resources]


def _assign_drift_readers(config: StackConfig, place: _Place, instance: DigitalTwinsInstance) -> None:
    if not config.drift_readers:
        return
    role = _create_role("drift-reader-role", "Drift reader", "Reads twins to find drift.", DRIFT_READER, place)
    at_instance = _grants(config.drift_readers, "data", role.role_definition_id)
    RoleAssignments("drift-readers", RoleAssignmentsArgs(scope=instance.instance_id, role_assignments=at_instance))
    reader = place.subscription_id.apply(lambda subscription: built_in_role_id(subscription, "Reader"))
    at_group = _grants(config.drift_readers, "resources", reader)
    RoleAssignments(
        "drift-readers-group", RoleAssignmentsArgs(scope=place.resource_group_id, role_assignments=at_group)
    )


def _grants(
    principals: Iterable[PrincipalConfig], title: str, role_definition_id: Output[str]
) -> dict[str, RoleAssignment]:
    # Named by role and principal, as Azure knows the grant: a tenant that is called otherwise, or a principal that
    # moves from one list to another, keeps the assignment that it has.
    return {
        f"{title}-{principal.principal_id}": RoleAssignment(
            principal_id=principal.principal_id,
            principal_type=principal.principal_type.value,
            role_definition_id=role_definition_id,
        )
        for principal in principals
    }


def _create_role_tags(
    config: StackConfig, instance: DigitalTwinsInstance, deployer_rights: list[pulumi.Resource]
) -> RoleTags:
    cloud = config.cloud.model_dump(by_alias=True, exclude_none=True)
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
