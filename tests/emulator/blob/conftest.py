"""A storage account with a container, and the official client."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.storage.blob import BlobServiceClient, ContainerClient

from tests.emulator.app_service.local_site import ACCOUNT, BLOB_OWNER, LocalSite

DEPLOYER = "77b20000-0000-4000-8000-000000000001"


class GivenToken:
    """A credential that has its token already."""

    def __init__(self, token: str) -> None:
        self._token = token

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken(self._token, 4_000_000_000)


class Storage:
    """The account, whose blobs the deployer owns."""

    def __init__(self, emulator: Any, opened: ExitStack) -> None:
        self.emulator = emulator
        self.local = LocalSite(emulator)
        self.local.make_storage()
        self.local.grant(DEPLOYER, BLOB_OWNER, ACCOUNT)
        self.endpoint = self.local.endpoint
        self._opened = opened

    def token(self, name: str = "deployer", audience: str = "https://storage.azure.com") -> str:
        return str(self.emulator.token(name, audience))

    def container(self, name: str = "deployer", container: str = "packages", token: str = "") -> ContainerClient:
        client = BlobServiceClient(
            self.endpoint,
            GivenToken(token or self.token(name)),
            connection_verify=self.emulator.ca_file,
            retry_total=0,
        )
        return self._opened.enter_context(client).get_container_client(container)


@pytest.fixture
def storage(emulator: Any) -> Iterator[Storage]:
    with ExitStack() as opened:
        yield Storage(emulator, opened)
