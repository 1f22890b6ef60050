"""The whole local Azure in a thread, and the environment of a plugin's process."""

import asyncio
import json
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from components.permission_scopes import LOADER, TAGGER, compose_data_actions
from emulator.commands import DIRECTORY
from emulator.entra.directory import Directory
from emulator.entra.directory_file import load_directory
from emulator.home import Home
from emulator.server import serve
from twin_rbac.role_tags.digest import pack
from twin_rbac.role_tags.graph_file import load_graph
from twin_rbac.role_tags.manifest import load_manifest

EXAMPLE = Path(__file__).parents[3] / "examples" / "tenants" / "graph.ndjson"
GROUP = "rg-digital-twins-rbac-local"
ROOM = "dtmi:digitaltwinsrbac:example:Room;1"
ROLES = ("Earth", "Fire", "Wind")
NO_FAULTS: dict[str, object] = {
    **dict.fromkeys(("query_lag", "role_propagation", "latency", "write_latency"), 0),
    "failing_calls": [],
    "outside": False,
}


@dataclass
class Server:
    """An emulator that serves a folder until `stop`."""

    home: Home
    directory: Directory
    is_furnished: bool = False
    """Whether it has the instance that most tests share."""

    def start(self) -> None:
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        self._ready.wait(30)
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        try:
            await serve(self.home, self.directory, ready=self._ready.set, stop=self._stop)
        except BaseException as error:
            self._failure = error
            self._ready.set()


