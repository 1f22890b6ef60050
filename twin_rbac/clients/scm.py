"""The publish endpoint of a function app, and what the app says of itself (fact sheet pulumi-azure, section 2.5)."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import aiohttp
from azure.core.credentials_async import AsyncTokenCredential

from twin_rbac.clients.address import create_tls_context, proxy_for, secure_url
from twin_rbac.clients.calls import Call, Patience, parse_body
from twin_rbac.clients.cloud import PUBLIC_CLOUD, Cloud
from twin_rbac.clients.errors import InstanceNotFound, InvalidRequest
from twin_rbac.clients.transport import OnDenied, Transport

PUBLISH = "Microsoft.Web/sites/publish/action"
"""The action that publishing needs; Website Contributor has it."""
NO_PACKAGE = "none"
"""The package of an app that runs code which is no package of ours."""

_UPLOAD = Patience(answer_timeout=600)
_POLL = Patience(answer_timeout=30)
_HEALTH_TIMEOUT = aiohttp.ClientTimeout(total=60, sock_connect=10)
"""An app that nobody called for a while starts first; one in another network does not even connect."""
_REACH_TIMEOUT = aiohttp.ClientTimeout(total=20, sock_connect=10)
_FORBIDDEN_ADDRESS = "x-ms-forbidden-ip"
"""The header of App Service's `403 Ip Forbidden`: it is about the caller's address, and not about its rights."""


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """How far a package is."""

    status: int
    """4 is success; -1, 3, 5 and 6 are failures; anything else is under way."""
    text: str
    """The platform's own words, which say why it failed."""


@dataclass(frozen=True, kw_only=True)
class Health:
    """What `/healthz` of an app answered."""

    status: int | None
    """None when no answer came."""
    package: str | None
    """The hash of the package that it runs; None when it does not tell."""
    reason: str
    """What the answer was, for an error's text."""


class ScmClient:
    """A client of one app's publish endpoint; an asynchronous context manager."""

    def __init__(
        self,
        host: str,
        credential: AsyncTokenCredential,
        *,
        cloud: Cloud = PUBLIC_CLOUD,
        on_denied: OnDenied | None = None,
        ca_file: Path | None = None,
    ) -> None:
        """Prepares the client; nothing is sent yet.

        Raises:
            EndpointRefused: the host is no address that a token may be sent to.
        """
        self._upload, self._poll = (
            Transport(
                host,
                credential,
                audience=cloud.resource_manager_audience,
                on_denied=on_denied,
                ca_file=ca_file,
                patience=patience,
            )
            for patience in (_UPLOAD, _POLL)
        )

    async def __aenter__(self) -> Self:
        """Opens the sessions."""
        async with AsyncExitStack() as opened:
            for transport in (self._upload, self._poll):
                await opened.enter_async_context(transport)
            self._opened = opened.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes them."""
        await self._opened.aclose()

    async def publish(self, package: bytes) -> str | None:
        """Hands in the zip, and returns the deployment's id; None where there is none to ask about.

        It is repeated when the connection drops: the last package is the one that counts.

        Raises:
            AccessDenied: the caller may not publish.
            InvalidRequest: it is refused; with 409 while another deployment runs.
            AzureError: no usable answer came.
        """
        call = Call(
            method="POST",
            path="/api/publish?RemoteBuild=false",
            what="publishing the package",
            action=PUBLISH,
            body=package,
            headers={"Content-Type": "application/zip"},
        )
        answer = await self._upload.send(call)
        return answer.document if answer.status == 202 and isinstance(answer.document, str) else None

    async def get_deployment(self, deployment_id: str) -> Deployment | None:
        """How far it is; None for 404: it does not show yet, or the worker that knew of it was recycled.

        Raises:
            AzureError: no usable answer came.
        """
        call = Call(
            method="GET",
            path=f"/api/deployments/{quote(deployment_id, safe='')}",
            what=f"read of deployment {deployment_id}",
            action=PUBLISH,
        )
        try:
            answer = await self._poll.send(call)
        except InstanceNotFound:
            return None
        except InvalidRequest as error:
            if error.status == 404:
                return None
            raise
        return _read_deployment(answer.document)


async def read_health(endpoint: str, *, ca_file: Path | None = None) -> Health:
    """What the app at the endpoint says of itself; asked once, and without a token.

    Raises:
        EndpointRefused: the endpoint is no address over https.
    """
    try:
        async with _get(endpoint, "/healthz", _HEALTH_TIMEOUT, ca_file) as answer:
            if _is_closed(answer):
                return Health(status=403, package=None, reason="takes no calls from this address (403 Ip Forbidden)")
            return _read_health(answer.status, parse_body(await answer.read()))
    except (TimeoutError, aiohttp.ClientError) as error:
        return Health(status=None, package=None, reason=f"does not answer: {error or type(error).__name__}")


async def takes_calls(host: str, *, ca_file: Path | None = None) -> bool:
    """Whether the network lets calls from here through to a publish endpoint; asked once, and without a token.

    One that has no name yet, or does not answer for another reason, may well do so later: that is True.

    Raises:
        EndpointRefused: the host is no address over https.
    """
    try:
        async with _get(host, "/", _REACH_TIMEOUT, ca_file) as answer:
            return not _is_closed(answer)
    except aiohttp.ConnectionTimeoutError:
        # Its name leads to an address in a network that this machine has no way into.
        return False
    except (TimeoutError, aiohttp.ClientError):
        return True


@asynccontextmanager
async def _get(
    address: str, path: str, patience: aiohttp.ClientTimeout, ca_file: Path | None
) -> AsyncIterator[aiohttp.ClientResponse]:
    base = secure_url(address)
    connector = aiohttp.TCPConnector(ssl=create_tls_context(ca_file))
    async with (
        aiohttp.ClientSession(connector=connector, timeout=patience) as session,
        session.get(base.with_path(path), proxy=proxy_for(base), allow_redirects=False) as answer,
    ):
        yield answer


def _is_closed(answer: aiohttp.ClientResponse) -> bool:
    return answer.status == 403 and _FORBIDDEN_ADDRESS in answer.headers


def _read_deployment(document: Any) -> Deployment:
    # Something that is no deployment, such as a proxy's page, is asked for again until time runs out.
    facts = document if isinstance(document, dict) else {}
    status = facts.get("status")
    return Deployment(
        status=status if isinstance(status, int) else 0,
        text=str(facts.get("status_text") or facts.get("message") or "")[:500],
    )


def _read_health(status: int, document: Any) -> Health:
    if status != 200:
        return Health(status=status, package=None, reason=f"answers {status}")
    if not isinstance(document, dict) or "package" not in document:
        return Health(status=status, package=None, reason="answers without a package")
    package = str(document["package"] or NO_PACKAGE)
    return Health(status=status, package=package, reason=f"reports package {package}")
