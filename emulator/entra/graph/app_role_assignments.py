"""Who is assigned to an application, and with which of its app roles."""

import base64
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.entra.directory import SERVICE_PRINCIPAL
from emulator.entra.graph.access import Caller
from emulator.entra.graph.bodies import read_guid
from emulator.entra.graph.errors import BadRequest, NotFound, RequestDenied
from emulator.entra.graph.service_principals import ServicePrincipals
from emulator.entra.registrations import APP_ROLE_ASSIGNMENTS, DEFAULT_ROLE
from emulator.storage import Document


@dataclass(frozen=True)
class AppRoleAssignments:
    """The assignments, by the service principal of the application."""

    service_principals: ServicePrincipals
    timestamp: Callable[[], str]

    def create(self, caller: Caller, resource_id: str, body: Mapping[str, Any]) -> Document:
        """Assigns an app role to a user, a group or a service principal.

        Raises:
            GraphError: the caller may not, or something is not there, or does not fit, or is assigned already.
        """
        if not caller.may_assign():
            raise RequestDenied
        wanted = {name: read_guid(body[name], name) for name in ("principalId", "resourceId", "appRoleId")}
        resource = self.service_principals.find(resource_id)
        if wanted["resourceId"] != resource["id"]:
            raise BadRequest(f"resourceId is '{wanted['resourceId']}', and the address names '{resource['id']}'.")
        principal = self.service_principals.principals.find(wanted["principalId"])
        if principal is None:
            # Graph says the same of a principal that is too new to be known everywhere.
            raise BadRequest(f"Not a valid reference update: there is no principal '{wanted['principalId']}'.")
        self._check_role(self.service_principals.answer(resource), wanted["appRoleId"], principal["type"])
        if any(wanted.items() <= assignment.items() for assignment in self._of(resource["id"])):
            raise BadRequest("Permission being assigned already exists on the object")
        document = {
            "id": _new_id(principal["id"]),
            "createdDateTime": self.timestamp(),
            **wanted,
            "principalDisplayName": principal["displayName"],
            "principalType": principal["type"],
            "resourceDisplayName": resource["displayName"],
        }
        self._storage.put(APP_ROLE_ASSIGNMENTS, document["id"], document)
        return document

    def assigned_to(self, caller: Caller, resource_id: str) -> list[Document]:
        """Who is assigned to an application.

        Raises:
            GraphError: there is no such service principal, or the caller may not read it.
        """
        resource = self.service_principals.find(resource_id)
        if not caller.may_read_assignments(resource):
            raise RequestDenied
        return self._of(resource["id"])

    def get(self, caller: Caller, resource_id: str, assignment_id: str) -> Document:
        """One assignment.

        Raises:
            GraphError: there is none, or the caller may not read it.
        """
        for assignment in self.assigned_to(caller, resource_id):
            if assignment["id"] == assignment_id:
                return assignment
        raise NotFound(assignment_id)

    def delete(self, caller: Caller, resource_id: str, assignment_id: str) -> None:
        """Takes an assignment away.

        Raises:
            GraphError: there is none, or the caller may not.
        """
        if not caller.may_assign():
            raise RequestDenied
        self.get(caller, resource_id, assignment_id)
        self._storage.delete(APP_ROLE_ASSIGNMENTS, assignment_id)

    def _of(self, resource_id: str) -> list[Document]:
        return self.service_principals.registrations.assignments_to(resource_id)

    def _check_role(self, resource: Mapping[str, Any], role_id: str, principal_type: str) -> None:
        # The default role is for applications that declare none.
        if role_id == DEFAULT_ROLE and not resource["appRoles"]:
            return
        role = next((role for role in resource["appRoles"] if role["id"] == role_id), None)
        if role is None:
            raise BadRequest(f"Permission being assigned was not found on application '{resource['appId']}'.")
        member_type = "Application" if principal_type == SERVICE_PRINCIPAL else "User"
        if member_type not in role["allowedMemberTypes"]:
            allowed = ", ".join(role["allowedMemberTypes"])
            message = f"App role '{role['displayName']}' cannot be assigned to a {principal_type}: it is for {allowed}."
            raise BadRequest(message)

    @property
    def _storage(self) -> Any:
        return self.service_principals.registrations.storage


def _new_id(principal_id: str) -> str:
    # As Entra's: the principal and a random part, 43 characters that fit into an address.
    return base64.urlsafe_b64encode(uuid.UUID(principal_id).bytes + uuid.uuid4().bytes).decode().rstrip("=")
