"""What people call the principals and roles in a preview: names from the config, from Boundary and from URNs; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from twin_rbac.access.assignments import guid_of
from twin_rbac.insight.preview import Preview, State, name_of, type_of

TENANTS = "digital-twins-rbac:tenants"
"""The config's key of the tenants."""

ROLE_DEFINITION = "azure-native:authorization:RoleDefinition"
ROLE_ASSIGNMENT = "azure-native:authorization:RoleAssignment"
BUILT_IN_ROLES = {
    "12338af0-0e69-4776-bea7-57ae8d297424": "Key Vault Crypto User",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
    "2b629674-e913-4c01-ae53-ef4638d8f975": "Azure Event Hubs Data Sender",
    "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
    "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39": "Azure Service Bus Data Sender",
    "acdd72a7-3385-48ef-bd42-f606fba81ae7": "Reader",
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
    "bcd981a7-7f74-457b-83e1-cceb9e632ffe": "Azure Digital Twins Data Owner",
    "d57506d4-4c8d-48b1-8587-93c323f6a5a3": "Azure Digital Twins Data Reader",
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168": "Role Based Access Control Administrator",
}
"""GUID -> name of Azure's own roles that a stack of ours may assign (fact sheets pulumi-azure 1.2, 4.2; adt-rbac 3)."""

_BOUNDARY = "pulumi-python:dynamic/digital-twins-rbac:Boundary"
_MARKER = "digital-twins-rbac:index:MarkerRoles$"
"""Stands in the URN of each marker role's definition: it is a child of that component."""


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """A tenant of the config."""

    principal_id: str
    """The object id, in lower case."""
    roles: frozenset[str]


def read_tenants(config: Mapping[str, Any]) -> dict[str, Tenant]:
    """Name -> tenant, from the stack's config; what has another shape is left out."""
    tenants = config.get(TENANTS)
    if not isinstance(tenants, Mapping):
        return {}
    return {
        str(name): Tenant(
            principal_id=str(tenant["principalId"]).lower(),
            roles=frozenset(str(role) for role in _list(tenant.get("roles"))),
        )
        for name, tenant in tenants.items()
        if isinstance(tenant, Mapping) and "principalId" in tenant
    }


def name_principals(preview: Preview, former: Mapping[str, Tenant]) -> dict[str, str]:
    """Object id, in lower case -> tenant's name; the newest name counts.

    Args:
        preview: its config and the Boundary resources name the tenants.
        former: the tenants of the config before the pull request.
    """
    names = {tenant.principal_id: name for name, tenant in former.items()}
    for states in (preview.before, preview.after):
        names |= dict(_names_in(states))
    return names | {tenant.principal_id: name for name, tenant in read_tenants(preview.config).items()}


def find_markers(states: Mapping[str, State]) -> dict[str, str]:
    """URN of a marker role's definition -> the role tag that it stands for."""
    return {
        urn: _role_tag(urn, state, states)
        for urn, state in states.items()
        if type_of(urn) == ROLE_DEFINITION and _MARKER in urn.split("::", 3)[2]
    }


def name_roles(states: Mapping[str, State]) -> dict[str, str]:
    """GUID of a role definition of the stack -> what to call it."""
    markers = find_markers(states)
    return {
        guid_of(guid): markers.get(urn) or name_of(urn)
        for urn, state in states.items()
        if type_of(urn) == ROLE_DEFINITION and (guid := state.text("roleDefinitionId"))
    }


def name_all(preview: Preview, principals: Mapping[str, str]) -> dict[str, str]:
    """Object id or role GUID -> what people call it, with the id of a principal beside its name."""
    roles = {**BUILT_IN_ROLES, **name_roles(preview.before), **name_roles(preview.after)}
    return roles | {principal_id: f"{name} ({principal_id})" for principal_id, name in principals.items()}


def role_urns(state: State) -> tuple[str, ...]:
    """The role definitions that an assignment's role comes from, also while its id is not known."""
    return tuple(urn for urn in state.dependencies.get("roleDefinitionId", ()) if type_of(urn) == ROLE_DEFINITION)


def marker_of(state: State, states: Mapping[str, State], markers: Mapping[str, str]) -> str | None:
    """The role tag of the marker role that an assignment assigns; None where its role is no marker.

    The definition's id decides, never a name; where one is not known yet, the definition that it comes from.
    """
    definition = state.text("roleDefinitionId")
    guids = {urn: guid_of(guid) for urn in markers if (guid := states[urn].text("roleDefinitionId"))}
    if definition is not None:
        guid = guid_of(definition.rstrip("/"))
        same = next((markers[urn] for urn, marker in guids.items() if marker == guid), None)
        return same or next((markers[urn] for urn in role_urns(state) if urn in markers and urn not in guids), None)
    return next((markers[urn] for urn in role_urns(state) if urn in markers), None)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _names_in(states: Mapping[str, State]) -> Iterator[tuple[str, str]]:
    for urn, state in states.items():
        tenants = state.inputs.get("tenants") if type_of(urn) == _BOUNDARY else None
        for name, principal in tenants.items() if isinstance(tenants, Mapping) else ():
            if isinstance(principal, Mapping):
                yield str(principal.get("principalId")).lower(), str(name)


def _role_tag(urn: str, state: State, states: Mapping[str, State]) -> str:
    # The definition lies in a CustomRole of the same name, and that in MarkerRoles, whose name stands before the tag.
    custom = states.get(state.parent or "")
    group = name_of(custom.parent) if custom and custom.parent else "marker-roles"
    return name_of(urn).removeprefix(f"{group}-")