@dataclass(frozen=True)
class Azure:
    """A local Azure with one instance, and whatever a test does to it behind the providers' back."""

    server: Server
    folder: Path
    """The project: manifest and graph of the test."""
    session: requests.Session
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def subscription(self) -> str:
        return f"/subscriptions/{self.server.directory.subscription_id}"

    @property
    def group(self) -> str:
        return f"{self.subscription}/resourceGroups/{GROUP}"

    @property
    def instance_id(self) -> str:
        return f"{self.group}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt-test"

    @property
    def cloud(self) -> dict[str, str]:
        ports = self._ports()
        return {
            "resourceManager": f"https://localhost:{ports['resourceManager']}",
            "authority": f"https://localhost:{ports['entra']}",
        }

    @property
    def endpoint(self) -> str:
        return f"https://localhost:{self._ports()['instances'][self.instance_id.lower()]}"

    def environment(self, name: str) -> dict[str, str]:
        """What makes a process the principal of that name, and lets it trust the local Azure."""
        ca_file = str(self.server.home.tls_folder / "ca.pem")
        return {
            "IDENTITY_ENDPOINT": f"{self.cloud['authority']}/msi/token",
            "IDENTITY_HEADER": json.loads((self.server.home.folder / "identities.json").read_text())[name],
            "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential",
            "SSL_CERT_FILE": ca_file,
            "REQUESTS_CA_BUNDLE": ca_file,
            "NO_PROXY": "localhost",
        }

    def write_manifest(
        self,
        tags: Mapping[str, list[str]],
        *selectors: str,
        roles: Sequence[str] = ROLES,
        **rules: object,
    ) -> None:
        """Role -> twins, and rules such as `unlisted="remove"`; a line for each, so that places can be told.

        `selectors` are further entries as YAML, such as `role: Earth, glob: "room-*"`.
        """
        document = {"version": 1, "roles": {role: {} for role in roles}, **rules}
        lines = [f"{name}: {json.dumps(value)}" for name, value in document.items()]
        entries = [f"  - {{role: {role}, twins: {json.dumps(twins)}}}" for role, twins in tags.items()]
        entries += [f"  - {{{selector}}}" for selector in selectors]
        text = "\n".join([*lines, "tags:", *(entries or ["  []"])])
        (self.folder / "role-tags.yaml").write_text(text)

    def tags_props(self, **changes: Any) -> dict[str, Any]:
        """What the component RoleTags gives its provider for the folder's manifest."""
        manifest = load_manifest(Path("role-tags.yaml"))
        return {
            "endpoint": self.endpoint,
            "instanceId": self.instance_id,
            "manifest": "role-tags.yaml",
            "rules": manifest.rules.to_mapping(),
            "twins": pack(manifest.twins, manifest.rules),
            "graph": None,
            "seeded": None,
            "cloud": self.cloud,
            "declared": None,
            "unlisted": None,
        } | changes

    def graph_props(self, **changes: Any) -> dict[str, Any]:
        """What the component TwinGraph gives its provider for the folder's graph."""
        return {
            "endpoint": self.endpoint,
            "instanceId": self.instance_id,
            "graph": "graph.ndjson",
            **load_graph(Path("graph.ndjson")).hashes(),
            "cloud": self.cloud,
            "seeded": None,
        } | changes

    def routes_props(self, routes: Mapping[str, Mapping[str, str]], **changes: Any) -> dict[str, Any]:
        """What the component EventRoutes gives its provider."""
        return {
            "endpoint": self.endpoint,
            "instanceId": self.instance_id,
            "routes": {name: dict(route) for name, route in routes.items()},
            "cloud": self.cloud,
            "declared": None,
        } | changes

    def resource(self, method: str, path: str, body: object = None, *, version: str = "2022-04-01") -> Any:
        """Calls Resource Manager as the deployer."""
        url = f"{self.cloud['resourceManager']}{path}?api-version={version}"
        return self._call(method, url, self._token("deployer", "resource-manager"), body)

    def create_instance(self) -> None:
        self.resource("PUT", self.group, {"location": "westeurope"}, version="2021-04-01")
        self.resource("PUT", self.instance_id, {"location": "westeurope"}, version="2023-01-31")

    def close_to_the_public(self) -> None:
        """Turns the instance's public access off."""
        body = {"location": "westeurope", "properties": {"publicNetworkAccess": "Disabled"}}
        self.resource("PUT", self.instance_id, body, version="2023-01-31")

    def open_privately(self) -> None:
        """Gives the instance a private endpoint, in a network of its own."""
        network = f"{self.group}/providers/Microsoft.Network/virtualNetworks/vnet-test"
        space = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}
        self._network("PUT", network, {"location": "westeurope", "properties": space})
        self._network("PUT", f"{network}/subnets/one", {"properties": {"addressPrefix": "10.0.0.0/24"}})
        connection = {"privateLinkServiceId": self.instance_id, "groupIds": ["API"]}
        links = [{"name": "pe", "properties": connection}]
        properties = {"subnet": {"id": f"{network}/subnets/one"}, "privateLinkServiceConnections": links}
        endpoint = f"{self.group}/providers/Microsoft.Network/privateEndpoints/pe-test"
        self._network("PUT", endpoint, {"location": "westeurope", "properties": properties})

    def _network(self, method: str, path: str, body: object) -> None:
        self.resource(method, path, body, version="2024-07-01")

    def make_endpoint(self, name: str) -> None:
        """Gives the instance an endpoint, by keys since no event hub stands behind it."""
        properties = {"endpointType": "EventHub", "connectionStringPrimaryKey": "Endpoint=sb://…"}
        path = f"{self.instance_id}/endpoints/{name}"
        self.resource("PUT", path, {"properties": properties}, version="2023-01-31")

    def routes(self) -> dict[str, dict[str, str]]:
        """Route -> endpoint and filter, as the instance has them."""
        return {
            route["id"]: {"endpoint": route["endpointName"], "filter": route["filter"]}
            for route in self.data("GET", "/eventroutes")["value"]
        }

    def put_route(self, name: str, endpoint: str, filter_: str = "true") -> None:
        """Writes a route behind the providers' back."""
        self.data("PUT", f"/eventroutes/{name}", {"endpointName": endpoint, "filter": filter_})

    def delete_instance(self) -> None:
        self.resource("DELETE", self.instance_id, version="2023-01-31")

    def furnish_without_roles(self) -> None:
        """Makes an instance with the example's models."""
        self.create_instance()
        self.data("POST", "/models", list(load_graph(EXAMPLE).models.values()))

    def furnish(self) -> None:
        """Makes an instance with the example's models, and gives the deployer the program's roles at it."""
        self.furnish_without_roles()
        self.grant("deployer", TAGGER)
        self.grant("deployer", LOADER)

    def grant(self, name: str, permissions: Mapping[str, Any]) -> None:
        """Gives a principal a custom role at the resource group, as the program does."""
        role = f"{self.subscription}/providers/Microsoft.Authorization/roleDefinitions/{uuid.uuid4()}"
        data_actions = compose_data_actions(permissions)
        allowed = [{"actions": [], "notActions": [], "dataActions": data_actions, "notDataActions": []}]
        definition = {"roleName": role, "type": "CustomRole", "assignableScopes": [self.group], "permissions": allowed}
        self.resource("PUT", role, {"properties": definition}, version="2022-05-01-preview")
        principal = self.server.directory.by_name(name)
        assignment = {"roleDefinitionId": role, "principalId": principal.object_id, "principalType": principal.type}
        path = f"{self.group}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}"
        self.resource("PUT", path, {"properties": assignment})

    def data(self, method: str, path: str, body: object = None) -> Any:
        """Calls the instance as the emulator's owner, whom no role limits."""
        url = f"{self.endpoint}{path}?api-version=2023-10-31"
        return self._call(method, url, self._token("owner", "instance"), body)

    def put_twin(self, twin_id: str, **tags: str) -> None:
        body = {"$metadata": {"$model": ROOM}, "temperature": 20.5, **({"tags": tags} if tags else {})}
        self.data("PUT", f"/digitaltwins/{twin_id}", body)

    def delete_twin(self, twin_id: str) -> None:
        self.data("DELETE", f"/digitaltwins/{twin_id}")

    def delete_all_twins(self) -> None:
        for row in self.query("SELECT * FROM RELATIONSHIPS"):
            self.data("DELETE", f"/digitaltwins/{row['$sourceId']}/relationships/{row['$relationshipId']}")
        for row in self.query("SELECT * FROM DIGITALTWINS"):
            self.delete_twin(row["$dtId"])

    def query(self, text: str) -> list[dict[str, Any]]:
        return list(self.data("POST", "/query", {"query": text})["value"])

    def tag(self, twin_id: str, key: str, value: str) -> None:
        """Sets one tag of a twin that has tags, as a person would by hand."""
        self.data("PATCH", f"/digitaltwins/{twin_id}", [{"op": "add", "path": f"/tags/{key}", "value": value}])

    def untag(self, twin_id: str, key: str) -> None:
        self.data("PATCH", f"/digitaltwins/{twin_id}", [{"op": "remove", "path": f"/tags/{key}"}])

    def tags(self) -> dict[str, dict[str, str] | None]:
        """Twin -> its whole map of tags, by id and so without the index's lag."""
        twins = [row["$dtId"] for row in self.query("SELECT * FROM DIGITALTWINS")]
        return {twin: self.data("GET", f"/digitaltwins/{twin}").get("tags") for twin in twins}

    def faults(self, **faults: object) -> None:
        self._control("PUT", "faults", faults)

    def fail(self, **call: object) -> None:
        """Makes one call of an instance fail, or as many as `times` says."""
        self.faults(failing_calls=[call])

    def advance(self, seconds: float) -> None:
        self._control("POST", "clock", {"advance": seconds})

    def reset(self) -> None:
        self._control("POST", "reset")

    @property
    def twin_writes(self) -> int:
        return int(self._control("GET", "counters")["twinWrites"])

    @property
    def instance_calls(self) -> int:
        return int(self._control("GET", "counters")["instanceCalls"])

    def _ports(self) -> dict[str, Any]:
        return dict(json.loads(self.server.home.ports_file.read_text()))

    def _token(self, name: str, audience: str) -> str:
        if name not in self.tokens:
            answer = self._control("POST", "token", {"name": name, "audience": audience})
            self.tokens[name] = str(answer["token"])
        return self.tokens[name]

    def _control(self, method: str, path: str, body: object = None) -> Any:
        url = f"{self.cloud['resourceManager']}/_control/{path}"
        return self._call(method, url, self.server.home.control_token, body)

    def _call(self, method: str, url: str, token: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        ca_file = str(self.server.home.tls_folder / "ca.pem")
        answer = self.session.request(method, url, data=data, headers=headers, verify=ca_file, timeout=30)
        assert answer.ok, f"{method} {url}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(Home(tmp_path_factory.mktemp("providers") / "local"), load_directory(DIRECTORY))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def plugin(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Azure]:
    """The process is as a plugin's is: in the project's folder, and the deployer by its environment."""
    with requests.Session() as session:
        azure = Azure(server, tmp_path, session)
        for name, value in azure.environment("deployer").items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(tmp_path)
        # A plugin's process forgets it with its end; this one goes on.
        monkeypatch.setattr(sys, "tracebacklimit", 1000, raising=False)
        monkeypatch.setattr("twin_rbac.providers.live._warned", set())
        azure.faults(**NO_FAULTS)
        yield azure


@pytest.fixture
def empty_azure(plugin: Azure) -> Azure:
    """A local Azure without an instance, for tests that make or delete one, or give out roles."""
    plugin.server.is_furnished = False
    plugin.reset()
    return plugin


@pytest.fixture
def azure(plugin: Azure) -> Azure:
    """An instance that has models and no twins, and the deployer's roles at it; tests change its twins alone."""
    if plugin.server.is_furnished:
        plugin.delete_all_twins()
    else:
        plugin.reset()
        plugin.furnish()
        plugin.server.is_furnished = True
    return plugin


@pytest.fixture
def become(monkeypatch: pytest.MonkeyPatch) -> Callable[[Azure, str], None]:
    """Makes the process one of the directory's principals."""
    return lambda azure, name: monkeypatch.setenv("IDENTITY_HEADER", azure.environment(name)["IDENTITY_HEADER"])
