"""The data plane of one Azure Digital Twins instance, as far as role tags, seeding and the gateway need it."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from azure.core.credentials_async import AsyncTokenCredential

from twin_rbac.clients.calls import Answer, Call, Patience, make_path
from twin_rbac.clients.cloud import PUBLIC_CLOUD, Cloud
from twin_rbac.clients.errors import InvalidRequest, PreconditionFailed, TwinNotFound
from twin_rbac.clients.event_routes import EventRoutes
from twin_rbac.clients.rate import Rate, RateLimiter
from twin_rbac.clients.transport import OnDenied, Transport

API_VERSION = "2023-10-31"
REQUESTS_PER_SECOND = 980.0
"""Below the 1,000 reads and 1,000 patches a second that an instance takes (fact sheet adt-data-plane, section 6)."""
MODELS_PER_REQUEST = 250
"""The most that one request may create (same section)."""
_ROWS_PER_PAGE = 1000

# What a request costs, so that the narrower limits hold too: 500 creations, 500 queries, 100 model calls a second.
_CREATE_COST = 2
_QUERY_COST = 2
_MODELS_COST = 10

_ONLY_NEW = {"If-None-Match": "*"}
_PATIENCE = Patience()


@dataclass(frozen=True)
class Page:
    """A page of a query's answer."""

    rows: Sequence[Mapping[str, Any]]
    continuation_token: str | None
    """What the next page is asked for with; None after the last. It holds the query in clear text."""


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
        rate: Rate | None = None,
        on_denied: OnDenied | None = None,
        ca_file: Path | None = None,
        patience: Patience = _PATIENCE,
    ) -> None:
        """Prepares the client; nothing is sent yet.

        Args:
            endpoint: the instance's data-plane URL, `https://` and the host name that Resource Manager gives.
            credential: whose token is sent; stays open when the client closes.
            cloud: where Azure is.
            rate: how fast requests leave; by default under `REQUESTS_PER_SECOND`.
            on_denied: decides about a 403 whether to try again.
            ca_file: certificates to trust besides the system's.
            patience: how long a call is waited for.

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
            patience=patience,
        )
        self.event_routes = EventRoutes(self._transport)
        """The instance's event routes."""

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
        page = await self.query_page(text, page_size=_ROWS_PER_PAGE)
        while True:
            for row in page.rows:
                yield row
            if page.continuation_token is None:
                return
            page = await self.query_page(continuation_token=page.continuation_token, page_size=_ROWS_PER_PAGE)

    async def query_page(
        self,
        text: str | None = None,
        *,
        continuation_token: str | None = None,
        page_size: int | None = None,
        api_version: str = API_VERSION,
    ) -> Page:
        """One page of a query: the first of `text`, or the one that the token of the page before leads to.

        With both, the service would ignore the text (fact sheet adt-data-plane, section 3.3), so one is given.
        """
        if (text is None) == (continuation_token is None):
            raise ValueError("a page is asked for with a query or with a continuation token")
        answer = await self._transport.send(
            Call(
                method="POST",
                path=_path("query", api_version=api_version),
                what="query",
                action="Microsoft.DigitalTwins/query/action",
                body={"query": text} if continuation_token is None else {"continuationToken": continuation_token},
                headers={} if page_size is None else {"max-items-per-page": str(page_size)},
                answer_key="value",
                cost=_QUERY_COST,
            )
        )
        return Page(answer.document["value"], answer.document.get("continuationToken") or None)

    async def get_twin(self, twin_id: str, *, api_version: str = API_VERSION) -> Mapping[str, Any]:
        """The twin as it is now.

        Raises:
            TwinNotFound: there is none.
        """
        call = Call(
            method="GET",
            path=_path("digitaltwins", twin_id, api_version=api_version),
            what=f"read of twin {twin_id!r}",
            action="Microsoft.DigitalTwins/digitaltwins/read",
            small=True,
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
            small=True,
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

    async def list_models(self, *, with_definition: bool = False) -> list[Mapping[str, Any]]:
        """All models: id, display name, whether decommissioned.

        Args:
            with_definition: also their DTDL, as `model`.
        """
        path = _path("models")
        return await self._list(
            f"{path}&includeModelDefinition=true" if with_definition else path,
            what="listing of models",
            action="Microsoft.DigitalTwins/models/read",
            cost=_MODELS_COST,
        )

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

    async def _list(self, first: str, *, what: str, action: str, cost: int = 1) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        path: str | None = first
        while path:
            answer = await self._transport.send(Call(method="GET", path=path, what=what, action=action, cost=cost))
            found += answer.document["value"]
            path = answer.document.get("nextLink")
        return found

    async def _create(self, call: Call) -> bool:
        try:
            await self._transport.send(call)
        except PreconditionFailed:
            return False
        return True

    async def _send_about_twin(self, twin_id: str, call: Call) -> Answer:
        with _about_twin(twin_id):
            return await self._transport.send(call)


@contextmanager
def _about_twin(twin_id: str) -> Iterator[None]:
    try:
        yield
    except InvalidRequest as error:
        if error.code == "DigitalTwinNotFound":
            raise TwinNotFound(twin_id) from error
        raise


def _path(*segments: str, api_version: str = API_VERSION) -> str:
    return make_path(*segments, api_version=api_version)
