"""A gateway in the test's own process, and everything that it asks: an Entra ID that signs with a key of the test, role
assignments in a dictionary, and the emulator's data plane, which is called without a socket.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import unquote

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from emulator.clock import Clock
from emulator.counters import Counters
from emulator.digital_twins.instance import TWINS
from emulator.digital_twins.instance import Instance as EmulatedInstance
from emulator.digital_twins.routes import create_app
from emulator.faults import Faults
from emulator.storage import Storage
from twin_rbac.clients.calls import Answer, Call, refusal
from twin_rbac.clients.errors import InvalidRequest, TwinNotFound
from twin_rbac.clients.instance import API_VERSION, Page
from twin_rbac.gateway.app import Clocks, Gateway
from twin_rbac.gateway.limits import Concurrency
from twin_rbac.gateway.settings import Settings

AUTHORITY = "https://entra.example"
TENANT = "11111111-1111-1111-1111-111111111111"
CLIENT = "22222222-2222-2222-2222-222222222222"
AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
INSTANCE = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg"
    "/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt"
)
DEFINITIONS = "/subscriptions/00000000-0000-0000-0000-000000000001/providers/Microsoft.Authorization/roleDefinitions"
MARKER_ROLES = {
    "Earth": f"{DEFINITIONS}/e0000000-0000-0000-0000-000000000000",
    "Fire": f"{DEFINITIONS}/f0000000-0000-0000-0000-000000000000",
    "Wind": f"{DEFINITIONS}/d0000000-0000-0000-0000-000000000000",
}
ISSUER = f"{AUTHORITY}/{TENANT}/v2.0"
ENVIRONMENT = {
    "TWIN_RBAC_ENDPOINT": "https://adt.api.weu.digitaltwins.azure.net",
    "TWIN_RBAC_INSTANCE_ID": INSTANCE,
    "TWIN_RBAC_MARKER_ROLES": json.dumps(MARKER_ROLES),
    "TWIN_RBAC_PROPERTY": "tags",
    "TWIN_RBAC_KEY": "role",
    "TWIN_RBAC_ENCODING": "value",
    "TWIN_RBAC_TENANT_ID": TENANT,
    "TWIN_RBAC_CLIENT_ID": CLIENT,
    "TWIN_RBAC_CLOUD": json.dumps({"authority": AUTHORITY}),
    "AZURE_CLIENT_ID": "33333333-3333-3333-3333-333333333333",
}
# Object ids of the callers.
EARTH = "e1111111-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
FIRE = "f1111111-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
WIND = "d1111111-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
STRANGER = "a1111111-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
NOON = 1_750_000_000.0


@cache
def signing_key(name: str) -> rsa.RSAPrivateKey:
    """A key pair for each name, made once: they take time."""
    assert name
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def jwk_of(name: str, **changes: Any) -> dict[str, Any]:
    public = json.loads(RSAAlgorithm.to_jwk(signing_key(name).public_key()))
    entry = {"kty": "RSA", "use": "sig", "kid": name, "n": public["n"], "e": public["e"], **changes}
    return {key: value for key, value in entry.items() if value is not None}


class TestClock:
    """Both clocks of the gateway; they move when a test says so."""

    __test__ = False

    def __init__(self) -> None:
        self.seconds = 0.0

    @property
    def clocks(self) -> Clocks:
        return Clocks(now=lambda: NOON + self.seconds, monotonic=lambda: self.seconds)

    def advance(self, seconds: float) -> None:
        self.seconds += seconds


class FakeEntra:
    """A tenant with one signing key; counts what it is asked."""

    def __init__(self, clock: TestClock) -> None:
        self._clock = clock
        self.keys = [jwk_of("current")]
        self.configuration: Any = {"issuer": ISSUER, "jwks_uri": f"{AUTHORITY}/{TENANT}/discovery/v2.0/keys"}
        self.asked: list[str] = []
        self.is_down = False

    async def fetch(self, address: str) -> Any:
        self.asked.append(address)
        await asyncio.sleep(0)
        if self.is_down:
            raise TimeoutError
        if address == f"{ISSUER}/.well-known/openid-configuration":
            return self.configuration
        assert address == f"{AUTHORITY}/{TENANT}/discovery/v2.0/keys", address
        return {"keys": self.keys}

    @property
    def fetches(self) -> int:
        """How often keys were asked for."""
        return sum(address.endswith("openid-configuration") for address in self.asked)

    def claims(self, object_id: str, **changes: Any) -> dict[str, Any]:
        """Those of a user's token; None leaves one out."""
        now = int(NOON + self._clock.seconds)
        claims = {
            "aud": CLIENT,
            "iss": ISSUER,
            "iat": now,
            "nbf": now,
            "exp": now + 3600,
            "azp": AZURE_CLI,
            "azpacr": "0",
            "oid": object_id,
            "sub": f"pairwise-{object_id}",
            "tid": TENANT,
            "scp": "user_impersonation",
            "ver": "2.0",
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, object_id: str, *, headers: Mapping[str, Any] | None = None, **changes: Any) -> str:
        return self.sign(self.claims(object_id, **changes), headers=headers)

    def app_token(self, object_id: str, **changes: Any) -> str:
        """The token of an application that calls for itself."""
        kept = {"sub": object_id, "scp": None, "idtyp": "app", "roles": ["Twins.Read"], "azpacr": "2", **changes}
        return self.token(object_id, **kept)

    @staticmethod
    def sign(claims: Mapping[str, Any], *, key: str = "current", headers: Mapping[str, Any] | None = None) -> str:
        return jwt.encode(dict(claims), signing_key(key), "RS256", headers={"kid": key, **(headers or {})})


