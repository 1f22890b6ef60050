"""Scopes: ids of resources, compared as Resource Manager does, without regard to case."""

import re


def normalise(scope: str) -> str:
    """The scope in the form in which scopes are compared; the empty text is the tenant's root."""
    return "/" + scope.strip("/").lower() if scope.strip("/") else ""


def covers(outer: str, inner: str) -> bool:
    """Whether the inner scope is the outer one or lies below it."""
    above, below = normalise(outer), normalise(inner)
    return below == above or below.startswith(f"{above}/")


def subscription_of(scope: str) -> str | None:
    """The subscription's id in a scope, if it has one."""
    parts = scope.strip("/").split("/")
    return parts[1] if len(parts) > 1 and parts[0].lower() == "subscriptions" else None


def resource_group_of(scope: str) -> str | None:
    """The id of the resource group that a scope is or lies in, if it does."""
    parts = scope.strip("/").split("/")
    in_group = len(parts) >= 4 and parts[0].lower() == "subscriptions" and parts[2].lower() == "resourcegroups"
    return "/" + "/".join(parts[:4]) if in_group else None


def is_management_group(scope: str) -> bool:
    """Whether the scope is a management group."""
    return re.fullmatch("/providers/microsoft.management/managementgroups/[^/]+", normalise(scope)) is not None
