"""Who gets at an instance's data past the gateway: principals that hold a data action of Azure Digital Twins. Pure.

One such action is enough to call the instance, which knows no tenants: its roles name a whole class, any twin or any
model (fact sheet adt-rbac, section 1). Conditions of an assignment do not count, since the instance evaluates none.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from twin_rbac.access.assignments import RoleAssignment
from twin_rbac.access.permissions import (
    OLDER_DATA_ACTIONS,
    PERMISSION_SCOPES,
    Permission,
    allow_action,
    allow_data_action,
)

_PROVIDER = "Microsoft.DigitalTwins/"
_GROUP = "Group"

_BY_SCOPE = (action for verbs in PERMISSION_SCOPES.values() for actions in verbs.values() for action in actions)
DATA_ACTIONS = tuple(sorted((*_BY_SCOPE, *OLDER_DATA_ACTIONS), key=lambda action: not action.endswith("query/action")))
"""Every data action of an instance, with the older names of the jobs'; the one that reads every tenant first."""

TAKEOVER_ACTIONS = (
    "Microsoft.Authorization/roleAssignments/write",
    "Microsoft.Web/sites/publish/action",
    "Microsoft.Web/sites/write",
    "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
)
"""Whoever may do the first can give itself any role; the others make code of its own run as the gateway."""


@dataclass(frozen=True, kw_only=True)
class RoleDefinition:
    """A role definition, as far as data access goes."""

    name: str
    """Its display name."""
    permissions: tuple[Permission, ...]

    @classmethod
    def from_mapping(cls, document: Mapping[str, Any]) -> Self:
        """The definition from Resource Manager's JSON."""
        properties = document["properties"]
        return cls(
            name=properties.get("roleName") or str(document.get("name", "")),
            permissions=tuple(Permission.from_mapping(item) for item in properties.get("permissions") or ()),
        )

    @property
    def data_actions(self) -> tuple[str, ...]:
        """The data actions of Azure Digital Twins that it allows, with what is newer than our list."""
        known = {action.lower() for action in DATA_ACTIONS}
        allowed = [action for action in DATA_ACTIONS if allow_data_action(self.permissions, action)]
        named = {action for permission in self.permissions for action in permission.data_actions}
        newer = [
            action
            for action in sorted(named)
            if action.lower().startswith(_PROVIDER.lower())
            and action.lower() not in known
            and not _covers_known(action)
            and allow_data_action(self.permissions, action)
        ]
        return (*allowed, *newer)

    @property
    def takeover_action(self) -> str | None:
        """An action that it allows and that leads to all twins in a second step; None without one."""
        return next((action for action in TAKEOVER_ACTIONS if allow_action(self.permissions, action)), None)


def _covers_known(pattern: str) -> bool:
    return any(Permission(data_actions=(pattern,)).allows_data_action(action) for action in DATA_ACTIONS)


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """A principal that is to see its own twins only."""

    name: str
    principal_id: str
    principal_type: str


@dataclass(frozen=True, kw_only=True)
class WayRound:
    """One assignment that lets a tenant call the instance itself."""

    tenant: Tenant
    assignment: RoleAssignment
    role: RoleDefinition

    @property
    def is_through_group(self) -> bool:
        """Whether a group holds the role, and the tenant is in it."""
        return self.assignment.principal_id != self.tenant.principal_id.lower()

    def __str__(self) -> str:
        tenant, assignment = self.tenant, self.assignment
        through = f" through group {assignment.principal_id}" if self.is_through_group else ""
        return (
            f"tenant {tenant.name}, {tenant.principal_type} {tenant.principal_id}, holds the role "
            f"{self.role.name!r}{through} at {assignment.scope}: its data actions, such as "
            f"{self.role.data_actions[0]}, act on the whole instance, past the gateway (assignment "
            f"{assignment.assignment_id})"
        )


def find_ways_round(
    held: Mapping[Tenant, Iterable[RoleAssignment]], roles: Mapping[str, RoleDefinition]
) -> list[WayRound]:
    """The assignments, of those that each tenant holds, whose role has a data action of Azure Digital Twins.

    `roles` has the role definitions by GUID, in lower case; an assignment whose role it lacks is none.
    """
    return [
        WayRound(tenant=tenant, assignment=assignment, role=roles[assignment.role_guid])
        for tenant, assignments in held.items()
        for assignment in assignments
        if assignment.role_guid in roles and roles[assignment.role_guid].data_actions
    ]


def find_risks(
    held: Mapping[Tenant, Iterable[RoleAssignment]],
    others: Iterable[RoleAssignment],
    roles: Mapping[str, RoleDefinition],
) -> list[str]:
    """What is no way round, and may become or hide one, a sentence each.

    `others` are the assignments at and above the instance that no tenant is known to hold. Azure lists nobody's roles
    through a group that stands in another group, so a group that holds a data action may hold a tenant's group.
    """
    may_take_over = [
        f"tenant {tenant.name} may give itself access or take over the gateway: it holds the role "
        f"{roles[item.role_guid].name!r} at {item.scope}, which allows {roles[item.role_guid].takeover_action} "
        f"(assignment {item.assignment_id})"
        for tenant, assignments in held.items()
        for item in assignments
        if item.role_guid in roles and roles[item.role_guid].takeover_action
    ]
    groups = sorted(tenant.name for tenant in held if tenant.principal_type == _GROUP)
    may_contain = [
        f"group {item.principal_id} holds the role {roles[item.role_guid].name!r} at {item.scope}: whether it contains "
        f"the group of {' or '.join(groups)} cannot be seen from here; make sure that it does not"
        for item in others
        if groups and item.principal_type == _GROUP and item.role_guid in roles and roles[item.role_guid].data_actions
    ]
    return [*may_take_over, *may_contain]
