"""The official clients, unmodified, against the gateway, which asks an Azure with the clients it has in Azure."""

import asyncio
import json
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import requests
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.digitaltwins.core import DigitalTwinsClient
from azure.digitaltwins.core._generated.models import QueryTwinsOptions
from azure.digitaltwins.core.aio import DigitalTwinsClient as AsyncDigitalTwinsClient

from tests.twin_rbac.gateway.served import IDENTITY_CLIENT, SECRET, Azure, Servers
from tests.twin_rbac.gateway.world import EARTH, ENVIRONMENT, FIRE, STRANGER, twin
from twin_rbac.gateway.app import Gateway
from twin_rbac.gateway.settings import Settings
from twin_rbac.gateway.upstream import Upstream

EARTHS = [f"e{number:03}" for number in range(25)]
GRAPH = [
    *(twin(twin_id, {"role": "Earth"}) for twin_id in EARTHS),
    *(twin(f"f{number:03}", {"role": "Fire"}) for number in range(25)),
    twin("a/b?c#d", {"role": "Fire"}),
    twin("nobody's"),
]
ALL = "SELECT * FROM DIGITALTWINS"


@dataclass(frozen=True)
class Token:
    """A credential with one token, for both kinds of client."""

    text: str

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken(self.text, int(time.time()) + 3600)


@dataclass(frozen=True)
class AsyncToken:
    text: str

    async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken(self.text, int(time.time()) + 3600)

    async def close(self) -> None:
        pass

    async def __aenter__(self) -> "AsyncToken":
        return self

    async def __aexit__(self, *_error: object) -> None:
        pass


@dataclass(frozen=True)
class Served:
    """The gateway, the Azure behind it, and where they are."""

    endpoint: str
    azure: Azure
    ca_file: str

    @contextmanager
    def client(self, object_id: str, **claims: Any) -> Iterator[DigitalTwinsClient]:
        token = Token(self.azure.token(object_id, **claims))
        client = DigitalTwinsClient(self.endpoint, token, connection_verify=self.ca_file, retry_total=0)
        yield client
        client._client.close()


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    servers, azure = Servers(tmp_path / "tls"), Azure(GRAPH)
    azure.address = servers.serve(azure)
    ca_file = str(servers.certificates.bundle)
    for name, value in {
        "SSL_CERT_FILE": ca_file,
        "IDENTITY_ENDPOINT": f"{azure.address}/msi/token",
        "IDENTITY_HEADER": SECRET,
        "NO_PROXY": "localhost",
    }.items():
        monkeypatch.setenv(name, value)
    cloud = {"authority": azure.address, "resourceManager": azure.address}
    changes = {"TWIN_RBAC_ENDPOINT": azure.address, "TWIN_RBAC_CLOUD": json.dumps(cloud)}
    settings = Settings.from_environment({**ENVIRONMENT, **changes})
    upstream = Upstream(settings)
    azure.resource_manager.assign(EARTH, "Earth")
    azure.resource_manager.assign(FIRE, "Fire")
    yield Served(servers.serve(Gateway(settings, upstream)), azure, ca_file)
    servers.run(upstream.close())
    servers.stop()
    azure.close()


def test_the_synchronous_client_queries_and_reads_twins(served: Served) -> None:
    with served.client(EARTH) as client:
        assert sorted(row["$dtId"] for row in client.query_twins(ALL)) == EARTHS
        assert list(client.query_twins("SELECT COUNT() FROM DIGITALTWINS")) == [{"COUNT": 25}]
        assert client.get_digital_twin("e003") == GRAPH[3]


def test_the_synchronous_client_follows_pages(served: Served) -> None:
    with served.client(EARTH) as client:
        pages = client.query_twins(ALL, query_twins_options=QueryTwinsOptions(max_items_per_page=10)).by_page()
        found = [[row["$dtId"] for row in page] for page in pages]

    assert [len(page) for page in found] == [10, 10, 5]
    assert sorted(twin_id for page in found for twin_id in page) == EARTHS
    assert served.azure.instance_paths == ["/query"] * 3


def test_the_asynchronous_client_queries_pages_and_reads_twins(served: Served) -> None:
    async def use() -> tuple[list[Any], Any]:
        token = AsyncToken(served.azure.token(EARTH))
        async with AsyncDigitalTwinsClient(served.endpoint, token, connection_verify=served.ca_file) as client:
            options = QueryTwinsOptions(max_items_per_page=10)
            rows: list[Any] = [row["$dtId"] async for row in client.query_twins(ALL, query_twins_options=options)]
            return rows, await client.get_digital_twin("e003")

    rows, found = asyncio.run(use())

    assert (sorted(rows), found) == (EARTHS, GRAPH[3])


