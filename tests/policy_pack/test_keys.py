from typing import Any

import pytest

from policy_pack.rules import UNKNOWN, Resource
from tests.policy_pack.conftest import broken, findings, resource, stack_of

RULE = "no-keys"
ACCOUNT_KEY = "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=c2VjcmV0;EndpointSuffix=core.windows.net"


def app(name: str, value: Any) -> Resource:
    settings = [{"name": "PLAIN", "value": "text"}, {"name": name, "value": value}]
    return resource("azure-native:web:WebApp", "app", siteConfig={"appSettings": settings})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AzureWebJobsStorage", ACCOUNT_KEY),
        ("WEBSITE_CONTENTAZUREFILECONNECTIONSTRING", "anything"),
        ("STORE", ACCOUNT_KEY),
        ("HUB", "Endpoint=sb://n.servicebus.windows.net/;SharedAccessKeyName=n;SharedAccessKey=c2VjcmV0"),
        ("PACKAGE", "https://a.blob.core.windows.net/c/p.zip?sv=2024-11-04&sig=c2VjcmV0"),
        ("DATABASE", "Server=s;User Id=u;Password=hunter2"),
        ("CLIENT_SECRET", "hunter2"),
        ("ADT_API_KEY", "hunter2"),
        ("DB_PASSWORD", "hunter2"),
        ("clientSecret", "hunter2"),
        ("EventHubKey", "hunter2"),
        ("myApiKey", "hunter2"),
        ("myAPIKey", "hunter2"),
        ("STORAGE_KEY_1", "hunter2"),
        ("MASTER_KEY1", "hunter2"),
        ("DbPassword", "hunter2"),
        ("AAD_SECRET_VALUE", "hunter2"),
        ("STORAGEKEY", "hunter2"),
        ("Db__ConnectionString", "hunter2"),
        ("TELEMETRY", "InstrumentationKey=0f3c0000-0000-4000-8000-000000000010"),
    ],
)
def test_a_secret_among_the_apps_settings_is_refused_and_never_repeated(name: str, value: str) -> None:
    ((_, sentence),) = findings(RULE, stack_of(app(name, value)))

    assert f"app setting {name} holds a secret" in sentence
    assert value not in sentence
    assert "hunter2" not in sentence


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("APPLICATIONINSIGHTS_CONNECTION_STRING", "InstrumentationKey=an-address;IngestionEndpoint=https://e"),
        ("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "ClientId=c;Authorization=AAD"),
        ("AzureWebJobsStorage__blobServiceUri", "https://a.blob.core.windows.net/"),
        ("TWIN_RBAC_KEY", "role"),
        ("KEY_VAULT_NAME", "kv"),
        ("MonkeyName", "Charles"),
        ("DONKEY", "grey"),
        ("SECRETS_REFRESH_MINUTES", "5"),
        ("CLIENT_SECRET", "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/s)"),
        ("CLIENT_SECRET", UNKNOWN),
    ],
)
def test_an_address_a_reference_to_key_vault_and_what_is_not_known_pass(name: str, value: Any) -> None:
    assert broken(RULE, app(name, value)) == []


def test_settings_that_are_a_resource_of_their_own_are_looked_at_too() -> None:
    settings = resource("azure-native:web:WebAppApplicationSettings", "settings", properties={"STORE": ACCOUNT_KEY})
    strings = resource("azure-native:web:WebAppConnectionStrings", "strings", properties={})

    assert broken(RULE, settings, strings) == ["settings", "strings"]


MOUNT = {"share": {"type": "AzureFiles", "accountName": "a", "shareName": "s", "accessKey": "c2VjcmV0"}}


@pytest.mark.parametrize("key", ["c2VjcmV0", UNKNOWN])
def test_a_mounted_share_that_is_read_with_a_key_is_refused(key: Any) -> None:
    mounts = {"share": {**MOUNT["share"], "accessKey": key}}
    by_app = resource("azure-native:web:WebApp", "app", siteConfig={"azureStorageAccounts": mounts})
    alone = resource("azure-native:web/v20240401:WebAppAzureStorageAccounts", "mounts", properties=mounts)
    slot = resource("azure-native:web:WebAppAzureStorageAccountsSlot", "slot", properties=mounts)

    assert broken(RULE, by_app, alone, slot) == ["app", "mounts", "slot"]
    assert "c2VjcmV0" not in str(findings(RULE, stack_of(by_app, alone)))


def test_a_mounted_share_without_a_key_passes() -> None:
    mounts = {"share": {"type": "AzureFiles", "protocol": "NFS"}}

    assert broken(RULE, resource("azure-native:web:WebAppAzureStorageAccounts", "mounts", properties=mounts)) == []


def test_a_package_read_with_a_key_and_connection_strings_are_refused() -> None:
    authentication = {"type": "StorageAccountConnectionString"}
    by_key = resource(
        "azure-native:web:WebApp",
        "app",
        functionAppConfig={"deployment": {"storage": {"authentication": authentication}}},
        siteConfig={"connectionStrings": [{"name": "db"}]},
    )

    assert broken(RULE, by_key) == ["app", "app"]


STORAGE = "azure-native:storage:StorageAccount"
ENDPOINT = "azure-native:digitaltwins:DigitalTwinsEndpoint"


@pytest.mark.parametrize(
    ("type_", "props"),
    [
        (STORAGE, {}),
        (STORAGE, {"allowSharedKeyAccess": True}),
        (STORAGE, {"allowSharedKeyAccess": False, "isLocalUserEnabled": True}),
        ("azure-native:applicationinsights:Component", {}),
        ("azure-native:operationalinsights:Workspace", {"features": {"disableLocalAuth": False}}),
        ("azure-native:operationalinsights:Workspace", {}),
        (ENDPOINT, {"properties": {"endpointType": "EventHub"}}),
        (ENDPOINT, {"properties": {"endpointType": "ServiceBus", "authenticationType": "KeyBased"}}),
        (ENDPOINT, {"properties": {"endpointType": "EventGrid"}}),
        (ENDPOINT, {"properties": {"authenticationType": "IdentityBased", "deadLetterSecret": "https://a/?sig=s"}}),
        ("azuread:index/application:Application", {"passwords": [{"displayName": "p"}]}),
        ("azuread:index/applicationPassword:ApplicationPassword", {}),
        ("azuread:index/servicePrincipalPassword:ServicePrincipalPassword", {}),
    ],
)
def test_what_takes_a_key_or_makes_one_is_refused(type_: str, props: dict[str, Any]) -> None:
    assert broken(RULE, resource(type_, "it", **props)) == ["it"]


@pytest.mark.parametrize(
    ("type_", "props"),
    [
        (STORAGE, {"allowSharedKeyAccess": False}),
        (STORAGE, {"allowSharedKeyAccess": UNKNOWN, "isLocalUserEnabled": UNKNOWN}),
        ("azure-native:applicationinsights:Component", {"disableLocalAuth": True}),
        ("azure-native:operationalinsights:Workspace", {"features": UNKNOWN}),
        (ENDPOINT, {"properties": {"endpointType": "EventHub", "authenticationType": "IdentityBased"}}),
        (ENDPOINT, {"properties": UNKNOWN}),
        ("azuread:index/application:Application", {"displayName": "Gateway"}),
        ("azure-native:web:WebApp", {}),
    ],
)
def test_what_knows_identities_alone_passes(type_: str, props: dict[str, Any]) -> None:
    assert broken(RULE, resource(type_, "it", **props)) == []
