"""Keys, shared access signatures, passwords and connection strings: none may be needed, so none can leak."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .resource import Resource, Stack

NO_SECRETS = {"APPLICATIONINSIGHTS_CONNECTION_STRING", "TWIN_RBAC_KEY"}
"""Settings that only look like secrets: an address where local authentication is off, and the name of a tag."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
"""A word of a setting's name, as in clientSecret, EventHubKey and STORAGE_KEY_1."""
_SECRET_WORD = re.compile(
    r"(.*(secret|password|passwd|pwd)|(api|access|account|shared|storage|master|function|host)?key|sas|token)s?"
)
_SECRET_VALUE = re.compile(
    r"(AccountKey|SharedAccessKey|SharedAccessSignature|SharedSecretValue|InstrumentationKey|Password|Pwd)\s*="
    r"|[?&]sig=|-----BEGIN [A-Z ]*PRIVATE KEY-----",
    re.IGNORECASE,
)
_KEY_VAULT = "@Microsoft.KeyVault("


def check_no_keys(resource: Resource, _stack: Stack) -> Iterator[str]:
    """Nothing authenticates with anything but Entra ID."""
    yield from _CHECKS.get(resource.type.removesuffix("Slot"), _find_nothing)(resource)


def _find_nothing(_resource: Resource) -> Iterator[str]:
    yield from ()


def _find_in_app(app: Resource) -> Iterator[str]:
    for item in app.items("siteConfig", "appSettings"):
        if isinstance(item, Mapping):
            yield from _judge_setting(item.get("name"), item.get("value"))
    yield from _find_in_mounts(app.get("siteConfig", "azureStorageAccounts"))
    if app.items("siteConfig", "connectionStrings"):
        yield "The app has connection strings; let it use its identity instead."
    kind = app.get("functionAppConfig", "deployment", "storage", "authentication", "type")
    if kind == "StorageAccountConnectionString":
        yield "The app's package is read with a storage key; set its authentication to UserAssignedIdentity."


def _find_in_mounts(mounts: Any) -> Iterator[str]:
    for mount in mounts.values() if isinstance(mounts, Mapping) else ():
        if isinstance(mount, Mapping) and mount.get("accessKey"):
            yield "The app mounts a file share with a storage key; let it read blobs with its identity instead."


def _find_in_settings(settings: Resource) -> Iterator[str]:
    properties = settings.get("properties")
    for name, value in properties.items() if isinstance(properties, Mapping) else ():
        yield from _judge_setting(name, value)


def _judge_setting(name: Any, value: Any) -> Iterator[str]:
    if name in NO_SECRETS or not isinstance(name, str) or not isinstance(value, str) or value.startswith(_KEY_VAULT):
        return
    # The value itself is never told: what a policy says is printed and kept.
    if _is_called_secret(name) or _SECRET_VALUE.search(value):
        yield f"The app setting {name} holds a secret; let the app use its identity, or refer to Key Vault."


def _is_called_secret(name: str) -> bool:
    words = [word.lower() for word in _WORD.findall(name)]
    if words[-1:] == ["value"]:
        words.pop()
    joined = "".join(words)
    if joined == "azurewebjobsstorage" or "connectionstring" in joined:
        # Not AzureWebJobsStorage__blobServiceUri, which is an address.
        return True
    return bool(words) and _SECRET_WORD.fullmatch(words[-1]) is not None


def _find_in_storage(account: Resource) -> Iterator[str]:
    if account.is_not(False, "allowSharedKeyAccess"):
        yield "The storage account takes keys; set allowSharedKeyAccess to false."
    if account.get("isLocalUserEnabled") is True:
        yield "The storage account has users with passwords; set isLocalUserEnabled to false."


def _find_in_insights(component: Resource) -> Iterator[str]:
    if component.is_not(True, "disableLocalAuth"):
        yield "Application Insights takes an instrumentation key; set disableLocalAuth to true."


def _find_in_workspace(workspace: Resource) -> Iterator[str]:
    if workspace.is_not(True, "features", "disableLocalAuth"):
        yield "The workspace takes a shared key; set features.disableLocalAuth to true."


def _find_in_endpoint(endpoint: Resource) -> Iterator[str]:
    kind = endpoint.get("properties", "endpointType")
    if kind == "EventGrid":
        yield "An endpoint of Event Grid takes nothing but keys; use Event Hubs or Service Bus."
    elif endpoint.is_not("IdentityBased", "properties", "authenticationType"):
        yield "The endpoint sends with a key, which is also the default; set authenticationType to IdentityBased."
    if isinstance(endpoint.get("properties", "deadLetterSecret"), str):
        yield "The dead-letter container is reached with a signature; use deadLetterUri and the identity."


def _find_client_secret(_resource: Resource) -> Iterator[str]:
    yield "A client secret is made; use a managed identity or a federated credential."


def _find_in_registration(application: Resource) -> Iterator[str]:
    if isinstance(application.get("password"), dict) or application.items("passwords"):
        yield from _find_client_secret(application)


_CHECKS: Mapping[str, Callable[[Resource], Iterator[str]]] = {
    "azure-native:web:WebApp": _find_in_app,
    "azure-native:web:WebAppApplicationSettings": _find_in_settings,
    "azure-native:web:WebAppAzureStorageAccounts": lambda resource: _find_in_mounts(resource.get("properties")),
    "azure-native:web:WebAppConnectionStrings": lambda _resource: iter(
        ["The app has connection strings; let it use its identity instead."]
    ),
    "azure-native:storage:StorageAccount": _find_in_storage,
    "azure-native:applicationinsights:Component": _find_in_insights,
    "azure-native:operationalinsights:Workspace": _find_in_workspace,
    "azure-native:digitaltwins:DigitalTwinsEndpoint": _find_in_endpoint,
    "azuread:index/application:Application": _find_in_registration,
    "azuread:index/applicationPassword:ApplicationPassword": _find_client_secret,
    "azuread:index/servicePrincipalPassword:ServicePrincipalPassword": _find_client_secret,
}
"""Type -> what to look for; a slot's is that of the app."""
