"""The operations that role definitions may name (fact sheet adt-rbac, sections 1 and 2)."""

import re
from collections.abc import Iterable

_PREFIX = "Microsoft.DigitalTwins/"

DATA_ACTIONS = tuple(
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

_INSTANCE = "digitalTwinsInstances/"
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
            f"{_INSTANCE}read",
            f"{_INSTANCE}write",
            f"{_INSTANCE}delete",
            f"{_INSTANCE}operationResults/read",
            f"{_INSTANCE}PrivateEndpointConnectionsApproval/action",
            f"{_INSTANCE}diagnosticSettings/read",
            f"{_INSTANCE}diagnosticSettings/write",
            f"{_INSTANCE}logDefinitions/read",
            f"{_INSTANCE}metricDefinitions/read",
            *(
                f"{_INSTANCE}{child}/{verb}"
                for child in ("endpoints", "privateEndpointConnections", "timeSeriesDatabaseConnections")
                for verb in ("read", "write", "delete")
            ),
            f"{_INSTANCE}privateLinkResources/read",
        )
    ),
    *(
        f"Microsoft.Authorization/{kind}/{verb}"
        for kind in ("roleAssignments", "roleDefinitions", "locks", "permissions")
        for verb in ("read", "write", "delete")
    ),
    *(f"Microsoft.Resources/subscriptions/resourceGroups/{verb}" for verb in ("read", "write", "delete")),
)


def matches(pattern: str, operation: str) -> bool:
    """Whether a role's string covers an operation: case does not count, `*` stands for any text."""
    parts = [re.escape(part) for part in pattern.split("*")]
    return re.fullmatch(".*".join(parts), operation, re.IGNORECASE) is not None


def find_unknown(patterns: Iterable[str], operations: Iterable[str]) -> str | None:
    """The first string that covers no operation there is, or has two wildcards."""
    known = tuple(operations)
    for pattern in patterns:
        if pattern.count("*") > 1 or not any(matches(pattern, operation) for operation in known):
            return pattern
    return None
