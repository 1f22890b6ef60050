"""The one place that decides whose token is sent, so that one `pulumi up` is one identity."""

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from azure.core.credentials_async import AsyncTokenCredential
from azure.identity.aio import (
    CertificateCredential,
    ClientAssertionCredential,
    ClientSecretCredential,
    DefaultAzureCredential,
    ManagedIdentityCredential,
)

from twin_rbac.clients.cloud import PUBLIC_CLOUD, Cloud
from twin_rbac.clients.errors import CredentialIncomplete
from twin_rbac.clients.oidc import request_assertion

_REQUEST = ("ARM_OIDC_REQUEST_URL", "ARM_OIDC_REQUEST_TOKEN")
_GITHUB_REQUEST = ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")
_TRUE = frozenset({"true", "1"})


class CredentialKind(StrEnum):
    """How the caller proves who it is."""

    CERTIFICATE = "client certificate"
    SECRET = "client secret"  # noqa: S105  # the name of a kind
    OIDC_TOKEN = "OIDC token"  # noqa: S105  # the name of a kind
    OIDC_TOKEN_FILE = "OIDC token file"  # noqa: S105  # the name of a kind
    OIDC_REQUEST = "OIDC token request"
    MANAGED_IDENTITY = "managed identity"
    DEFAULT = "default"


def choose_credential(environment: Mapping[str, str]) -> CredentialKind:
    """The kind that azure-native would take from the same ARM_* settings, in its order; DEFAULT without any.

    An OIDC setting counts unless ARM_USE_OIDC says otherwise. GitHub's own variables are there whenever a workflow
    may ask for a token, so they count only where ARM_USE_OIDC says so.

    Raises:
        CredentialIncomplete: a setting is there without those that belong to it.
    """
    kind, sign = _first_sign(environment)
    needed = {
        CredentialKind.DEFAULT: (),
        CredentialKind.MANAGED_IDENTITY: (),
    }.get(kind, ("ARM_CLIENT_ID", "ARM_TENANT_ID"))
    for name in needed:
        if not environment.get(name):
            raise CredentialIncomplete(sign, name)
    return kind


def create_credential(
    *,
    cloud: Cloud = PUBLIC_CLOUD,
    environment: Mapping[str, str] | None = None,
) -> AsyncTokenCredential:
    """The credential of the environment: from the ARM_* settings, else azure-identity's default chain.

    Use it as an asynchronous context manager, or close it.

    Raises:
        CredentialIncomplete: as `choose_credential`.
    """
    settings = os.environ if environment is None else environment
    kind = choose_credential(settings)
    # Without an address of ours azure-identity's own AZURE_AUTHORITY_HOST stays in force.
    options: dict[str, Any] = {} if cloud.authority == PUBLIC_CLOUD.authority else {"authority": cloud.authority}
    options |= _trust(settings)
    if kind is CredentialKind.DEFAULT:
        return DefaultAzureCredential(**options)
    if kind is CredentialKind.MANAGED_IDENTITY:
        return ManagedIdentityCredential(client_id=settings.get("ARM_CLIENT_ID") or None, **options)
    return _create_application_credential(kind, settings, options)


def create_managed_identity(client_id: str, *, environment: Mapping[str, str] | None = None) -> AsyncTokenCredential:
    """The credential of one user-assigned identity of the app this runs in, and of nobody else.

    There is no other to fall back to: who serves tenants must not turn into whoever happens to be signed in.
    """
    settings = os.environ if environment is None else environment
    return ManagedIdentityCredential(client_id=client_id, **_trust(settings))


def _trust(settings: Mapping[str, str]) -> dict[str, Any]:
    # aiohttp takes its roots when it is imported, which may be before the variable was set.
    return {"connection_verify": settings["SSL_CERT_FILE"]} if settings.get("SSL_CERT_FILE") else {}


def _create_application_credential(
    kind: CredentialKind, settings: Mapping[str, str], options: dict[str, Any]
) -> AsyncTokenCredential:
    tenant_id, client_id = settings["ARM_TENANT_ID"], settings["ARM_CLIENT_ID"]
    match kind:
        case CredentialKind.CERTIFICATE:
            password = settings.get("ARM_CLIENT_CERTIFICATE_PASSWORD") or None
            path = settings["ARM_CLIENT_CERTIFICATE_PATH"]
            return CertificateCredential(tenant_id, client_id, path, password=password, **options)
        case CredentialKind.SECRET:
            return ClientSecretCredential(tenant_id, client_id, settings["ARM_CLIENT_SECRET"], **options)
        case _:
            return ClientAssertionCredential(tenant_id, client_id, lambda: _read_assertion(kind, settings), **options)


def _read_assertion(kind: CredentialKind, settings: Mapping[str, str]) -> str:
    if kind is CredentialKind.OIDC_TOKEN:
        return settings["ARM_OIDC_TOKEN"]
    if kind is CredentialKind.OIDC_TOKEN_FILE:
        # Read at each use: whoever writes it renews it.
        return Path(settings["ARM_OIDC_TOKEN_FILE_PATH"]).read_text(encoding="utf-8").strip()
    url, token = _REQUEST if settings.get(_REQUEST[0]) else _GITHUB_REQUEST
    return request_assertion(settings[url], settings[token])


def _first_sign(environment: Mapping[str, str]) -> tuple[CredentialKind, str]:
    for kind, name in (
        (CredentialKind.CERTIFICATE, "ARM_CLIENT_CERTIFICATE_PATH"),
        (CredentialKind.SECRET, "ARM_CLIENT_SECRET"),
    ):
        if environment.get(name):
            return kind, name
    oidc = environment.get("ARM_USE_OIDC", "").lower()
    if oidc in _TRUE or not oidc:
        sign = _oidc_sign(environment, github=oidc in _TRUE)
        if sign:
            return sign
    if environment.get("ARM_USE_MSI", "").lower() in _TRUE:
        return CredentialKind.MANAGED_IDENTITY, "ARM_USE_MSI"
    return CredentialKind.DEFAULT, ""


def _oidc_sign(environment: Mapping[str, str], *, github: bool) -> tuple[CredentialKind, str] | None:
    if environment.get("ARM_OIDC_TOKEN"):
        return CredentialKind.OIDC_TOKEN, "ARM_OIDC_TOKEN"
    if environment.get("ARM_OIDC_TOKEN_FILE_PATH"):
        return CredentialKind.OIDC_TOKEN_FILE, "ARM_OIDC_TOKEN_FILE_PATH"
    for url, token in (_REQUEST, *([_GITHUB_REQUEST] if github else [])):
        if environment.get(url):
            if not environment.get(token):
                raise CredentialIncomplete(url, token)
            return CredentialKind.OIDC_REQUEST, url
    if github:
        raise CredentialIncomplete("ARM_USE_OIDC", "ARM_OIDC_TOKEN, ARM_OIDC_TOKEN_FILE_PATH or ARM_OIDC_REQUEST_URL")
    return None
