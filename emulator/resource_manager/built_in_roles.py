"""Azure's own role definitions, as far as the local Azure knows them.

From the fact sheets adt-rbac 3 and pulumi-azure 1.2, 1.3 and 2.3; the actions of the roles of Event Hubs and Service
Bus from Microsoft Learn, "Azure built-in roles".
"""

from collections.abc import Mapping
from typing import Any

_TWINS = "Microsoft.DigitalTwins/"
_CONTAINERS = "Microsoft.Storage/storageAccounts/blobServices/containers/"
_DELEGATION_KEY = "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action"
_READ_GROUP = "Microsoft.Resources/subscriptions/resourceGroups/read"


def _role(name: str, *, actions: tuple[str, ...], not_actions: tuple[str, ...] = (), data: tuple[str, ...] = ()) -> Any:
    permission = {
        "actions": list(actions),
        "notActions": list(not_actions),
        "dataActions": list(data),
        "notDataActions": [],
    }
    return {
        "roleName": name,
        "type": "BuiltInRole",
        "description": "",
        "assignableScopes": ["/"],
        "permissions": [permission],
    }


def _under(prefix: str, *names: str) -> tuple[str, ...]:
    return tuple(prefix + name for name in names)


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
        data=_under(
            _TWINS,
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
        data=_under(
            _TWINS,
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
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": _role(
        "Storage Blob Data Owner",
        actions=(f"{_CONTAINERS}*", _DELEGATION_KEY),
        data=(f"{_CONTAINERS}blobs/*",),
    ),
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": _role(
        "Storage Blob Data Contributor",
        actions=(*_under(_CONTAINERS, "delete", "read", "write"), _DELEGATION_KEY),
        data=_under(
            _CONTAINERS, *(f"blobs/{name}" for name in ("delete", "read", "write", "move/action", "add/action"))
        ),
    ),
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": _role(
        "Storage Blob Data Reader",
        actions=(f"{_CONTAINERS}read", _DELEGATION_KEY),
        data=(f"{_CONTAINERS}blobs/read",),
    ),
    "f526a384-b230-433a-b45c-95f59c4a2dec": _role(
        "Azure Event Hubs Data Owner", actions=("Microsoft.EventHub/*",), data=("Microsoft.EventHub/*",)
    ),
    "2b629674-e913-4c01-ae53-ef4638d8f975": _role(
        "Azure Event Hubs Data Sender",
        actions=("Microsoft.EventHub/*/eventhubs/read",),
        data=("Microsoft.EventHub/*/send/action",),
    ),
    "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39": _role(
        "Azure Service Bus Data Sender",
        actions=_under("Microsoft.ServiceBus/*/", "queues/read", "topics/read", "topics/subscriptions/read"),
        data=("Microsoft.ServiceBus/*/send/action",),
    ),
    "3913510d-42f4-4e42-8a64-420c390055eb": _role(
        "Monitoring Metrics Publisher",
        actions=("Microsoft.Insights/Register/Action", "Microsoft.Support/*", _READ_GROUP),
        data=("Microsoft.Insights/Metrics/Write", "Microsoft.Insights/Telemetry/Write"),
    ),
    "de139f84-1756-47ae-9be6-808fbbe84772": _role(
        "Website Contributor",
        actions=(
            "Microsoft.Authorization/*/read",
            "Microsoft.Insights/alertRules/*",
            "Microsoft.Insights/components/*",
            "Microsoft.ResourceHealth/availabilityStatuses/read",
            "Microsoft.Resources/deployments/*",
            _READ_GROUP,
            "Microsoft.Support/*",
            "Microsoft.Web/certificates/*",
            "Microsoft.Web/listSitesAssignedToHostName/read",
            "Microsoft.Web/serverFarms/join/action",
            "Microsoft.Web/serverFarms/read",
            "Microsoft.Web/sites/*",
        ),
    ),
}
"""Id -> properties."""


def find_by_name(role_name: str) -> str | None:
    """The id of the built-in role with that name."""
    return next((guid for guid, role in BUILT_IN_ROLES.items() if role["roleName"] == role_name), None)
