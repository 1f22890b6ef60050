"""What a token says whose audience is an application registration."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulator.entra.directory import SERVICE_PRINCIPAL, Directory, Principal
from emulator.entra.errors import NotAssigned
from emulator.entra.registrations import scopes_of
from emulator.storage import Document

MOST_GROUPS = 200
"""How many groups a token holds; with more it holds none, and says where they are to be had."""


@dataclass(frozen=True, kw_only=True)
class Audience:
    """An application that tokens are for, and who is assigned to it."""

    application: Document
    service_principal: Document
    assignments: list[Document]

    @property
    def is_version_2(self) -> bool:
        """Whether it takes tokens of version 2.0; otherwise of version 1.0."""
        return bool(self.application["api"]["requestedAccessTokenVersion"] == 2)

    def claims_of(self, principal: Principal, directory: Directory, *, client_id: str) -> Mapping[str, Any]:
        """The claims that say who the principal is to this application.

        Args:
            principal: whose token.
            directory: says in which groups it is.
            client_id: the application that asks for it.

        Raises:
            NotAssigned: the application wants an assignment, and the principal has none.
        """
        held = self._held_by({principal.object_id, *directory.direct_groups_of(principal.object_id)})
        is_user = principal.type != SERVICE_PRINCIPAL
        if self.service_principal["appRoleAssignmentRequired"] and not held:
            raise NotAssigned(principal.name, self.application["displayName"], is_user=is_user)
        roles = self._values_of(held)
        asking = {"azp" if self.is_version_2 else "appid": client_id}
        if not is_user:
            return {**asking, "idtyp": "app", "roles": roles}
        scopes = " ".join(scope["value"] for scope in scopes_of(self.application) if scope["isEnabled"])
        said = {"scp": scopes, "roles": roles}
        return {
            **asking,
            **{name: value for name, value in said.items() if value},
            **self._groups(principal, directory),
        }

    def _held_by(self, holders: set[str]) -> list[Document]:
        # As Entra does it: a group's assignment is that of its direct members.
        return [assignment for assignment in self.assignments if assignment["principalId"] in holders]

    def _values_of(self, held: list[Document]) -> list[str]:
        ids = {assignment["appRoleId"] for assignment in held}
        roles = self.application["appRoles"]
        return sorted({role["value"] for role in roles if role["id"] in ids and role["isEnabled"] and role["value"]})

    def _groups(self, principal: Principal, directory: Directory) -> Mapping[str, Any]:
        groups = self._groups_to_say(principal, directory)
        if not groups:
            return {}
        if len(groups) <= MOST_GROUPS:
            return {"groups": sorted(groups)}
        url = f"https://graph.microsoft.com/v1.0/users/{principal.object_id}/getMemberObjects"
        return {"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": url}}}

    def _groups_to_say(self, principal: Principal, directory: Directory) -> frozenset[str]:
        asked = (self.application["groupMembershipClaims"] or "").replace(" ", "").split(",")
        if "SecurityGroup" in asked or "All" in asked:
            return directory.groups_of(principal.object_id)
        if "ApplicationGroup" in asked:
            assigned = {assignment["principalId"] for assignment in self.assignments}
            return directory.direct_groups_of(principal.object_id) & assigned
        return frozenset()
