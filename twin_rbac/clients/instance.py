"""The data plane of one Azure Digital Twins instance, as far as role tags and seeding need it."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from azure.core.credentials_async import AsyncTokenCredential

from twin_rbac.clients.calls import Answer, Call
from twin_rbac.clients.cloud import PUBLIC_CLOUD, Cloud
from twin_rbac.clients.errors import InvalidRequest, PreconditionFailed, TwinNotFound
from twin_rbac.clients.rate import RateLimiter
from twin_rbac.clients.transport import OnDenied, Transport

API_VERSION = "2023-10-31"
REQUESTS_PER_SECOND = 950.0
"""Below the 1,000 reads and 1,000 patches a second that an instance takes (fact sheet adt-data-plane, section 6)."""
MODELS_PER_REQUEST = 250
"""The most that one request may create (same section)."""
_ROWS_PER_PAGE = "1000"

# What a request costs, so that the narrower limits hold too: 500 creations, 500 queries, 100 model calls a second.
_CREATE_COST = 2
_QUERY_COST = 2
_MODELS_COST = 10

_ONLY_NEW = {"If-None-Match": "*"}


class InstanceClient:
    """A client of one instance; an asynchronous context manager with one session.

    Every method raises AzureError when it fails for good: AccessDenied names the missing data action.
    """

    def __init__(
        self,
        endpoint: str,
        credential: AsyncTokenCredential,
        *,
        cloud: Cloud = PUBLIC_CLOUD,
        rate: RateLimiter | None = None,
        on_denied: OnDenied | None = None,
        ca_file: Path | None = None,
    ) -> None:
        """Prepares the client; nothing is sent yet.

        Args:
            endpoint: the instance's data-plane URL, `https://` and the host name that Resource Manager gives.
            credential: whose token is sent; stays open when the client closes.
            cloud: where Azure is.
            rate: how fast requests leave; by default under `REQUESTS_PER_SECOND`.
            on_denied: decides about a 403 whether to try again.
            ca_file: certificates to trust besides the system's.

        Raises:
            EndpointRefused: the endpoint is no address that a token may be sent to.
        """
        self._transport = Transport(
            endpoint,
            credential,
            audience=cloud.digital_twins_audience,
            rate=rate or RateLimiter(REQUESTS_PER_SECOND),
            on_denied=on_denied,
            ca_file=ca_file,
        )

    async def __aenter__(self) -> Self:
        """Opens the session."""
        await self._transport.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the session."""
        await self._transport.__aexit__(kind, error, trace)

    async def query(self, text: str) -> AsyncIterator[Mapping[str, Any]]:
        """The rows of a query, page by page. The index may lag up to 10 s behind writes."""
        body = {"query": text}
        while body:
            answer = await self._transport.send(
                Call(
                    method="POST",
                    path=_path("query"),
                    what="query",
                    action="Microsoft.DigitalTwins/query/action",
                    body=body,
                    headers={"max-items-per-page": _ROWS_PER_PAGE},
                    answer_key="value",
                    cost=_QUERY_COST,
                )
            )
            for row in answer.document["value"]:
                yield row
            token = answer.document.get("continuationToken")
            body = {"continuationToken": token} if token else {}

    async def get_twin(self, twin_id: str) -> Mapping[str, Any]:
        """The twin as it is now.

        Raises:
            TwinNotFound: there is none.
        """
        call = Call(
            method="GET",
            path=_path("digitaltwins", twin_id),
            what=f"read of twin {twin_id!r}",
            action="Microsoft.DigitalTwins/digitaltwins/read",
        )
        answer = await self._send_about_twin(twin_id, call)
        return dict(answer.document)

    async def create_twin(self, twin_id: str, twin: Mapping[str, Any]) -> bool:
        """Creates the twin; False when there already is one of that id, which stays as it is."""
        return await self._create(
            Call(
                method="PUT",
                path=_path("digitaltwins", twin_id),
                what=f"creation of twin {twin_id!r}",
                action="Microsoft.DigitalTwins/digitaltwins/write",
                body=twin,
                headers=_ONLY_NEW,
                cost=_CREATE_COST,
            )
        )

    async def update_twin(self, twin_id: str, patch: Sequence[Mapping[str, Any]], *, if_match: str) -> str:
        """Applies a JSON Patch to the twin if its etag is still `if_match`, and returns the new etag.

        Safe to repeat: a repeated patch that had been carried out meets a new etag.

        Raises:
            TwinNotFound: there is no such twin.
            PreconditionFailed: it has another etag.
            PatchInvalid: the patch does not fit the twin's shape.
        """
        call = Call(
            method="PATCH",
            path=_path("digitaltwins", twin_id),
            what=f"update of twin {twin_id!r}",
            action="Microsoft.DigitalTwins/digitaltwins/write",
            body=patch,
            headers={"If-Match": if_match, "Content-Type": "application/json-patch+json"},
        )
        answer = await self._send_about_twin(twin_id, call)
        return answer.headers.get("ETag", "")

    async def create_relationship(self, source_id: str, relationship_id: str, body: Mapping[str, Any]) -> bool:
        """Creates the relationship; False when its source already has one of that id, which stays as it is."""
        return await self._create(
            Call(
                method="PUT",
                path=_path("digitaltwins", source_id, "relationships", relationship_id),
                what=f"creation of relationship {relationship_id!r} of twin {source_id!r}",
                action="Microsoft.DigitalTwins/digitaltwins/relationships/write",
                body=body,
                headers=_ONLY_NEW,
                cost=_CREATE_COST,
            )
        )

    async def list_models(self) -> list[Mapping[str, Any]]:
        """All models without their definitions: id, display name, whether decommissioned."""
        models: list[Mapping[str, Any]] = []
        path: str | None = _path("models")
        while path:
            answer = await self._transport.send(
                Call(
                    method="GET",
                    path=path,
                    what="listing of models",
                    action="Microsoft.DigitalTwins/models/read",
                    cost=_MODELS_COST,
                )
            )
            models += answer.document["value"]
            path = answer.document.get("nextLink")
        return models

    async def create_models(self, models: Iterable[Mapping[str, Any]]) -> None:
        """Creates up to `MODELS_PER_REQUEST` models, all or none.

        Raises:
            InvalidRequest: a model is not valid, lacks one that it depends on, or is already there.
        """
        await self._transport.send(
            Call(
                method="POST",
                path=_path("models"),
                what="creation of models",
                action="Microsoft.DigitalTwins/models/write",
                body=list(models),
                repeatable=False,
                cost=_MODELS_COST,
            )
        )

    async def _create(self, call: Call) -> bool:
        try:
            await self._transport.send(call)
        except PreconditionFailed:
            return False
        return True

    async def _send_about_twin(self, twin_id: str, call: Call) -> Answer:
        try:
            return await self._transport.send(call)
        except InvalidRequest as error:
            if error.code == "DigitalTwinNotFound":
                raise TwinNotFound(twin_id) from error
            raise


def _path(*segments: str) -> str:
    return f"/{'/'.join(map(_encode, segments))}?api-version={API_VERSION}"


def _encode(segment: str) -> str:
    # A twin's id may hold slashes, spaces and question marks; one that is nothing but dots would lead elsewhere.
    encoded = quote(segment, safe="")
    return encoded if encoded.strip(".") else encoded.replace(".", "%2E")
