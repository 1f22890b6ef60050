"""Azure's own role definitions, as far as the local Azure knows them (fact sheets adt-rbac 3, pulumi-azure 4.2)."""

from collections.abc import Mapping
from typing import Any

_DATA = "Microsoft.DigitalTwins/"


def _role(name: str, *, actions: tuple[str, ...], not_actions: tuple[str, ...] = (), data: tuple[str, ...] = ()) -> Any:
    permission = {
        "actions": list(actions),
        "notActions": list(not_actions),
        "dataActions": [_DATA + action for action in data],
        "notDataActions": [],
    }
    return {
        "roleName": name,
        "type": "BuiltInRole",
        "description": "",
        "assignableScopes": ["/"],
        "permissions": [permission],
    }


_WRITES = tuple(f"Microsoft.Authorization/*/{verb}" for verb in ("Delete", "Write"))

BUILT_IN_ROLES: Mapping[str, Mapping[str, Any]] = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": _role("Owner", actions=("*",)),
    "b24988ac-6180-42a0-ab88-20f7382dd24c": _role("Contributor", actions=("*",), not_actions=_WRITES),
    "acdd72a7-3385-48ef-bd42-f606fba81ae7": _role("Reader", actions=("*/read",)),
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": _role(
        "User Access Administrator", actions=("*/read", "Microsoft.Authorization/*")
    ),
    "bcd981a7-7f74-457b-83e1-cceb9e632ffe": _role(
        "Azure Digital Twins Data Owner",
        actions=(),
        data=(
            "digitaltwins/*",
            "digitaltwins/commands/*",
            "digitaltwins/relationships/*",
            "eventroutes/*",
            "jobs/*",
            "models/*",
            "query/*",
        ),
    ),
    "d57506d4-4c8d-48b1-8587-93c323f6a5a3": _role(
        "Azure Digital Twins Data Reader",
        actions=(),
        data=(
            "digitaltwins/read",
            "digitaltwins/relationships/read",
            "eventroutes/read",
            "jobs/import/read",
            "jobs/imports/read",
            "jobs/deletions/read",
            "models/read",
            "query/action",
        ),
    ),
}
"""Id -> properties."""


def find_by_name(role_name: str) -> str | None:
    """The id of the built-in role with that name."""
    return next((guid for guid, role in BUILT_IN_ROLES.items() if role["roleName"] == role_name), None)
