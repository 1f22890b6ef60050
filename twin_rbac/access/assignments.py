"""Role assignments: which of them give a caller a role tag. Pure.

Only assignments of the marker roles that the deployment made count, matched by the role definition's id: a role of the
same name that somebody else made is another role. Conditions are ignored with their assignment: Azure Digital Twins
evaluates none, and what is not evaluated may not grant (fact sheet adt-rbac, section 7).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID, uuid5

NAMESPACE = UUID("6c1f6a4e-5d0a-4a8e-9a43-6f2f4d0a7c11")
"""Of every id that this package makes out of names; another one would replace every resource."""
_MANAGEMENT_GROUPS = "/providers/microsoft.management/managementgroups/"


@dataclass(frozen=True, kw_only=True)
class RoleAssignment:
    """One role assignment, as far as access goes."""

    assignment_id: str
    principal_id: str
    """The object id, in lower case."""
    principal_type: str
    role_definition_id: str
    scope: str
    has_condition: bool = False

    @classmethod
    def from_mapping(cls, document: Mapping[str, Any]) -> Self:
        """The assignment from Resource Manager's JSON."""
        properties = document["properties"]
        return cls(
            assignment_id=document["id"],
            principal_id=properties["principalId"].lower(),
            principal_type=properties.get("principalType") or "Unknown",
            role_definition_id=properties["roleDefinitionId"],
            scope=properties["scope"],
            has_condition=bool(properties.get("condition")),
        )

    @property
    def role_guid(self) -> str:
        """The name of its role definition: the id's form differs between what is sent and what is answered."""
        return guid_of(self.role_definition_id)

    @property
    def is_named_by_us(self) -> bool:
        """Whether its name is the one that this package gives: what is assigned by hand has a random one."""
        ours = assignment_name(self.scope, self.principal_id, self.role_definition_id)
        return self.assignment_id.lower().endswith(f"/{ours}")


def assignment_name(scope: str, principal_id: str, role_definition_id: str) -> str:
    """The name of a role assignment, made of all that identifies it.

    Azure takes the same principal, role and scope only once, and lets none of the three change under one name
    (fact sheet adt-rbac, section 7).
    """
    return str(uuid5(NAMESPACE, f"role assignment|{scope.lower()}|{principal_id.lower()}|{role_definition_id.lower()}"))


def roles_by_principal(
    assignments: Iterable[RoleAssignment], marker_roles: Mapping[str, str], *, instance_id: str
) -> Mapping[str, frozenset[str]]:
    """Object id, in lower case -> the role tags whose marker roles it is assigned at the instance or above it.

    `marker_roles` is role tag -> role definition id.
    """
    tags = {guid_of(role_definition_id): tag for tag, role_definition_id in marker_roles.items()}
    found: dict[str, set[str]] = {}
    for assignment in assignments:
        tag = tags.get(assignment.role_guid)
        acts = is_at_or_above(assignment.scope, instance_id) and not assignment.has_condition
        if tag is not None and acts:
            found.setdefault(assignment.principal_id, set()).add(tag)
    return {principal_id: frozenset(roles) for principal_id, roles in found.items()}


def is_at_or_above(scope: str, resource_id: str) -> bool:
    """Whether an assignment at the scope acts on the resource.

    A management group counts as above: Resource Manager lists none that is not (fact sheet adt-rbac, section 8).
    """
    outer, inner = (f"/{text.strip('/')}".lower() for text in (scope, resource_id))
    return outer == "/" or outer.startswith(_MANAGEMENT_GROUPS) or f"{inner}/".startswith(f"{outer}/")


def guid_of(role_definition_id: str) -> str:
    """The GUID at the end of a role definition's id, in lower case."""
    return role_definition_id.rsplit("/", 1)[-1].lower()
