"""Role assignments: which of them give a caller a role tag. Pure.

Only assignments of the marker roles that the deployment made count, matched by the role definition's id: a role of the
same name that somebody else made is another role. Conditions are ignored with their assignment: Azure Digital Twins
evaluates none, and what is not evaluated may not grant (fact sheet adt-rbac, section 7).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self


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


def roles_by_principal(
    assignments: Iterable[RoleAssignment], marker_roles: Mapping[str, str]
) -> Mapping[str, frozenset[str]]:
    """Object id, in lower case -> the role tags whose marker roles it is assigned.

    `marker_roles` is role tag -> role definition id.
    """
    tags = {guid_of(role_definition_id): tag for tag, role_definition_id in marker_roles.items()}
    found: dict[str, set[str]] = {}
    for assignment in assignments:
        tag = tags.get(assignment.role_guid)
        if tag is not None and not assignment.has_condition:
            found.setdefault(assignment.principal_id, set()).add(tag)
    return {principal_id: frozenset(roles) for principal_id, roles in found.items()}


def guid_of(role_definition_id: str) -> str:
    """The GUID at the end of a role definition's id, in lower case."""
    return role_definition_id.rsplit("/", 1)[-1].lower()
