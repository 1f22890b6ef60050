"""The one table of resource types: what Resource Manager takes, and how Pulumi's resources map to it."""

from emulator.resource_manager.resource_types import (
    alerting,
    authorization,
    digital_twins,
    groups,
    kusto,
    messaging,
    monitoring,
    network,
    private_dns,
    storage,
    web,
)
from emulator.resource_manager.resource_types.row import ResourceType

RESOURCE_TYPES: tuple[ResourceType, ...] = (
    *groups.ROWS,
    *authorization.ROWS,
    *storage.ROWS,
    *monitoring.ROWS,
    *web.ROWS,
    *network.ROWS,
    *private_dns.ROWS,
    *messaging.ROWS,
    *kusto.ROWS,
    *digital_twins.ROWS,
    *alerting.ROWS,
)
"""What the program's resources and what they are connected to need, and no more."""

__all__ = ["RESOURCE_TYPES", "ResourceType", "find_by_token", "find_by_type"]


def find_by_token(token: str) -> ResourceType | None:
    """The row of a Pulumi type token."""
    return next((row for row in RESOURCE_TYPES if row.token == token), None)


def find_by_type(type_name: str) -> ResourceType:
    """The first row of a type of Resource Manager."""
    return next(row for row in RESOURCE_TYPES if row.type == type_name)
