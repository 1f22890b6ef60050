"""What a caller with roles gets: a page of a query, or a twin. Plain values in, plain values out."""

import unicodedata
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from twin_rbac.access import Policy
from twin_rbac.clients.errors import InvalidRequest, TwinNotFound
from twin_rbac.clients.instance import Page
from twin_rbac.gateway.errors import Defect, HiddenOrMissing, InvalidContinuationToken
from twin_rbac.gateway.identity import Caller
from twin_rbac.gateway.limits import MAX_TWIN_ID_CHARACTERS, Effort
from twin_rbac.gateway.pages import Binding, Continuation, Pages, digest_of
from twin_rbac.gateway.requests import QueryCall
from twin_rbac.gateway.rows import Row, check_rows, rows_on_empty_graph, whole_twins_of
from twin_rbac.query import EmptyAnswer, secure_query


class Instance(Protocol):
    """The instance, as far as the gateway asks it."""

    async def query_page(
        self,
        text: str | None = None,
        *,
        continuation_token: str | None = None,
        page_size: int | None = None,
        api_version: str = ...,
    ) -> Page:
        """One page of a query."""

    async def get_twin(self, twin_id: str, *, api_version: str = ...) -> Mapping[str, Any]:
        """The twin as it is now."""


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Reads twins on behalf of callers."""

    open_instance: Callable[[], Awaitable[Instance]]
    """The client of the instance, made when it is first needed."""
    policy: Policy
    instance_id: str
    pages: Pages
    effort: Effort

    async def query(self, caller: Caller, roles: frozenset[str], call: QueryCall) -> Mapping[str, Any]:
        """A page of the answer to the caller's query, on the graph that has the caller's twins alone.

        Raises:
            QuerySyntaxError, QueryNotSupported: the query is not valid, or cannot be restricted exactly.
            InvalidContinuationToken: the page is not the caller's to ask for.
            TooManyCalls: the caller's queries take more than their share of the process.
            NotCertified, Defect: a mistake of ours, found in time.
            AzureError: the instance gives no usable answer.
        """
        binding = self._bind(caller, roles)
        if call.token is not None:
            position = await self.pages.open(call.token, binding, call.text)
            return await self._next_page(position, binding, call)
        text = call.text or ""
        with self.effort.spend(caller.object_id):
            scoped = secure_query(text, roles, self.policy)
        if isinstance(scoped, EmptyAnswer):
            return _answer(rows_on_empty_graph(scoped.query), None)
        position = Continuation(query=digest_of(text), whole_twins=whole_twins_of(scoped.query), inner="")
        instance = await self.open_instance()
        page = await instance.query_page(scoped.text, page_size=call.page_size, api_version=call.api_version)
        return await self._answer(page, position, binding)

    async def get_twin(self, roles: frozenset[str], twin_id: str, *, api_version: str) -> Mapping[str, Any]:
        """The twin, if the roles may see it.

        Raises:
            HiddenOrMissing: they may not, or there is none: both take one read of the instance.
            Defect: the instance answered another twin.
            AzureError: the instance gives no usable answer.
        """
        if not self.policy.granted(roles) or not _can_be_id(twin_id):
            raise HiddenOrMissing
        instance = await self.open_instance()
        try:
            twin = await instance.get_twin(twin_id, api_version=api_version)
        except TwinNotFound as error:
            raise HiddenOrMissing from error
        if not self.policy.check(roles, twin.get(self.policy.property)).allowed:
            raise HiddenOrMissing
        if twin.get("$dtId") != twin_id:
            raise Defect("the instance answered another twin than the one asked for")
        return twin

    def _bind(self, caller: Caller, roles: frozenset[str]) -> Binding:
        rule = (self.instance_id.lower(), self.policy.encoding, self.policy.property, self.policy.key)
        return Binding(caller=caller, roles=self.policy.granted(roles), rule=rule)

    async def _next_page(self, position: Continuation, binding: Binding, call: QueryCall) -> Mapping[str, Any]:
        instance = await self.open_instance()
        try:
            # Alone: with a token the service takes the query from it, and that one is scoped.
            page = await instance.query_page(
                continuation_token=position.inner, page_size=call.page_size, api_version=call.api_version
            )
        except InvalidRequest as error:
            if error.code == "BadRequest":
                # The service's word for a token that it does not know any more.
                raise InvalidContinuationToken from error
            raise
        return await self._answer(page, position, binding)

    async def _answer(self, page: Page, position: Continuation, binding: Binding) -> Mapping[str, Any]:
        check_rows(page.rows, position.whole_twins, binding.roles, self.policy)
        if page.continuation_token is None:
            return _answer(page.rows, None)
        rest = replace(position, inner=page.continuation_token)
        return _answer(page.rows, await self.pages.seal(rest, binding))


def _can_be_id(twin_id: str) -> bool:
    """Whether it is worth asking: what stands between us and the instance reads control characters in many ways."""
    return len(twin_id) <= MAX_TWIN_ID_CHARACTERS and not any(
        unicodedata.category(character) == "Cc" for character in twin_id
    )


def _answer(rows: Sequence[Row], token: str | None) -> Mapping[str, Any]:
    return {"value": list(rows), "continuationToken": token}