class FakeResourceManager:
    """Role assignments at and above the instance; counts what it is asked."""

    def __init__(self) -> None:
        self.assignments: list[dict[str, Any]] = []
        self.asked = 0
        self.is_down = False
        self.hold: Callable[[], Awaitable[None]] | None = None

    async def list_assignments(self) -> Iterable[Mapping[str, Any]]:
        self.asked += 1
        found = list(self.assignments)
        await asyncio.sleep(0)
        if self.hold is not None:
            await self.hold()
        if self.is_down:
            raise TimeoutError
        return found

    def assign(self, principal_id: str, *roles: str, **properties: Any) -> None:
        for role in roles:
            self.assignments.append(
                {
                    "id": f"{INSTANCE}/providers/Microsoft.Authorization/roleAssignments/{len(self.assignments)}",
                    "properties": {
                        "principalId": principal_id,
                        "principalType": "User",
                        "roleDefinitionId": MARKER_ROLES.get(role, role),
                        "scope": INSTANCE,
                        **properties,
                    },
                }
            )

    def remove(self, principal_id: str) -> None:
        self.assignments = [each for each in self.assignments if each["properties"]["principalId"] != principal_id]


@dataclass(frozen=True)
class Asked:
    """A call that reached the instance."""

    method: str
    path: str
    body: Any
    headers: Mapping[str, str]


