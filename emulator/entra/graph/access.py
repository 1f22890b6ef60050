"""Who may do what in Graph: application permissions, and for some of them the ownership of what is touched."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulator.entra.directory import Directory

READ_ALL = "Application.Read.All"
WRITE_OWNED = "Application.ReadWrite.OwnedBy"
ASSIGN = "AppRoleAssignment.ReadWrite.All"
PERMISSIONS = (READ_ALL, WRITE_OWNED, ASSIGN)
"""The application permissions that the local Graph knows."""


@dataclass(frozen=True)
class Caller:
    """Who calls, and what it holds."""

    object_id: str
    permissions: frozenset[str]
    is_administrator: bool = False

    def may_create(self) -> bool:
        """Whether it may make applications."""
        return self.is_administrator or WRITE_OWNED in self.permissions

    def may_write(self, document: Mapping[str, Any]) -> bool:
        """Whether it may change or delete that application or service principal."""
        owns = self.object_id in document["owners"]
        return self.is_administrator or (WRITE_OWNED in self.permissions and owns)

    def may_read(self, document: Mapping[str, Any]) -> bool:
        """Whether it may read that application or service principal."""
        return READ_ALL in self.permissions or self.may_write(document)

    def may_read_assignments(self, service_principal: Mapping[str, Any]) -> bool:
        """Whether it may read who is assigned to that service principal's application."""
        return self.may_assign() or self.may_read(service_principal)

    def may_assign(self) -> bool:
        """Whether it may assign app roles, and take them away."""
        return self.is_administrator or ASSIGN in self.permissions


def find_caller(directory: Directory, object_id: str) -> Caller:
    """The caller with that object id; whom the directory's file does not name holds nothing."""
    principal = directory.by_object_id(object_id)
    if principal is None:
        return Caller(object_id, frozenset())
    return Caller(principal.object_id, principal.graph_permissions, principal.owner)
