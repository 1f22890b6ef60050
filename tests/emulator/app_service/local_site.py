"""A function app in the local Azure, made through Resource Manager as a deployment makes it, and packages for it."""

import functools
import io
import json
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import requests

SUBSCRIPTION = "/subscriptions/5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-test"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/sttest"
CONTAINER = f"{ACCOUNT}/blobServices/default/containers/packages"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-test"
PLAN = f"{GROUP}/providers/Microsoft.Web/serverfarms/plan-test"
SITE = f"{GROUP}/providers/Microsoft.Web/sites/app-test"
BLOB_OWNER = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"
BLOB_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
# What a function app needs, wherever it runs.
_VENDORED = ("azure.functions", "werkzeug", "markupsafe")

ECHO = """
import asyncio, json, os, sys
import azure.functions as func

async def answer(scope, send):
    path = scope["path"]
    if path == "/exit":
        os._exit(3)
    if path == "/raise":
        raise ValueError("a secret reason")
    if path == "/sleep":
        await asyncio.sleep(float(scope["query_string"] or 0.3))
    if path == "/block":
        import time
        time.sleep(600)
    said = {
        "path": path,
        "raw_path": scope["raw_path"].decode(),
        "query": scope["query_string"].decode(),
        "method": scope["method"],
        "headers": [[name.decode(), value.decode()] for name, value in scope["headers"]],
        "environment": dict(os.environ),
        "modules": sys.path,
        "process": os.getpid(),
        "package": open("version.txt").read() if os.path.exists("version.txt") else None,
    }
    return json.dumps(said).encode()

async def asgi(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
    body = (await receive())["body"]
    content = body or await answer(scope, send)
    headers = [(b"content-type", b"application/json"), (b"x-one", b"1")]
    await send({"type": "http.response.start", "status": 201 if body else 200, "headers": headers})
    await send({"type": "http.response.body", "body": content})

app = func.AsgiFunctionApp(app=asgi, http_auth_level=func.AuthLevel.ANONYMOUS)
"""
HOST = '{"version": "2.0", "extensions": {"http": {"routePrefix": ""}}}'


@functools.cache
def _libraries() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in _VENDORED:
            spec = find_spec(name)
            assert spec is not None
            assert spec.origin is not None
            folder = Path(spec.origin).parent
            for path in folder.rglob("*"):
                if path.is_file() and path.suffix in {".py", ".so"}:
                    inside = Path(*name.split("."), path.relative_to(folder))
                    archive.write(path, Path(".python_packages/lib/site-packages", inside))
    return stream.getvalue()


def make_package(function_app: str = ECHO, **files: str) -> bytes:
    """A zip as a builder makes it: host.json, function_app.py, what it needs, and further files (`_` for `.`)."""
    stream = io.BytesIO(_libraries())
    with zipfile.ZipFile(stream, "a") as archive:
        for name, text in {"host_json": HOST, "function_app_py": function_app, **files}.items():
            stem, _, suffix = name.rpartition("_")
            archive.writestr(f"{stem}.{suffix}", text)
    return stream.getvalue()


