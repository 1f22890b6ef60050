"""Through the real clients, unmodified, and call by call where they do not show what the protocol says."""

import asyncio
import ssl
import subprocess
import sys
from typing import Any

import aiohttp
import jwt
import pytest
import requests
from azure.core.credentials import AccessToken
from azure.identity import CredentialUnavailableError, DefaultAzureCredential, ManagedIdentityCredential

TENANT = "8f14e45f-ceea-467f-a9d2-4b5b1e0c7a01"
SCOPE = "https://digitaltwins.azure.net/.default"
OBJECT_IDS = {
    "deployer": "77b20000-0000-4000-8000-000000000001",
    "earth": "0f3c0000-0000-4000-8000-000000000011",
}


@pytest.fixture
def become(emulator: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets what `tools/pulumi-local` sets for a principal."""

    def set_environment(name: str) -> None:
        for variable, value in emulator.environment(name).items():
            monkeypatch.setenv(variable, value)

    return set_environment


def claims_of(emulator: Any, token: AccessToken) -> dict[str, Any]:
    """What a token says, checked as a service would: by the issuer's own documents."""
    configuration = get(emulator, f"/{TENANT}/v2.0/.well-known/openid-configuration").json()
    keys = requests.get(configuration["jwks_uri"], verify=emulator.ca_file, timeout=10).json()["keys"]
    key = next(key for key in keys if key["kid"] == jwt.get_unverified_header(token.token)["kid"])
    return dict(
        jwt.decode(
            token.token,
            jwt.PyJWK(key),
            configuration["id_token_signing_alg_values_supported"],
            audience="https://digitaltwins.azure.net",
            issuer=configuration["issuer"],
            leeway=31_536_000,  # other tests may have moved the emulator's clock forward
        )
    )


def get(emulator: Any, path: str, *, secret: str | None = None, **parameters: str) -> requests.Response:
    headers = {} if secret is None else {"X-IDENTITY-HEADER": secret}
    return requests.get(
        f"{emulator.entra}{path}", params=parameters, headers=headers, verify=emulator.ca_file, timeout=10
    )


@pytest.mark.parametrize("credential_class", [ManagedIdentityCredential, DefaultAzureCredential])
@pytest.mark.parametrize("name", OBJECT_IDS)
def test_the_credentials_of_azure_identity_are_the_principal_that_the_environment_names(
    credential_class: Any, name: str, become: Any, emulator: Any
) -> None:
    become(name)

    with credential_class() as credential:
        token = credential.get_token(SCOPE)

    claims = claims_of(emulator, token)
    assert claims["oid"] == OBJECT_IDS[name]
    assert abs(claims["exp"] - token.expires_on) <= 1


# aiohttp reads SSL_CERT_FILE when it is imported, so this needs a process that starts with it.
ASYNCHRONOUS = """
import asyncio, sys
from azure.identity import aio

async def main():
    async with getattr(aio, sys.argv[1])() as credential:
        print(*await credential.get_token(sys.argv[2]))

asyncio.run(main())
"""


@pytest.mark.parametrize("credential_class", ["ManagedIdentityCredential", "DefaultAzureCredential"])
def test_so_are_the_asynchronous_ones(credential_class: str, become: Any, emulator: Any) -> None:
    become("deployer")

    said = subprocess.run(
        [sys.executable, "-c", ASYNCHRONOUS, credential_class, SCOPE], capture_output=True, text=True, check=True
    )

    token, expires_on = said.stdout.split()
    assert claims_of(emulator, AccessToken(token, int(expires_on)))["oid"] == OBJECT_IDS["deployer"]


def test_azure_identity_reports_a_secret_that_is_nobodys(become: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    become("deployer")
    monkeypatch.setenv("IDENTITY_HEADER", "wrong")

    with ManagedIdentityCredential() as credential, pytest.raises(CredentialUnavailableError, match="401"):
        credential.get_token(SCOPE)


def test_the_answer_is_that_of_app_service(emulator: Any) -> None:
    secret = emulator.environment("deployer")["IDENTITY_HEADER"]

    answer = get(
        emulator,
        "/msi/token",
        secret=secret,
        **{"api-version": "2019-08-01", "resource": "https://management.azure.com/"},
    ).json()

    claims = jwt.decode(answer.pop("access_token"), options={"verify_signature": False})
    assert claims["aud"] == "https://management.azure.com/"
    assert answer == {
        "expires_on": str(claims["exp"]),
        "resource": "https://management.azure.com/",
        "token_type": "Bearer",
        "client_id": "77b2a000-0000-4000-8000-000000000001",
    }


def test_a_scope_is_taken_for_its_resource(emulator: Any) -> None:
    secret = emulator.environment("deployer")["IDENTITY_HEADER"]

    answer = get(emulator, "/msi/token", secret=secret, **{"api-version": "2019-08-01", "resource": SCOPE}).json()

    assert answer["resource"] == "https://digitaltwins.azure.net"


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ({"resource": "r"}, "api-version must be 2019-08-01"),
        ({"resource": "r", "api-version": "2017-09-01"}, "api-version must be 2019-08-01"),
        ({"api-version": "2019-08-01"}, "resource is missing"),
        ({"api-version": "2019-08-01", "resource": "r", "client_id": "other"}, "No User Assigned"),
    ],
)
def test_a_request_that_lacks_something_is_told_what(parameters: dict[str, str], problem: str, emulator: Any) -> None:
    secret = emulator.environment("deployer")["IDENTITY_HEADER"]

    answer = get(emulator, "/msi/token", secret=secret, **parameters)

    assert answer.status_code == 400
    assert answer.json()["statusCode"] == 400
    assert problem in answer.json()["message"]


@pytest.mark.parametrize("parameter", ["client_id", "principal_id"])
def test_an_identity_may_be_asked_for_by_its_own_id(parameter: str, emulator: Any) -> None:
    own = {"client_id": "77B2A000-0000-4000-8000-000000000001", "principal_id": OBJECT_IDS["deployer"]}[parameter]
    secret = emulator.environment("deployer")["IDENTITY_HEADER"]

    answer = get(
        emulator, "/msi/token", secret=secret, **{"api-version": "2019-08-01", "resource": "r", parameter: own}
    )

    assert answer.status_code == 200


@pytest.mark.parametrize("secret", [None, "", "wrong", "é"])
def test_without_a_known_secret_there_is_no_token(secret: str | None, emulator: Any) -> None:
    async def ask() -> tuple[int, Any]:
        headers = {} if secret is None else {"X-IDENTITY-HEADER": secret}
        url = f"{emulator.entra}/msi/token?api-version=2019-08-01&resource=r"
        trust = ssl.create_default_context(cafile=emulator.ca_file)
        async with aiohttp.ClientSession() as session, session.get(url, headers=headers, ssl=trust) as answer:
            return answer.status, await answer.json()

    status, body = asyncio.run(ask())

    assert status == 401
    assert body["statusCode"] == 401


@pytest.mark.parametrize(
    "path", ["/{}/v2.0/.well-known/openid-configuration", "/{}/discovery/v2.0/keys"], ids=["configuration", "keys"]
)
def test_another_tenant_is_not_found(path: str, emulator: Any) -> None:
    answer = get(emulator, path.format("11111111-2222-4333-8444-555555555555"))

    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_tenant"
    assert get(emulator, path.format(TENANT)).status_code == 200