def test_hidden_and_missing_twins_are_the_same_error_to_a_client(served: Served) -> None:
    messages = []
    with served.client(EARTH) as client:
        for twin_id in ("f003", "missing", "nobody's", "a/b?c#d"):
            with pytest.raises(ResourceNotFoundError) as caught:
                client.get_digital_twin(twin_id)
            messages.append(caught.value.message)

    assert len(set(messages)) == 1
    assert "(DigitalTwinNotFound)" in messages[0]
    assert len(served.azure.instance_paths) == 4


def test_an_id_with_slashes_reaches_the_instance_as_one_segment(served: Served) -> None:
    with served.client(FIRE) as client:
        assert client.get_digital_twin("a/b?c#d")["$dtId"] == "a/b?c#d"
    assert served.azure.instance_paths == ["/digitaltwins/a%2Fb%3Fc%23d"]


def test_errors_are_those_that_the_client_knows(served: Served) -> None:
    with served.client(EARTH) as client:
        with pytest.raises(HttpResponseError, match="SqlQueryError"):
            list(client.query_twins("SELECT"))
        with pytest.raises(HttpResponseError, match="QueryNotSupported"):
            list(client.query_twins("SELECT * FROM RELATIONSHIPS"))
        with pytest.raises(HttpResponseError, match="Forbidden") as caught:
            client.upsert_digital_twin("e003", {"$metadata": {"$model": "m"}})
        assert caught.value.status_code == 403
        with pytest.raises(ResourceNotFoundError, match="NotSupported"):
            list(client.list_relationships("e003"))
    with served.client(EARTH, aud="https://digitaltwins.azure.net") as client, pytest.raises(ClientAuthenticationError):
        client.get_digital_twin("e003")


def test_a_caller_without_a_role_sees_an_empty_graph(served: Served) -> None:
    with served.client(STRANGER) as client:
        assert list(client.query_twins(ALL)) == []
        with pytest.raises(ResourceNotFoundError):
            client.get_digital_twin("e003")
    assert served.azure.instance_paths == []


def test_the_gateway_signs_in_as_its_own_identity_and_no_other(served: Served) -> None:
    with served.client(EARTH) as client:
        client.get_digital_twin("e003")

    assert sorted((asked["resource"], asked["client_id"]) for asked in served.azure.tokens_asked) == [
        ("https://digitaltwins.azure.net", IDENTITY_CLIENT),
        ("https://management.azure.com", IDENTITY_CLIENT),
    ]


def test_assignments_on_later_pages_count(served: Served) -> None:
    with served.client(FIRE) as client:
        assert len(list(client.query_twins(ALL))) == 26


def test_a_resource_manager_that_refuses_is_a_503_with_a_pause(served: Served) -> None:
    served.azure.resource_manager.is_down = True
    headers = {"Authorization": f"Bearer {served.azure.token(EARTH)}"}
    reply = requests.post(
        f"{served.endpoint}/query?api-version=2023-10-31",
        json={"query": ALL},
        headers=headers,
        verify=served.ca_file,
        timeout=30,
    )

    assert (reply.status_code, reply.headers["Retry-After"]) == (503, "5")
    assert served.azure.instance_paths == []


def test_a_hundred_first_calls_at_once_open_each_client_once(served: Served) -> None:
    async def call(session: aiohttp.ClientSession, token: str) -> int:
        async with session.post(
            f"{served.endpoint}/query?api-version=2023-10-31",
            json={"query": ALL},
            headers={"Authorization": f"Bearer {token}"},
        ) as reply:
            return len((await reply.json())["value"])

    async def at_once() -> list[int]:
        context = ssl.create_default_context(cafile=served.ca_file)
        tokens = [served.azure.token(object_id) for object_id in [EARTH, FIRE, STRANGER] * 8]
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context, limit=100)) as session:
            return list(await asyncio.gather(*(call(session, token) for token in tokens)))

    assert asyncio.run(at_once()) == [25, 26, 0] * 8
    # Two pages of one listing.
    assert served.azure.resource_manager.asked == 2
    assert len(served.azure.tokens_asked) == 2
