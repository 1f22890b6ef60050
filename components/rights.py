"""Who is given which role: tenants, deployers, taggers, drift readers (design, "two planes")."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import pulumi
from pulumi import Output

from .config_sections import PrincipalConfig, StackConfig
from .instance import DigitalTwinsInstance, ExistingInstance
from .naming import role_definition_guid, short_hash
from .permission_scopes import DRIFT_READER, LOADER, TAGGER, Permissions
from .place import Group, Place
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

    def name_definition(self, place: Place) -> Output[str]:
        """The name of its definition, a GUID."""
        owner, label = f"{pulumi.get_project()}/{pulumi.get_stack()}", place.label(self.name)
        return place.instance_group.scope.apply(lambda scope: role_definition_guid(scope, owner, label, self.title))


_TAGGER = _Role(
    name="tagger-role", title="Role tagger", description="Reads twins and writes their role tags.", permissions=TAGGER
)
_LOADER = _Role(
    name="loader-role",
    title="Graph loader",
    description="Seeds models, twins and relationships, and sets event routes.",
    permissions=LOADER,
)
_DRIFT_READER = _Role(
    name="drift-reader-role",
    title="Drift reader",
    description="Reads twins to find drift.",
    permissions=DRIFT_READER,
)


_ROUTES = "eventRoutes"
_Instance = DigitalTwinsInstance | ExistingInstance


def list_own_roles(place: Place) -> list[Output[str]]:
    """The names of the role definitions that give principals of the config rights on the instance."""
    return [role.name_definition(place) for role in (_TAGGER, _LOADER, _DRIFT_READER)]


def assign_tenants(
    config: StackConfig, place: Place, instance: _Instance, markers: MarkerRoles
) -> list[pulumi.Resource]:
    """Gives each tenant its marker roles at the instance: labels, no rights. Returns the assignments."""
    assignments: dict[str, RoleAssignment] = {}
    for tenant in config.tenants.values():
        for role in tenant.roles:
            assignments |= _grants([tenant], role, markers.role_definition_ids[role])
    return _assign("tenants", instance.instance_id, assignments, place)


def assign_deployers(config: StackConfig, place: Place, instance: _Instance) -> list[pulumi.Resource]:
    """Gives deployers and taggers the tagger role, and deployers the loader role where there is something to load.

    Returns the assignments, for what must wait until they are made.
    """
    tagger = _create_role(_TAGGER, place)
    assignments = _grants((*config.deployers, *config.taggers), "tagger", tagger.role_definition_id)
    if config.graph or config.instance.endpoints or config.upgrade_models:
        loader = _create_role(_for_routes(_LOADER, config, ("read", "write", "delete")), place)
        assignments |= _grants(config.deployers, "loader", loader.role_definition_id)
    return _assign("deployers", instance.instance_id, assignments, place)


def assign_drift_readers(config: StackConfig, place: Place, instance: _Instance) -> list[pulumi.Resource]:
    """Gives drift readers the drift-reader role at the instance, and Reader at the resource group.

    What lies elsewhere, an existing instance or where events go, gets a Reader of its own. Returns the
    assignments at the instance.
    """
    if not config.drift_readers:
        return []
    role = _create_role(_for_routes(_DRIFT_READER, config, ("read",)), place)
    at_instance = _grants(config.drift_readers, "data", role.role_definition_id)
    at_group = _grants(config.drift_readers, "resources", _reader(place.group))
    _assign(
        "drift-readers-group", place.resource_group_id, at_group, place, why_wide="drift is looked for in all of it"
    )
    if config.instance.resource_id is not None:
        # Not at the instance alone: the roles that are looked at are defined in its group.
        at_its_group = _grants(config.drift_readers, "resources", _reader(place.instance_group))
        why = "roles are defined in the group"
        _assign("drift-readers-instance-group", place.instance_group.scope, at_its_group, place, why_wide=why)
    for target in _targets(config):
        at_target = _grants(config.drift_readers, "resources", _reader(place.group))
        _assign(f"drift-readers-{short_hash(target.lower())}", Output.from_input(target), at_target, place)
    return _assign("drift-readers", instance.instance_id, at_instance, place)


def _targets(config: StackConfig) -> list[str]:
    """What lies elsewhere and has something of the stack's at it: where events and history go."""
    history = config.instance.history
    named = [
        *(
            target
            for item in config.instance.endpoints.values()
            for target in (item.event_hub, item.service_bus, item.dead_letter)
        ),
        *((history.database, history.event_hub) if history else ()),
    ]
    return list(dict.fromkeys(target for target in named if target is not None))


def _for_routes(role: _Role, config: StackConfig, verbs: Sequence[str]) -> _Role:
    """The role, with what event routes take where the config has somewhere for them to lead."""
    return replace(role, permissions={**role.permissions, _ROUTES: verbs}) if config.instance.endpoints else role


def _reader(group: Group) -> Output[str]:
    return group.subscription_id.apply(lambda subscription: built_in_role_id(subscription, "Reader"))


def _create_role(role: _Role, place: Place) -> CustomRole:
    return CustomRole(
        place.label(role.name),
        CustomRoleArgs(
            title=role.title,
            description=role.description,
            subscription_id=place.instance_group.subscription_id,
            resource_group_name=place.instance_group.name,
            permissions=role.permissions,
            retry=place.retry,
        ),
    )


def _assign(
    name: str,
    scope: Output[str],
    assignments: dict[str, RoleAssignment],
    place: Place,
    *,
    why_wide: str | None = None,
) -> list[pulumi.Resource]:
    args = RoleAssignmentsArgs(scope=scope, role_assignments=assignments, why_wide=why_wide, retry=place.retry)
    return [*RoleAssignments(place.label(name), args).resources]


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
