"""Looking at an instance's twins, with no more trust in the query index than it deserves.

The index lags up to 10 s behind writes (fact sheet adt-data-plane, section 7); a read by id does not.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable
from typing import Protocol

from twin_rbac.role_tags.model import TagRules, TwinTags
from twin_rbac.role_tags.waiting import Say

LAG = 10.0
"""Seconds that a query may lag behind a write."""
BY_ID_AT_MOST = 9_500
"""How many twins are read by id rather than waiting out the lag: at under 1,000 reads a second that takes as long."""

Sleep = Callable[[float], Awaitable[None]]
Take = Callable[[TwinTags], None]
Trust = Callable[[str, str | None], bool]
"""Whether the index may be believed that a twin carries a role, or none."""


class TwinReader(Protocol):
    """What a look needs of an instance."""

    def stream_tagged(self, roles: Collection[str]) -> AsyncIterator[TwinTags]:
        """The twins that carry the tag, each once, as queries have them; with markers, that of one of the roles."""

    def stream_listed(self, twin_ids: Iterable[str]) -> AsyncIterator[TwinTags]:
        """The given twins, as queries have them; what they do not have is left out."""

    def stream_twins(self, twin_ids: Iterable[str]) -> AsyncIterator[TwinTags]:
        """The given twins as they are now; what does not exist is left out."""


async def look(
    reader: TwinReader,
    rules: TagRules,
    twin_ids: Iterable[str],
    take: Take,
    *,
    roles: Collection[str] | None = None,
    trusts: Trust | None = None,
    progress: Say | None = None,
    sleep: Sleep = asyncio.sleep,
) -> None:
    """Hands over the given twins and all that carry a role tag, each once; nothing is kept of them here.

    What the index says is taken where `trusts` allows it; all others are read by id, or, where they are many, once more
    from the index after its lag.

    Args:
        reader: the instance.
        rules: the manifest's rules; ignored twins are left out.
        twin_ids: the twins to look at beside those that carry a role tag.
        take: is handed each twin that exists.
        roles: the roles whose markers count; the manifest's own when left out.
        trusts: decides about what the index says; nothing is trusted when left out.
        progress: is told what is waited for.
        sleep: waits.
    """
    glance = _Glance(reader, rules, rules.roles if roles is None else roles, take)
    glance.doubtful.update(twin_id for twin_id in twin_ids if not rules.ignores(twin_id))
    await glance.read_index(trusts or _trust_nothing)
    if len(glance.doubtful) > BY_ID_AT_MOST:
        if progress:
            progress(
                f"waiting {LAG:g} s for the query index: quicker than reading {len(glance.doubtful):,} twins by id"
            )
        await sleep(LAG)
        await glance.read_index_again()
    async for twin in reader.stream_twins(glance.doubtful):
        take(twin)


class _Glance:
    """What is still to be looked at, while the index is read."""

    def __init__(self, reader: TwinReader, rules: TagRules, roles: Collection[str], take: Take) -> None:
        self._reader = reader
        self._rules = rules
        self._roles = roles
        self._take = take
        self.doubtful: set[str] = set()
        """Twins that were not handed over yet."""

    async def read_index(self, trusts: Trust) -> None:
        # Both sets share their texts, of which there may be a million.
        unseen = set(self.doubtful)

        def consider(twin: TwinTags) -> None:
            unseen.discard(twin.twin_id)
            if trusts(twin.twin_id, self._rules.role_of(twin, self._roles)):
                self._hand_over(twin)
            elif twin.twin_id not in self.doubtful and not self._rules.ignores(twin.twin_id):
                self.doubtful.add(twin.twin_id)

        async for twin in self._reader.stream_tagged(self._roles):
            consider(twin)
        async for twin in self._reader.stream_listed(tuple(unseen)):
            consider(twin)

    async def read_index_again(self) -> None:
        async for twin in self._reader.stream_tagged(self._roles):
            if twin.twin_id in self.doubtful:
                self._hand_over(twin)
        async for twin in self._reader.stream_listed(tuple(self.doubtful)):
            self._hand_over(twin)

    def _hand_over(self, twin: TwinTags) -> None:
        if not self._rules.ignores(twin.twin_id):
            self.doubtful.discard(twin.twin_id)
            self._take(twin)


def _trust_nothing(_twin_id: str, _role: str | None) -> bool:
    return False
