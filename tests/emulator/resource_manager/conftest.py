"""Resource Manager in the test's own process, as the deployer unless another principal is named."""

import asyncio
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import requests
import urllib3
from azure.core.credentials import AccessToken
from requests.adapters import HTTPAdapter
from starlette.types import ASGIApp, Message

from emulator.clock import Clock
from emulator.commands import DIRECTORY
from emulator.entra.directory_file import load_directory
from emulator.entra.errors import InvalidToken, UnknownPrincipal
from emulator.faults import Faults
from emulator.resource_manager.authorization import AccessControl
from emulator.resource_manager.context import ResourceManagerContext, SiteHosts
from emulator.resource_manager.routes import create_app
from emulator.storage import Storage

ADDRESS = "https://manager.example"
SUBSCRIPTION = "/subscriptions/5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-test"
INSTANCE = f"{GROUP}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt-test"
VERSIONS = {
    "microsoft.authorization/roleassignments": "2022-04-01",
    "microsoft.authorization/roledefinitions": "2022-05-01-preview",
    "microsoft.authorization/permissions": "2022-04-01",
    "microsoft.digitaltwins/digitaltwinsinstances": "2023-01-31",
    "microsoft.managedidentity/userassignedidentities": "2023-01-31",
    "microsoft.storage/storageaccounts": "2024-01-01",
    "microsoft.operationalinsights/workspaces": "2023-09-01",
    "microsoft.insights/components": "2020-02-02",
    "microsoft.authorization/locks": "2020-05-01",
    "microsoft.insights/diagnosticsettings": "2021-05-01-preview",
    "microsoft.insights/metricalerts": "2018-03-01",
    "microsoft.network/virtualnetworks": "2024-05-01",
    "microsoft.network/privateendpoints": "2024-05-01",
    "microsoft.network/privatednszones": "2024-06-01",
    "microsoft.eventhub/namespaces": "2024-01-01",
    "microsoft.servicebus/namespaces": "2026-01-01",
    "microsoft.kusto/clusters": "2024-04-13",
    "microsoft.web/serverfarms": "2025-05-01",
    "microsoft.web/sites": "2025-05-01",
}


class RememberingHost:
    """Says which instances it was asked to serve."""

    def __init__(self) -> None:
        self.served: list[str] = []

    async def start(self, resource_id: str) -> str:
        self.served.append(resource_id)
        return f"localhost:{len(self.served)}"

    async def stop(self, resource_id: str) -> None:
        self.served.remove(resource_id)


class RememberingSites:
    """Says which sites it was asked to serve, and how often each was told to follow a change."""

    def __init__(self) -> None:
        self.served: list[str] = []
        self.configured: list[str] = []

    async def start(self, site_id: str) -> SiteHosts:
        if site_id not in self.served:
            self.served.append(site_id)
        number = self.served.index(site_id)
        return SiteHosts(f"localhost:{21001 + 2 * number}", f"localhost:{21002 + 2 * number}")

    async def configure(self, site_id: str) -> None:
        self.configured.append(site_id)

    async def stop(self, site_id: str) -> None:
        self.served.remove(site_id)


class RememberingBlobs:
    """Says whose blobs it was told to forget."""

    def __init__(self) -> None:
        self.dropped: list[str] = []

    def endpoint(self, account_name: str) -> str:
        return f"https://localhost:21000/{account_name}/"

    def drop(self, resource_id: str) -> None:
        self.dropped.append(resource_id)