class InProcessInstance:
    """The emulator's data plane as the client of an instance; remembers every call."""

    def __init__(self, twins: Iterable[Mapping[str, Any]]) -> None:
        self._storage = Storage()
        instance = EmulatedInstance(
            key="test",
            storage=self._storage,
            clock=Clock(),
            faults=Faults(),
            counters=Counters(self._storage),
            authorizer=_Everybody(),
        )
        for twin in twins:
            self._storage.put(instance.kind(TWINS), twin["$dtId"], twin)
        self._app = create_app(instance)
        self.asked: list[Asked] = []
        self.failures: list[Exception] = []
        """What the next calls fail with, after they were carried out."""
        self.pages: list[Page] = []
        """What the next queries answer, whatever they ask."""

    def close(self) -> None:
        self._storage.close()

    async def query_page(
        self,
        text: str | None = None,
        *,
        continuation_token: str | None = None,
        page_size: int | None = None,
        api_version: str = API_VERSION,
    ) -> Page:
        given = {"query": text, "continuationToken": continuation_token}
        body = {name: value for name, value in given.items() if value is not None}
        headers = {} if page_size is None else {"max-items-per-page": str(page_size)}
        document = await self._ask("POST", "/query", api_version, body, headers)
        if self.pages:
            return self.pages.pop(0)
        return Page(document["value"], document["continuationToken"])

    async def get_twin(self, twin_id: str, *, api_version: str = API_VERSION) -> Mapping[str, Any]:
        encoded = "".join(f"%{byte:02X}" for byte in twin_id.encode())
        try:
            return dict(await self._ask("GET", f"/digitaltwins/{encoded}", api_version))
        except InvalidRequest as error:
            if error.code == "DigitalTwinNotFound":
                raise TwinNotFound(twin_id) from error
            raise

    async def _ask(
        self,
        method: str,
        path: str,
        api_version: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        self.asked.append(Asked(method, path, body, headers or {}))
        reply = await call_asgi(
            self._app,
            method,
            path,
            parameters=f"api-version={api_version}",
            body=json.dumps(body).encode(),
            headers=headers or {},
        )
        if self.failures:
            raise self.failures.pop(0)
        if reply.status >= 400:
            call = Call(method=method, path=path, what=method, action="action")
            raise refusal(call, Answer(reply.status, reply.headers, reply.json), "instance")
        return reply.json


class _Everybody:
    def authorize(self, authorization: str | None, data_action: str) -> None:
        """Lets every call through: the gateway's identity is not what is tested here."""


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return str(self.json["error"]["code"])

    @property
    def ids(self) -> list[str]:
        return sorted(row["$dtId"] for row in self.json["value"])


async def call_asgi(
    app: Any,
    method: str,
    path: str,
    *,
    parameters: str = "",
    body: bytes = b"",
    headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
    is_decoded: bool = False,
) -> Reply:
    """One call of an ASGI application; `is_decoded` gives it the path as the Functions adapter does."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    decoded = unquote(path)
    scope = {
        "type": "http",
        "method": method,
        "scheme": "https",
        "path": decoded,
        "raw_path": decoded.encode() if is_decoded else path.encode(),
        "root_path": "",
        "query_string": parameters.encode(),
        "headers": [(b"host", b"gateway.example"), *((name.lower().encode(), value.encode()) for name, value in pairs)],
    }
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    received = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Reply(sent[0]["status"], received, b"".join(message["body"] for message in sent[1:]))


@dataclass
class World:
    """The gateway and all around it."""

    twins: Iterable[Mapping[str, Any]]
    environment: Mapping[str, str] = field(default_factory=lambda: ENVIRONMENT)
    concurrency: Concurrency = field(default_factory=Concurrency)

    def __post_init__(self) -> None:
        self.clock = TestClock()
        self.entra = FakeEntra(self.clock)
        self.resource_manager = FakeResourceManager()
        self.instance = InProcessInstance(self.twins)
        self.gateway = self.make_gateway()
        for object_id, roles in ((EARTH, ["Earth"]), (FIRE, ["Fire"]), (WIND, ["Earth", "Fire", "Wind"])):
            self.resource_manager.assign(object_id, *roles)

    def make_gateway(self) -> Gateway:
        return Gateway(
            Settings.from_environment(self.environment),
            self,
            clocks=self.clock.clocks,
            concurrency=self.concurrency,
            package="sha256:0",
        )

    async def open_instance(self) -> InProcessInstance:
        return self.instance

    async def list_assignments(self) -> Iterable[Mapping[str, Any]]:
        return await self.resource_manager.list_assignments()

    async def fetch_document(self, address: str) -> Any:
        return await self.entra.fetch(address)

    async def close(self) -> None:
        self.instance.close()

    async def call_async(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        api_version: str | None = "2023-10-31",
        is_decoded: bool = False,
    ) -> Reply:
        pairs = list(headers.items() if isinstance(headers, Mapping) else headers)
        if token is not None:
            pairs.append(("Authorization", f"Bearer {token}"))
        parameters = "" if api_version is None else f"api-version={api_version}"
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return await call_asgi(
            self.gateway, method, path, parameters=parameters, body=content, headers=pairs, is_decoded=is_decoded
        )

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> Reply:
        return asyncio.run(self.call_async(method, path, body, **options))

    def query(self, object_id: str, text: str | None = None, **options: Any) -> Reply:
        """What the caller gets for a query; `continuation` asks for its next page."""
        given = {"query": text, "continuationToken": options.pop("continuation", None)}
        body = {name: value for name, value in given.items() if value is not None}
        return self.call("POST", "/query", body, token=self.entra.token(object_id), **options)

    def get(self, object_id: str, path: str, **options: Any) -> Reply:
        return self.call("GET", path, token=self.entra.token(object_id), **options)


def twin(twin_id: str, tags: Any = None, **properties: Any) -> dict[str, Any]:
    """A twin's document, with whatever tags."""
    document = {"$dtId": twin_id, "$etag": 'W/"1"', "$metadata": {"$model": "dtmi:ex:Room;1"}, "a": "a"}
    return {**document, **properties, **({} if tags is None else {"tags": tags})}


GRAPH = [
    *(twin(twin_id, {"role": "Earth"}) for twin_id in ("1", "2", "A")),
    *(twin(twin_id, {"role": "Fire"}) for twin_id in ("3", "B")),
    twin("X"),
    twin("Y", {"red": True}),
    twin("Z", {"role": True}),
    twin("W", {"role": "earth"}),
    twin("V", role="Earth", **{"tags.role": "Earth", "T": {"tags": {"role": "Earth"}}}),
]
"""Earth sees 1, 2 and A, Fire 3 and B; nobody sees the others, which only look as if."""
