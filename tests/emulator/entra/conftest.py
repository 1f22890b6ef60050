"""Graph as its callers reach it, and a registration to begin with."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
import requests

AUDIENCE = "https://graph.microsoft.com"
SCOPE_ID = "5c0be000-0000-4000-8000-000000000001"
ROLE_ID = "401e0000-0000-4000-8000-000000000001"


@dataclass
class Graph:
    """Calls Graph as a principal."""

    emulator: Any

    def call(
        self, method: str, path: str, body: object = None, *, name: str = "deployer", token: str | None = None
    ) -> requests.Response:
        return requests.request(
            method,
            f"{self.emulator.entra}/graph/v1.0{path}",
            data=None if body is None else json.dumps(body),
            headers={"Authorization": f"Bearer {token or self.emulator.token(name, AUDIENCE)}"},
            verify=self.emulator.ca_file,
            timeout=30,
        )

    def ask(self, method: str, path: str, body: object = None, *, name: str = "deployer") -> Any:
        """The answer to a call that must succeed."""
        answer = self.call(method, path, body, name=name)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def refusal(self, method: str, path: str, body: object = None, *, name: str = "deployer") -> tuple[int, str, str]:
        """Status, code and message of a call that must fail."""
        answer = self.call(method, path, body, name=name)
        error = answer.json()["error"]
        assert set(error["innerError"]) == {"date", "request-id", "client-request-id"}
        return answer.status_code, error["code"], error["message"]

    def register(self, **properties: object) -> Any:
        """An application with a scope and an app role."""
        api = {
            "requestedAccessTokenVersion": 2,
            "oauth2PermissionScopes": [{"id": SCOPE_ID, "value": "user_impersonation"}],
        }
        role = {
            "id": ROLE_ID,
            "value": "Twins.Read",
            "displayName": "Twins.Read",
            "description": "Reads twins.",
            "allowedMemberTypes": ["User", "Application"],
        }
        body = {"displayName": "gateway", "api": api, "appRoles": [role], **properties}
        return self.ask("POST", "/applications", body)

    def install(self, application: Any, **properties: object) -> Any:
        """The service principal of an application."""
        return self.ask("POST", "/servicePrincipals", {"appId": application["appId"], **properties})

    def assign(self, service_principal: Any, principal_id: str, role_id: str = ROLE_ID) -> Any:
        """An assignment of an app role."""
        body = {"principalId": principal_id, "resourceId": service_principal["id"], "appRoleId": role_id}
        return self.ask("POST", f"/servicePrincipals/{service_principal['id']}/appRoleAssignedTo", body)


@pytest.fixture
def graph(emulator: Any) -> Graph:
    return Graph(emulator)
