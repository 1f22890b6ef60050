"""The provider's client of the local Resource Manager, as the principal whose environment it runs in."""

import base64
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

import requests

from emulator.provider.errors import NotReachable, Refused, WrongEnvironment

AUDIENCE = "https://management.azure.com/"
# azure-native retries these and nothing else (fact sheet pulumi-azure, section 0).
_RETRIED = frozenset({408, 429, 500, 502, 503, 504})
_ATTEMPTS = 4
_TIMEOUT = 120


@dataclass
class ResourceManager:
    """Sends requests with the principal's token."""

    address: str
    environment: Mapping[str, str]
    _session: requests.Session = field(default_factory=requests.Session)
    _token: str = ""
    _good_until: float = 0
    _lock: Lock = field(default_factory=Lock)

    def get(self, resource_id: str, api_version: str) -> Mapping[str, Any] | None:
        """The resource, or None.

        Raises:
            ProviderError: Resource Manager refuses or does not answer.
        """
        return self._send("GET", resource_id, api_version, None)

    def put(self, resource_id: str, api_version: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Makes or updates the resource, and returns it.

        Raises:
            ProviderError: Resource Manager refuses or does not answer.
        """
        document = self._send("PUT", resource_id, api_version, body)
        if document is None:
            raise Refused(404, "NotFound", f"{resource_id} or its parent was not found")
        return document

    def delete(self, resource_id: str, api_version: str) -> None:
        """Removes the resource; one that is gone already is no error.

        Raises:
            ProviderError: Resource Manager refuses or does not answer.
        """
        self._send("DELETE", resource_id, api_version, None)

    def claims(self) -> Mapping[str, Any]:
        """What the principal's token says, unchecked: it is for names, not for decisions."""
        payload = self._get_token().split(".")[1]
        return dict(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))

    def _send(self, method: str, path: str, version: str, body: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        for attempt in range(_ATTEMPTS):
            answer = self._request(method, path, version, body)
            if answer.status_code not in _RETRIED or attempt == _ATTEMPTS - 1:
                break
            time.sleep(float(answer.headers.get("Retry-After", 2**attempt)))
        if answer.status_code == 404 and method != "PUT":
            return None
        if answer.status_code >= 400:
            raise _refusal(answer)
        return dict(answer.json()) if answer.content else {}

    def _request(self, method: str, path: str, version: str, body: Mapping[str, Any] | None) -> requests.Response:
        try:
            return self._session.request(
                method,
                f"{self.address}{path}",
                params={"api-version": version},
                json=body,
                headers={"Authorization": f"Bearer {self._get_token()}"},
                timeout=_TIMEOUT,
            )
        except requests.RequestException as error:
            raise NotReachable(self.address, type(error).__name__) from error

    def _get_token(self) -> str:
        with self._lock:
            if time.monotonic() > self._good_until:
                answer = self._ask_for_token()
                self._token = str(answer["access_token"])
                self._good_until = time.monotonic() + 300
            return self._token

    def _ask_for_token(self) -> Mapping[str, Any]:
        endpoint = _require(self.environment, "IDENTITY_ENDPOINT")
        try:
            answer = self._session.get(
                endpoint,
                params={"api-version": "2019-08-01", "resource": AUDIENCE},
                headers={"X-IDENTITY-HEADER": _require(self.environment, "IDENTITY_HEADER")},
                timeout=_TIMEOUT,
            )
        except requests.RequestException as error:
            raise NotReachable(endpoint, type(error).__name__) from error
        if answer.status_code != 200:
            raise Refused(answer.status_code, "NoToken", "Entra gave no token; run the command by tools/pulumi-local")
        return dict(answer.json())


def connect(environment: Mapping[str, str] = os.environ) -> ResourceManager:
    """The client of the local Azure whose folder TWIN_RBAC_LOCAL names.

    Raises:
        WrongEnvironment: the plugin was not started by tools/pulumi-local.
    """
    folder = Path(_require(environment, "TWIN_RBAC_LOCAL"))
    ports = json.loads((folder / "ports.json").read_text())
    return ResourceManager(f"https://localhost:{ports['resourceManager']}", environment)


def _require(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name)
    if not value:
        raise WrongEnvironment(name)
    return value


def _refusal(answer: requests.Response) -> Refused:
    try:
        error = answer.json()["error"]
        return Refused(answer.status_code, str(error["code"]), str(error["message"]))
    except (ValueError, KeyError, TypeError):
        return Refused(answer.status_code, "Unknown", "the answer is no error of Resource Manager")
