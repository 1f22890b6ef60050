"""The provider's client of the local Graph, as the principal whose environment it runs in."""

from collections.abc import Mapping
from typing import Any, ClassVar

import requests

from emulator.provider.local_service import LocalService


class Graph(LocalService):
    """Reads, makes, changes and deletes objects; a path starts with a slash."""

    name: ClassVar[str] = "Graph"
    audience: ClassVar[str] = "https://graph.microsoft.com"
    port_name: ClassVar[str] = "entra"
    path: ClassVar[str] = "/graph/v1.0"

    def get(self, path: str) -> Mapping[str, Any] | None:
        """The object, or None.

        Raises:
            ProviderError: Graph refuses or does not answer.
        """
        answer = self.send("GET", path)
        return None if answer.status_code == 404 else dict(self._accept(answer).json())

    def post(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Makes an object, and returns it; empty where Graph answers nothing.

        Raises:
            ProviderError: Graph refuses or does not answer.
        """
        answer = self._accept(self.send("POST", path, body))
        return dict(answer.json()) if answer.content else {}

    def patch(self, path: str, body: Mapping[str, Any]) -> None:
        """Changes what the body names.

        Raises:
            ProviderError: Graph refuses or does not answer.
        """
        self._accept(self.send("PATCH", path, body))

    def delete(self, path: str) -> None:
        """Removes an object; one that is gone already is no error.

        Raises:
            ProviderError: Graph refuses or does not answer.
        """
        answer = self.send("DELETE", path)
        if answer.status_code != 404:
            self._accept(answer)

    def _accept(self, answer: requests.Response) -> requests.Response:
        if answer.status_code >= 400:
            raise self.refusal(answer)
        return answer
