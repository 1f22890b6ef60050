"""Who is given which role: tenants, deployers, taggers, drift readers (design, "two planes")."""

from collections.abc import Iterable

import pulumi
from pulumi import Output

from .config_sections import PrincipalConfig, StackConfig
from .instance import DigitalTwinsInstance
from .permission_scopes import DRIFT_READER, LOADER, TAGGER, Permissions
from .place import Place
from .role_assignments import RoleAssignment, RoleAssignments, RoleAssignmentsArgs
from .roles import CustomRole, CustomRoleArgs, MarkerRoles, built_in_role_id


def assign_tenants(config: StackConfig, instance: DigitalTwinsInstance, markers: MarkerRoles) -> None:
    """Gives each tenant its marker roles at the instance: labels, no rights."""
    assignments: dict[str, RoleAssignment] = {}
    for tenant in config.tenants.values():
        for role in tenant.roles:
            assignments |= _grants([tenant], role, markers.role_definition_ids[role])
    RoleAssignments("tenants", RoleAssignmentsArgs(scope=instance.instance_id, role_assignments=assignments))


def assign_deployers(config: StackConfig, place: Place, instance: DigitalTwinsInstance) -> list[pulumi.Resource]:
    """Gives deployers and taggers the tagger role and, where a graph is seeded, deployers the loader role.

    Returns the assignments, for what must wait until they are made.
    """
    tagger = _create_role("tagger-role", "Role tagger", "Reads twins and writes their role tags.", TAGGER, place)
    assignments = _grants((*config.deployers, *config.taggers), "tagger", tagger.role_definition_id)
    if config.graph:
        loader = _create_role("loader-role", "Graph loader", "Seeds models, twins and relationships.", LOADER, place)
        assignments |= _grants(config.deployers, "loader", loader.role_definition_id)
    args = RoleAssignmentsArgs(scope=instance.instance_id, role_assignments=assignments)
    return [*RoleAssignments("deployers", args).resources]


def assign_drift_readers(config: StackConfig, place: Place, instance: DigitalTwinsInstance) -> None:
    """Gives drift readers the drift-reader role at the instance, and Reader at the resource group."""
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


def _create_role(name: str, title: str, description: str, permissions: Permissions, place: Place) -> CustomRole:
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