@dataclass
class LocalSite:
    """The function app, with a user-assigned identity that owns the blobs of its storage account."""

    emulator: Any

    def put(self, path: str, body: Mapping[str, Any], version: str) -> Any:
        answer = self.emulator.call("PUT", path, body, version=version)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def make_storage(self) -> None:
        place = {"location": "westeurope"}
        self.put(GROUP, place, "2021-04-01")
        properties = {"allowSharedKeyAccess": False, "allowBlobPublicAccess": False}
        account = {**place, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "properties": properties}
        self.endpoint = self.put(ACCOUNT, account, "2024-01-01")["properties"]["primaryEndpoints"]["blob"]
        self.put(CONTAINER, {"properties": {"publicAccess": "None"}}, "2024-01-01")

    def make(self, settings: Mapping[str, str] | None = None) -> None:
        self.make_storage()
        identity = self.put(IDENTITY, {"location": "westeurope"}, "2023-01-31")
        self.client_id = identity["properties"]["clientId"]
        self.principal_id = identity["properties"]["principalId"]
        self.grant(self.principal_id, BLOB_OWNER, ACCOUNT)
        plan = {"kind": "functionapp", "sku": {"name": "FC1", "tier": "FlexConsumption"}}
        self.put(PLAN, {**plan, "location": "westeurope", "properties": {"reserved": True}}, "2024-11-01")
        hosts = self.put_site(settings or {})["properties"]
        self.front = f"https://{hosts['defaultHostName']}"
        self.scm = f"https://{hosts['hostNameSslStates'][1]['name']}"

    def put_site(
        self,
        settings: Mapping[str, str],
        *,
        config: Mapping[str, Any] | None = None,
        properties: Mapping[str, Any] | None = None,
    ) -> Any:
        authentication = {"type": "UserAssignedIdentity", "userAssignedIdentityResourceId": IDENTITY}
        storage = {"type": "blobContainer", "value": f"{self.endpoint}packages", "authentication": authentication}
        body = {
            "kind": "functionapp,linux",
            "location": "westeurope",
            "identity": {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}},
            "properties": {
                "serverFarmId": PLAN,
                "functionAppConfig": {
                    "deployment": {"storage": storage},
                    "runtime": {"name": "python", "version": "3.12"},
                    "scaleAndConcurrency": {"instanceMemoryMB": 2048, "maximumInstanceCount": 40},
                },
                "siteConfig": {
                    "appSettings": [
                        {"name": name, "value": value}
                        for name, value in {"AzureWebJobsDisableHomepage": "true", **settings}.items()
                    ],
                    **(config or {}),
                },
                **(properties or {}),
            },
        }
        return self.put(SITE, body, "2025-05-01")

    def put_auth(self, properties: Mapping[str, Any]) -> None:
        self.put(f"{SITE}/config/authsettingsV2", {"properties": properties}, "2021-02-01")

    def grant(self, principal_id: str, role: str, scope: str, kind: str = "ServicePrincipal") -> str:
        """Assigns a role; returns the assignment's path."""
        name = f"{role[:24]}{principal_id[-12:]}"
        path = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"
        properties = {
            "principalId": principal_id,
            "principalType": kind,
            "roleDefinitionId": f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}",
        }
        self.put(path, {"properties": properties}, "2022-04-01")
        return path

    def send_package(
        self, package: bytes, *, name: str = "deployer", query: str = "?RemoteBuild=false", **headers: str
    ) -> requests.Response:
        given = {"Authorization": f"Bearer {self.emulator.token(name)}", "Content-Type": "application/zip", **headers}
        return self._send("POST", f"{self.scm}/api/publish{query}", given, package)

    def poll(self, deployment_id: str, name: str = "deployer") -> requests.Response:
        headers = {"Authorization": f"Bearer {self.emulator.token(name)}"}
        return self._send("GET", f"{self.scm}/api/deployments/{deployment_id}", headers)

    def publish(self, package: bytes) -> Any:
        """Publishes, waits, and returns the deployment's last document."""
        answer = self.send_package(package)
        assert answer.status_code == 202, answer.text
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            document = self.poll(answer.json())
            if document.status_code == 200 and document.json()["complete"]:
                return document.json()
            time.sleep(0.02)
        raise AssertionError("the deployment does not end")

    def call(self, path: str = "/", method: str = "GET", body: bytes = b"", **headers: Any) -> requests.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._send(method, f"{self.front}{path}", named, body)

    def ask(self, path: str = "/", **headers: Any) -> Any:
        answer = self.call(path, **headers)
        assert answer.status_code == 200, answer.text
        return json.loads(answer.text)

    def _send(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> requests.Response:
        return requests.request(
            method, url, data=body, headers=headers, verify=self.emulator.ca_file, timeout=90, allow_redirects=False
        )
