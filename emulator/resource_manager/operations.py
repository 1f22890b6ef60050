"""The operations that role definitions may name (fact sheet adt-rbac, sections 1 and 2).

Azure knows every provider's operations. The local Azure knows those of its own resource types and of the services
behind them, and refuses the others like misspelled ones.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from emulator.resource_manager.resource_types import RESOURCE_TYPES

_PREFIX = "Microsoft.DigitalTwins/"
_MESSAGING = ("Microsoft.EventHub", "Microsoft.ServiceBus")
_BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/"

_TWIN_DATA_ACTIONS = tuple(
    _PREFIX + name
    for name in (
        "query/action",
        "digitaltwins/read",
        "digitaltwins/write",
        "digitaltwins/delete",
        "digitaltwins/commands/action",
        "digitaltwins/relationships/read",
        "digitaltwins/relationships/write",
        "digitaltwins/relationships/delete",
        "eventroutes/read",
        "eventroutes/write",
        "eventroutes/delete",
        "jobs/import/read",
        "jobs/imports/read",
        "jobs/imports/write",
        "jobs/imports/delete",
        "jobs/imports/cancel/action",
        "jobs/delete/read",
        "jobs/delete/write",
        "jobs/deletions/read",
        "jobs/deletions/write",
        "models/read",
        "models/write",
        "models/delete",
    )
)

DATA_ACTIONS = (
    *_TWIN_DATA_ACTIONS,
    *(_BLOBS + name for name in ("read", "write", "delete", "add/action", "move/action")),
    *(f"{service}/namespaces/messages/{verb}/action" for service in _MESSAGING for verb in ("send", "receive")),
    "Microsoft.Insights/Metrics/Write",
    "Microsoft.Insights/Telemetry/Write",
)

_READ_WRITE_DELETE = ("read", "write", "delete")
_INSTANCE = "digitalTwinsInstances/"
_PROXIES = f"{_INSTANCE}privateEndpointConnectionProxies/"
_CHILDREN = ("privateEndpointConnections", "privateEndpointConnectionProxies")

ACTIONS = (
    *(
        _PREFIX + name
        for name in (
            "register/action",
            "unregister/action",
            "operations/read",
            "locations/checkNameAvailability/action",
            "locations/operationResults/read",
            "locations/operationsStatuses/read",
            *(f"{_INSTANCE}{child}/{verb}" for child in _CHILDREN for verb in _READ_WRITE_DELETE),
            f"{_INSTANCE}operationResults/read",
            f"{_INSTANCE}PrivateEndpointConnectionsApproval/action",
            f"{_INSTANCE}privateEndpointConnections/operationResults/read",
            f"{_PROXIES}operationResults/read",
            f"{_PROXIES}validate/action",
            f"{_INSTANCE}privateLinkResources/read",
            f"{_INSTANCE}diagnosticSettings/read",
            f"{_INSTANCE}diagnosticSettings/write",
            f"{_INSTANCE}logDefinitions/read",
            f"{_INSTANCE}metricDefinitions/read",
        )
    ),
    "Microsoft.Authorization/permissions/read",
    "Microsoft.Resources/subscriptions/read",
    *(f"{row.operations}/{verb}" for row in RESOURCE_TYPES for verb in _READ_WRITE_DELETE),
    "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
    "Microsoft.Network/privateDnsZones/join/action",
    "Microsoft.Network/virtualNetworks/join/action",
    "Microsoft.Network/virtualNetworks/subnets/join/action",
    "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action",
    "Microsoft.Web/serverfarms/join/action",
    "Microsoft.Web/sites/privateEndpointConnectionsApproval/action",
    "Microsoft.Web/sites/publish/action",
    "Microsoft.Web/sites/restart/action",
)


def matches(pattern: str, operation: str) -> bool:
    """Whether a role's string covers an operation: case does not count, `*` stands for any text."""
    return _compile(pattern).fullmatch(operation) is not None


def find_unknown(patterns: Iterable[str], operations: Iterable[str]) -> str | None:
    """The first string that covers no operation there is, or has two wildcards."""
    known = tuple(operations)
    for pattern in patterns:
        if pattern.count("*") > 1 or not any(matches(pattern, operation) for operation in known):
            return pattern
    return None


# Every call of a data plane asks about the same few strings.
@lru_cache(maxsize=1024)
def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.IGNORECASE)
