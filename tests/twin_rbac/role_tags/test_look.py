import asyncio
from collections.abc import AsyncIterator, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest

from twin_rbac.role_tags import look as looking
from twin_rbac.role_tags.look import look
from twin_rbac.role_tags.model import TagRules, TwinTags

RULES = TagRules(roles=("Earth", "Fire"), ignore=("sandbox-*",))


def twin(twin_id: str, role: str | None) -> TwinTags:
    return TwinTags(twin_id=twin_id, etag="e", tags={"role": role} if role else None)


@dataclass
class Reader:
    """An instance whose index shows what it is told to, and whose twins may be something else by now."""

    index: dict[str, str | None]
    live: dict[str, str | None]
    later: dict[str, str | None] = field(default_factory=dict)
    """What the index shows from the second time on."""
    by_id: list[str] = field(default_factory=list)
    looks: int = 0

    async def stream_tagged(self, roles: Collection[str]) -> AsyncIterator[TwinTags]:
        self.looks += 1
        for twin_id, role in self._shown().items():
            if role in roles:
                yield twin(twin_id, role)

    async def stream_listed(self, twin_ids: Iterable[str]) -> AsyncIterator[TwinTags]:
        for twin_id in twin_ids:
            if twin_id in self._shown():
                yield twin(twin_id, self._shown()[twin_id])

    def _shown(self) -> dict[str, str | None]:
        return self.index if self.looks == 1 else self.later

    async def stream_twins(self, twin_ids: Iterable[str]) -> AsyncIterator[TwinTags]:
        for twin_id in twin_ids:
            self.by_id.append(twin_id)
            if twin_id in self.live:
                yield twin(twin_id, self.live[twin_id])


def seen(reader: Reader, twin_ids: Iterable[str], **options: Any) -> dict[str, str | None]:
    found: list[TwinTags] = []

    async def wait(seconds: float) -> None:
        assert seconds == 10

    asyncio.run(look(reader, RULES, twin_ids, found.append, sleep=wait, **options))
    assert len({item.twin_id for item in found}) == len(found), "a twin was handed over twice"
    return {item.twin_id: RULES.role_of(item) for item in found}


def test_what_the_index_says_is_read_again_by_id_unless_it_is_trusted() -> None:
    reader = Reader(index={"A": "Earth", "B": "Fire", "X": "Fire"}, live={"A": "Fire", "B": "Earth", "C": None})

    assert seen(reader, ["A", "B", "C", "D"], trusts=lambda twin_id, _: twin_id == "A") == {
        "A": "Earth",
        "B": "Earth",
        "C": None,
    }
    assert sorted(reader.by_id) == ["B", "C", "D", "X"]


def test_ignored_twins_are_not_looked_at() -> None:
    reader = Reader(index={"sandbox-1": "Fire"}, live={"sandbox-2": "Earth"})

    assert seen(reader, ["sandbox-2"]) == {}
    assert reader.by_id == []


def test_where_many_are_doubtful_the_lag_is_waited_out_and_the_index_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "BY_ID_AT_MOST", 2)
    reader = Reader(
        index={"A": "Earth", "B": "Fire"},
        later={"A": "Fire", "B": "Fire", "C": "Earth"},
        live={"D": "Earth"},
    )
    said: list[str] = []

    roles = seen(reader, ["A", "B", "C", "D"], trusts=lambda twin_id, _: twin_id == "B", progress=said.append)

    assert roles == {"A": "Fire", "B": "Fire", "C": "Earth", "D": "Earth"}
    assert reader.by_id == ["D"]
    assert said == ["waiting 10 s for the query index: quicker than reading 3 twins by id"]