class AppAdapter(HTTPAdapter):
    """Hands a session's requests to the application, without a socket."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__()
        self._app = app

    def send(self, request: requests.PreparedRequest, *_arguments: Any, **_options: Any) -> requests.Response:
        status, headers, content = asyncio.run(self._serve(request))
        raw = urllib3.HTTPResponse(body=io.BytesIO(content), headers=headers, status=status, preload_content=False)
        return self.build_response(request, raw)

    async def _serve(self, request: requests.PreparedRequest) -> tuple[int, dict[str, str], bytes]:
        sent: list[Message] = []
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""

        async def receive() -> Message:
            return {"type": "http.request", "body": body}

        async def send(message: Message) -> None:
            sent.append(message)

        await self._app(_scope(request), receive, send)
        start = sent[0]
        headers = {name.decode(): value.decode() for name, value in start["headers"]}
        return start["status"], headers, b"".join(message.get("body", b"") for message in sent[1:])


def _scope(request: requests.PreparedRequest) -> dict[str, Any]:
    url = urlsplit(str(request.url))
    return {
        "type": "http",
        "method": request.method,
        "path": unquote(url.path),
        "query_string": url.query.encode(),
        "headers": [(name.lower().encode(), str(value).encode()) for name, value in request.headers.items()],
    }


class NamedToken:
    """A credential of Azure's own clients: the tokens of these tests are the principals' names."""

    def __init__(self, name: str) -> None:
        self._name = name

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken(self._name, 4_000_000_000)


@dataclass
class Arm:
    storage: Storage = field(default_factory=Storage)
    clock: Clock = field(default_factory=Clock)
    faults: Faults = field(default_factory=Faults)
    host: RememberingHost = field(default_factory=RememberingHost)
    sites: RememberingSites = field(default_factory=RememberingSites)
    blobs: RememberingBlobs = field(default_factory=RememberingBlobs)
    address: str = ADDRESS

    def __post_init__(self) -> None:
        self._directory = load_directory(DIRECTORY)
        self.access = AccessControl(self.storage, self.clock, self.faults, self._directory)
        self.session = requests.Session()
        self.session.mount(ADDRESS, AppAdapter(create_app(self._context())))

    def _context(self) -> ResourceManagerContext:
        return ResourceManagerContext(
            storage=self.storage,
            clock=self.clock,
            faults=self.faults,
            directory=self._directory,
            access=self.access,
            authenticate=self._authenticate,
            instances=self.host,
            sites=self.sites,
            blobs=self.blobs,
        )

    def _authenticate(self, header: str | None) -> str:
        try:
            return self._directory.by_name((header or "").removeprefix("Bearer ")).object_id
        except UnknownPrincipal as exc:
            raise InvalidToken("it is nobody's") from exc

    def credential(self, name: str = "deployer") -> NamedToken:
        return NamedToken(name)

    def send(
        self, method: str, path: str, *, name: str, version: str | None, data: bytes | None = None, text: str = ""
    ) -> requests.Response:
        query = {"api-version": version, "$filter": text or None}
        headers = {"Authorization": f"Bearer {name}"}
        return self.session.request(method, f"{ADDRESS}{path}", params=query, data=data, headers=headers)

    def call(
        self, method: str, path: str, body: object = None, *, name: str = "deployer", text: str = ""
    ) -> requests.Response:
        kind = "/".join(path.lower().rpartition("/providers/")[2].split("/")[:2])
        data = None if body is None else json.dumps(body).encode()
        return self.send(method, path, name=name, version=VERSIONS.get(kind, "2021-04-01"), data=data, text=text)

    def make(self, method: str, path: str, body: object = None, *, name: str = "deployer") -> Any:
        """The document of a call that has to succeed."""
        answer = self.call(method, path, body, name=name)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def refusal(self, method: str, path: str, body: object = None, *, name: str = "deployer") -> tuple[int, str]:
        """Status and code of a call that has to fail."""
        return self.refusal_of(self.call(method, path, body, name=name))

    def refusal_of(self, answer: requests.Response) -> tuple[int, str]:
        return answer.status_code, str(answer.json()["error"]["code"])

    def list(self, path: str, text: str = "", *, name: str = "deployer") -> list[Any]:
        answer = self.call("GET", path, name=name, text=text)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["value"])

    def put_role(self, guid: str, *, name: str = "deployer", **properties: object) -> requests.Response:
        """Writes a role that allows reading twins, unless the properties say otherwise."""
        reads_twins = [{"dataActions": ["Microsoft.DigitalTwins/digitaltwins/read"]}]
        whole = {"roleName": "Twin reader", "assignableScopes": [GROUP], "permissions": reads_twins, **properties}
        path = f"{GROUP}/providers/Microsoft.Authorization/roleDefinitions/{guid}"
        return self.call("PUT", path, {"properties": whole}, name=name)

    def put_assignment(
        self, guid: str, properties: Mapping[str, object], *, scope: str = INSTANCE, name: str = "deployer"
    ) -> requests.Response:
        path = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{guid}"
        return self.call("PUT", path, {"properties": properties}, name=name)


@pytest.fixture
def arm() -> Arm:
    """With a resource group and an instance in it."""
    arm = Arm()
    arm.make("PUT", GROUP, {"location": "westeurope"})
    arm.make("PUT", INSTANCE, {"location": "westeurope"})
    return arm
