"""Role scopes: where a role can be defined and assigned, and where it had better not be."""

import re
from enum import StrEnum

from twin_rbac.access.assignments import guid_of

from .built_in_roles import BUILT_IN_ROLES


class RoleScope(StrEnum):
    """The four scopes of the service's security page (fact sheet adt-rbac, section 4), the widest first."""

    MANAGEMENT_GROUP = "management group"
    SUBSCRIPTION = "subscription"
    RESOURCE_GROUP = "resource group"
    RESOURCE = "resource"


_PATTERNS = {
    # The directory's root, the empty text, is above every management group.
    RoleScope.MANAGEMENT_GROUP: re.compile(r"|providers/microsoft\.management/managementgroups/[^/]+", re.IGNORECASE),
    RoleScope.SUBSCRIPTION: re.compile(r"subscriptions/[^/]+", re.IGNORECASE),
    RoleScope.RESOURCE_GROUP: re.compile(r"subscriptions/[^/]+/resourcegroups/[^/]+", re.IGNORECASE),
}
_ENOUGH = {
    "Azure Digital Twins": "the Azure Digital Twins instance",
    "Azure Event Hubs": "the event hub",
    "Azure Service Bus": "the topic",
    "Storage Blob": "the container, or the storage account",
    "Monitoring Metrics": "the Application Insights component",
}
"""How the name of a built-in role begins -> the scope that does for it."""


def kind_of_scope(scope: str) -> RoleScope:
    """Which of the four an id is; case and a slash at either end make no difference."""
    kinds = (kind for kind, pattern in _PATTERNS.items() if pattern.fullmatch(scope.strip("/")))
    return next(kinds, RoleScope.RESOURCE)


def check_assignable_scope(scope: str) -> str:
    """The scope itself, when a custom role can be defined so that it can be assigned there.

    Raises:
        ValueError: it is neither a resource group nor a subscription (fact sheet adt-rbac, section 6).
    """
    kind = kind_of_scope(scope)
    if kind is RoleScope.MANAGEMENT_GROUP:
        raise ValueError(
            f"a custom role cannot be made assignable at {scope}: Azure assigns no custom role with data actions at a "
            "management group; give the subscriptions or resource groups instead"
        )
    if kind is RoleScope.RESOURCE:
        raise ValueError(
            f"a custom role cannot be made assignable at {scope}: Azure takes resource groups and subscriptions alone; "
            "give the resource's group, and assign the role at the resource"
        )
    return scope


def check_role_at_scope(assignment: str, role_definition_id: str, scope: str) -> None:
    """Returns when the role may be assigned there, as far as the kind of scope goes.

    Raises:
        ValueError: the scope is a management group, and the role none of the built-in ones that we know.
    """
    if kind_of_scope(scope) is RoleScope.MANAGEMENT_GROUP and _name_of(role_definition_id) is None:
        raise ValueError(
            f"{assignment}: the role {guid_of(role_definition_id)} cannot be assigned at {scope}: only a built-in role "
            "can be assigned at a management group; a custom one is known in its resource group or subscription alone, "
            "and Azure assigns none with data actions above. Assign it at the Azure Digital Twins instance"
        )


def describe_width(assignment: str, role_definition_id: str, scope: str, why_wide: str | None) -> list[str]:
    """What a person should know about an assignment above a resource, a sentence each.

    `why_wide` says why it has to be there, which makes a warning of its width needless.
    """
    kind, name = kind_of_scope(scope), _name_of(role_definition_id)
    if kind is RoleScope.RESOURCE:
        return []
    wide = (
        f"{assignment}: {name or 'a role'} is assigned at the {kind} {scope}, and so at every resource in it, those to "
        f"come too; {_enough_for(name)} would do. Assign it there, or say with why_wide why it has to be here"
    )
    slow = (
        f"{assignment}: at a management group, what a role allows on data takes hours to act, up to 12, and as long to "
        "end when it is removed (docs/roles.md)"
    )
    return [*([] if why_wide else [wide]), *([slow] if kind is RoleScope.MANAGEMENT_GROUP else [])]


def _name_of(role_definition_id: str) -> str | None:
    guid = guid_of(role_definition_id)
    return next((name for name, known in BUILT_IN_ROLES.items() if known == guid), None)


def _enough_for(name: str | None) -> str:
    known = (noun for start, noun in _ENOUGH.items() if name is None or name.startswith(start))
    return next(known, "the one resource that it is for")
