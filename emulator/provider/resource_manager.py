"""The provider's client of the local Resource Manager, as the principal whose environment it runs in."""

import os
from collections.abc import Mapping
from typing import Any, ClassVar

import requests

from emulator.provider.local_service import LocalService

AUDIENCE = "https://management.azure.com/"


class ResourceManager(LocalService):
    """Reads, writes and deletes resources."""

    name: ClassVar[str] = "Resource Manager"
    audience: ClassVar[str] = AUDIENCE
    port_name: ClassVar[str] = "resourceManager"

    def get(self, resource_id: str, api_version: str) -> Mapping[str, Any] | None:
        """The resource, or None.

        Raises:
            ProviderError: Resource Manager refuses or does not answer.
        """
        answer = self._call("GET", resource_id, api_version)
        return None if answer.status_code == 404 else self._read(answer)

    def put(self, resource_id: str, api_version: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Makes or updates the resource, and returns it.

        Raises:
            ProviderError: Resource Manager refuses or does not answer.
        """
        return self._read(self._call("PUT", resource_id, api_version, body))

    def delete(self, resource_id: str, api_version: str) -> None:
        """Removes the resource; one that is gone already is no error.

        Raises:
            ProviderError: Resource Manager refuses or does not answer.
        """
        answer = self._call("DELETE", resource_id, api_version)
        if answer.status_code >= 400 and answer.status_code != 404:
            raise self.refusal(answer)

    def _call(
        self, method: str, resource_id: str, api_version: str, body: Mapping[str, Any] | None = None
    ) -> requests.Response:
        return self.send(method, resource_id, body, query={"api-version": api_version})

    def _read(self, answer: requests.Response) -> Mapping[str, Any]:
        if answer.status_code >= 400:
            raise self.refusal(answer)
        return dict(answer.json())


def connect(environment: Mapping[str, str] = os.environ) -> ResourceManager:
    """The client of the local Azure whose folder TWIN_RBAC_LOCAL names.

    Raises:
        WrongEnvironment: the plugin was not started by tools/pulumi-local.
    """
    return ResourceManager.connect(environment)
