"""Names and ids of what a stack declares: the same on every run, and legal in Azure."""

import hashlib
import re
from uuid import uuid5

from twin_rbac.access.assignments import NAMESPACE


def short_hash(*parts: str) -> str:
    """Eight hexadecimal digits of the parts, for names that must be unique beyond the stack."""
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:8]


def resource_group_name(project: str, stack: str) -> str:
    """The stack's resource group, at most 90 characters (Azure's limit)."""
    return f"rg-{_plain(project)}-{_plain(stack)}"[:90].rstrip("-")


def instance_name(stack: str, subscription_id: str, resource_group: str) -> str:
    """The instance's name: 3-63 letters, digits and hyphens, no hyphen at an end, unique in its region.

    The name becomes part of a public host name, hence the hash (fact sheet pulumi-azure, section 1.1).
    """
    return f"adt-{_plain(stack)[:50]}-{short_hash(subscription_id.lower(), resource_group.lower())}"


def site_name(stack: str, subscription_id: str, resource_group: str) -> str:
    """The function app's name: unique in the world, since it becomes a host name; at most 43 characters.

    Azure takes 60, and 43 where it adds a hash of its own to the host name.
    """
    return f"func-{_plain(stack)[:29].lower()}-{short_hash(subscription_id.lower(), resource_group.lower())}"


def storage_account_name(stack: str, subscription_id: str, resource_group: str) -> str:
    """The host storage's name: 3-24 lower-case letters and digits, unique in the world (pulumi-azure, section 2.3)."""
    letters = re.sub(r"[^a-z0-9]", "", stack.lower())
    return f"st{letters[:14]}{short_hash(subscription_id.lower(), resource_group.lower())}"


def registration_guid(kind: str, display_name: str, value: str) -> str:
    """The id of a scope or an app role of an app registration: the same on every run."""
    return str(uuid5(NAMESPACE, f"{kind}|{display_name}|{value}"))


def role_display_name(title: str, *, project: str, stack: str, component: str, location: str) -> str:
    """A custom role's display name, unique in the directory.

    `location` is the short hash of subscription and resource group (fact sheet adt-rbac, section 6).
    """
    return f"{title} ({project}/{stack}/{component} {location})"


def role_definition_guid(scope: str, owner: str, component: str, title: str) -> str:
    """The name of a custom role definition: the same for the same scope, owner, component and title.

    `owner` is project and stack: several stacks may define their roles in the group of one existing instance.
    """
    return str(uuid5(NAMESPACE, f"role definition|{scope.lower()}|{owner}|{component}|{title}"))


def _plain(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-") or "stack"
