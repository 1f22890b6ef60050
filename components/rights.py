"""Who is given which role: tenants, deployers, taggers, drift readers (design, "two planes")."""

from collections.abc import Iterable
from dataclasses import dataclass

import pulumi
from pulumi import Output

from .config_sections import PrincipalConfig, StackConfig
from .instance import DigitalTwinsInstance
from .naming import role_definition_guid
from .permission_scopes import DRIFT_READER, LOADER, TAGGER, Permissions
from .place import Place
from .role_assignments import RoleAssignment, RoleAssignments, RoleAssignmentsArgs
from .roles import CustomRole, CustomRoleArgs, MarkerRoles, built_in_role_id


@dataclass(frozen=True, kw_only=True)
class _Role:
    """A custom role of ours with rights on the instance."""

    name: str
    """Its logical name."""
    title: str
    description: str
    permissions: Permissions

    def make_guid(self, scope: str) -> str:
        """The name of its definition in a resource group."""
        return role_definition_guid(scope, self.name, self.title)


_TAGGER = _Role(
    name="tagger-role", title="Role tagger", description="Reads twins and writes their role tags.", permissions=TAGGER
)
_LOADER = _Role(
    name="loader-role",
    title="Graph loader",
    description="Seeds models, twins and relationships.",
    permissions=LOADER,
)
_DRIFT_READER = _Role(
    name="drift-reader-role",
    title="Drift reader",
    description="Reads twins to find drift.",
    permissions=DRIFT_READER,
)


def list_own_roles(place: Place) -> list[Output[str]]:
    """The names of the role definitions that give principals of the config rights on the instance."""
    return [place.scope.apply(role.make_guid) for role in (_TAGGER, _LOADER, _DRIFT_READER)]


def assign_tenants(config: StackConfig, place: Place, instance: DigitalTwinsInstance, markers: MarkerRoles) -> None:
    """Gives each tenant its marker roles at the instance: labels, no rights."""
    assignments: dict[str, RoleAssignment] = {}
    for tenant in config.tenants.values():
        for role in tenant.roles:
            assignments |= _grants([tenant], role, markers.role_definition_ids[role])
    RoleAssignments("tenants", _at(instance.instance_id, assignments, place))


def assign_deployers(config: StackConfig, place: Place, instance: DigitalTwinsInstance) -> list[pulumi.Resource]:
    """Gives deployers and taggers the tagger role and, where a graph is seeded, deployers the loader role.

    Returns the assignments, for what must wait until they are made.
    """
    tagger = _create_role(_TAGGER, place)
    assignments = _grants((*config.deployers, *config.taggers), "tagger", tagger.role_definition_id)
    if config.graph:
        loader = _create_role(_LOADER, place)
        assignments |= _grants(config.deployers, "loader", loader.role_definition_id)
    return [*RoleAssignments("deployers", _at(instance.instance_id, assignments, place)).resources]


def assign_drift_readers(config: StackConfig, place: Place, instance: DigitalTwinsInstance) -> list[pulumi.Resource]:
    """Gives drift readers the drift-reader role at the instance, and Reader at the resource group.

    Returns the assignments at the instance.
    """
    if not config.drift_readers:
        return []
    role = _create_role(_DRIFT_READER, place)
    at_instance = _grants(config.drift_readers, "data", role.role_definition_id)
    assignments = RoleAssignments("drift-readers", _at(instance.instance_id, at_instance, place)).resources
    reader = place.subscription_id.apply(lambda subscription: built_in_role_id(subscription, "Reader"))
    at_group = _grants(config.drift_readers, "resources", reader)
    RoleAssignments("drift-readers-group", _at(place.resource_group_id, at_group, place))
    return [*assignments]


def _create_role(role: _Role, place: Place) -> CustomRole:
    return CustomRole(
        role.name,
        CustomRoleArgs(
            title=role.title,
            description=role.description,
            subscription_id=place.subscription_id,
            resource_group_name=place.resource_group_name,
            permissions=role.permissions,
        ),
    )


def _at(scope: Output[str], assignments: dict[str, RoleAssignment], place: Place) -> RoleAssignmentsArgs:
    return RoleAssignmentsArgs(scope=scope, role_assignments=assignments, retry=place.retry)


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
