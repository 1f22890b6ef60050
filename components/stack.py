"""The whole stack of one config: resource group, instance, roles, assignments, graph, role tags and gateway."""

from collections import Counter

import pulumi
from pulumi import Output, ResourceOptions

from twin_rbac.role_tags.manifest import Manifest

from .boundary import Boundary, BoundaryArgs
from .config import ConfigError
from .config_sections import StackConfig
from .files import read_manifest
from .insights import Insights, InsightsArgs
from .naming import site_name
from .place import Place, create_place
from .rights import assign_deployers, assign_drift_readers, assign_tenants, list_own_roles
from .roles import MarkerRoles, MarkerRolesArgs
from .stack_data import create_event_routes, create_role_tags
from .stack_gateway import create_gateway
from .stack_instance import (
    create_endpoints,
    create_instance,
    create_network,
    lock,
    open_privately,
    record_history,
    send_logs,
)


def build_stack(config: StackConfig, name: str | None = None) -> dict[str, object]:
    """Declares everything that the config asks for, and returns the stack's outputs by name.

    Args:
        config: what is asked for.
        name: tells this instance and all that belongs to it from others of the same program; logical names and names
            in Azure then begin with it. A program with one instance gives none.

    Raises:
        ConfigError: a tenant's role does not stand in the manifest, or the gateway cannot answer by its tags.
        InputFileError: a file cannot be used.
    """
    manifest = read_manifest(config.manifest)
    _require_known_roles(config, manifest)
    _require_values(config, manifest)
    place = create_place(config, name)
    instance = create_instance(config, place)
    insights = _create_insights(place)
    network = create_network(config, place)
    open_ = open_privately(config, place, instance, network)
    markers = _create_markers(manifest, place)
    tenant_rights = assign_tenants(config, place, instance, markers)
    deployer_rights = assign_deployers(config, place, instance)
    reader_rights = assign_drift_readers(config, place, instance)
    boundary = _create_boundary(config, place, [*deployer_rights, *reader_rights])
    endpoints = create_endpoints(config, place, instance)
    history = record_history(config, place, instance)
    logs = send_logs(config, place, instance, insights.workspace_id)
    # What a call of the instance needs: a way there, and rights.
    callable_ = [*open_, *deployer_rights]
    role_tags = create_role_tags(config, place, instance, callable_)
    routes = create_event_routes(config, place, instance, endpoints, callable_)
    gateway, identity = create_gateway(
        config,
        manifest.rules,
        place=place,
        instance=instance,
        markers=markers,
        insights=insights,
        network=network,
        depends_on=[boundary, role_tags],
    )
    at_instance = [*tenant_rights, *callable_, *reader_rights, *endpoints, *history, *logs, *routes]
    lock(config, place, instance, [*at_instance, *identity.role_assignments])
    return {
        "digitalTwinsEndpoint": instance.endpoint,
        "gatewayEndpoint": gateway.endpoint,
        "gatewayPrincipalId": identity.principal_id,
        "instanceId": instance.instance_id,
        "declared": role_tags.declared,
        "markerRoles": markers.role_definition_ids,
        "roleTags": _count_roles(manifest),
    }


def _require_values(config: StackConfig, manifest: Manifest) -> None:
    encoding = manifest.rules.encoding
    if encoding != "value":
        problem = (
            f"digital-twins-rbac:manifest: {config.manifest} says encoding: {encoding}, and the gateway scopes queries "
            "by encoding: value alone; use that, or apply this manifest with twin-rbac tags"
        )
        raise ConfigError([problem])


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


def _create_insights(place: Place) -> Insights:
    site = place.name(site_name)
    return Insights(
        place.label("insights"),
        InsightsArgs(
            resource_group_name=place.group.name,
            workspace_name=Output.concat("log-", site),
            component_name=Output.concat("appi-", site),
        ),
    )


def _create_markers(manifest: Manifest, place: Place) -> MarkerRoles:
    return MarkerRoles(
        place.label("marker-roles"),
        MarkerRolesArgs(
            roles=manifest.rules.roles,
            subscription_id=place.instance_group.subscription_id,
            resource_group_name=place.instance_group.name,
            retry=place.retry,
        ),
    )


def _create_boundary(config: StackConfig, place: Place, rights: list[pulumi.Resource]) -> Boundary:
    readers = {item.principal_id for item in (*config.deployers, *config.taggers, *config.drift_readers)}
    return Boundary(
        place.label("boundary"),
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


def _count_roles(manifest: Manifest) -> dict[str, int]:
    counts = Counter(role for text in manifest.twins.values() for role in manifest.rules.split(text))
    return {role: counts[role] for role in manifest.rules.roles}
