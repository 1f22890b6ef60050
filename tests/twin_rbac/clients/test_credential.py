import asyncio
from typing import Any

import pytest
from azure.identity.aio import (
    CertificateCredential,
    ClientAssertionCredential,
    ClientSecretCredential,
    DefaultAzureCredential,
    ManagedIdentityCredential,
)

from twin_rbac.clients.cloud import Cloud
from twin_rbac.clients.credential import (
    CredentialKind,
    choose_credential,
    create_credential,
    create_managed_identity,
)
from twin_rbac.clients.errors import CredentialIncomplete, EndpointRefused, SignInFailed
from twin_rbac.clients.oidc import request_assertion

CLIENT = {"ARM_CLIENT_ID": "c", "ARM_TENANT_ID": "t"}
SECRET = {"ARM_CLIENT_SECRET": "s"}
CERTIFICATE = {"ARM_CLIENT_CERTIFICATE_PATH": "/c.pem"}
TOKEN = {"ARM_OIDC_TOKEN": "j"}
TOKEN_FILE = {"ARM_OIDC_TOKEN_FILE_PATH": "/t"}
REQUEST = {"ARM_OIDC_REQUEST_URL": "https://u", "ARM_OIDC_REQUEST_TOKEN": "r"}
GITHUB = {"ACTIONS_ID_TOKEN_REQUEST_URL": "https://u", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "r"}
USE_OIDC = {"ARM_USE_OIDC": "true"}


@pytest.mark.parametrize(
    ("environment", "kind"),
    [
        ({}, CredentialKind.DEFAULT),
        (CLIENT, CredentialKind.DEFAULT),
        (CLIENT | SECRET, CredentialKind.SECRET),
        (CLIENT | CERTIFICATE, CredentialKind.CERTIFICATE),
        # The order of azure-native: certificate, secret, OIDC, managed identity (fact sheet pulumi-azure, section 8.1).
        (CLIENT | CERTIFICATE | SECRET | TOKEN, CredentialKind.CERTIFICATE),
        (CLIENT | SECRET | TOKEN | USE_OIDC, CredentialKind.SECRET),
        (CLIENT | TOKEN | TOKEN_FILE | REQUEST, CredentialKind.OIDC_TOKEN),
        (CLIENT | TOKEN_FILE | REQUEST, CredentialKind.OIDC_TOKEN_FILE),
        (CLIENT | REQUEST, CredentialKind.OIDC_REQUEST),
        (CLIENT | GITHUB | USE_OIDC, CredentialKind.OIDC_REQUEST),
        # A workflow that may ask for a token has not said that this program is to use it.
        (CLIENT | GITHUB, CredentialKind.DEFAULT),
        (CLIENT | TOKEN | {"ARM_USE_OIDC": "false"}, CredentialKind.DEFAULT),
        ({"ARM_USE_MSI": "true"}, CredentialKind.MANAGED_IDENTITY),
        ({"ARM_USE_MSI": "false"}, CredentialKind.DEFAULT),
        (CLIENT | {"ARM_CLIENT_SECRET": ""}, CredentialKind.DEFAULT),
    ],
)
def test_the_environment_decides_whose_token_is_sent(environment: dict[str, str], kind: CredentialKind) -> None:
    assert choose_credential(environment) is kind


@pytest.mark.parametrize(
    ("environment", "present", "missing"),
    [
        (SECRET, "ARM_CLIENT_SECRET", "ARM_CLIENT_ID"),
        (SECRET | {"ARM_CLIENT_ID": "c"}, "ARM_CLIENT_SECRET", "ARM_TENANT_ID"),
        (CERTIFICATE | {"ARM_TENANT_ID": "t"}, "ARM_CLIENT_CERTIFICATE_PATH", "ARM_CLIENT_ID"),
        (CLIENT | {"ARM_OIDC_REQUEST_URL": "https://u"}, "ARM_OIDC_REQUEST_URL", "ARM_OIDC_REQUEST_TOKEN"),
        (CLIENT | USE_OIDC, "ARM_USE_OIDC", "ARM_OIDC_TOKEN"),
    ],
)
def test_half_a_setting_is_named_with_what_is_missing(environment: dict[str, str], present: str, missing: str) -> None:
    with pytest.raises(CredentialIncomplete, match=f"^{present} is set but {missing}"):
        choose_credential(environment)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, DefaultAzureCredential),
        (CLIENT | SECRET, ClientSecretCredential),
        (CLIENT | TOKEN, ClientAssertionCredential),
        ({"ARM_USE_MSI": "1"}, ManagedIdentityCredential),
    ],
)
def test_the_credential_is_azure_identitys_own(environment: dict[str, str], expected: type) -> None:
    async def run() -> type:
        async with create_credential(environment=environment) as credential:
            return type(credential)

    assert asyncio.run(run()) is expected


def test_a_certificate_is_read_from_where_the_environment_says(tmp_path: Any) -> None:
    environment = CLIENT | {"ARM_CLIENT_CERTIFICATE_PATH": str(tmp_path / "none.pem")}

    with pytest.raises(FileNotFoundError, match=r"none\.pem"):
        create_credential(environment=environment)
    assert CertificateCredential.__module__.startswith("azure.identity")


def test_another_clouds_authority_is_handed_on_to_azure_identity_which_takes_https_only() -> None:
    cloud = Cloud(authority="http://authority.example")

    with pytest.raises(ValueError, match=r"http://authority\.example"):
        create_credential(cloud=cloud, environment=CLIENT | SECRET)


def test_a_pipelines_assertion_is_asked_for_with_the_audience_of_the_exchange(instance: Any, scripted: Any) -> None:
    instance.script = [scripted(200, {"value": "assertion"})]

    assert request_assertion(f"{instance.endpoint}/token?api=1", "request-token") == "assertion"
    (call,) = instance.received
    assert call.path == "/token?api=1&audience=api%3A%2F%2FAzureADTokenExchange"
    assert call.headers["Authorization"] == "Bearer request-token"


@pytest.mark.parametrize(("status", "document"), [(403, {}), (200, {}), (200, "no")])
def test_a_pipeline_that_gives_no_assertion_is_an_error_without_the_token(
    instance: Any, scripted: Any, status: int, document: Any
) -> None:
    instance.script = [scripted(status, document)]

    with pytest.raises(SignInFailed, match="no OIDC token") as caught:
        request_assertion(instance.endpoint, "request-token")
    assert "request-token" not in str(caught.value)


def test_the_request_token_is_sent_over_https_only() -> None:
    with pytest.raises(EndpointRefused, match="https"):
        request_assertion("http://pipeline.example/token", "request-token")


@pytest.mark.parametrize(
    "environment", [{}, CLIENT | SECRET, {"AZURE_CLIENT_ID": "other"}, {"SSL_CERT_FILE": "/ca.pem"}]
)
def test_the_gateway_is_its_own_identity_whatever_else_the_environment_offers(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(
        "twin_rbac.clients.credential.ManagedIdentityCredential", lambda **options: asked.append(options)
    )
    create_managed_identity("gateway-client-id", environment=environment)

    trust = {"connection_verify": "/ca.pem"} if "SSL_CERT_FILE" in environment else {}
    assert asked == [{"client_id": "gateway-client-id", **trust}]
