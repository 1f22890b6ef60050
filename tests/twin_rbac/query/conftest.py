"""Generated trees: whatever the parser can make, in the places where a renderer may slip."""

import re
import string
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import strategies as st

from twin_rbac.query import (
    And,
    ArrayContains,
    Boolean,
    Comparison,
    Condition,
    Count,
    In,
    IsOfModel,
    Not,
    Number,
    Operator,
    Or,
    Path,
    Projection,
    PropertyFunction,
    PropertyTest,
    Query,
    Relationships,
    Select,
    Text,
    TextFunction,
    TextTest,
    Twins,
)
from twin_rbac.query.tokens import RESERVED_WORDS

ALIASES = ["T", "tags", "role", "exact", "nin", "contains", "a"]
NAMES = [*ALIASES, "t", "$dtId", "$metadata", "$model", "Group", "NOT", "true", "IS_DEFINED", "CONTAINS", "1", "a-b c"]


def writable(name: str) -> bool:
    return bool(name) and "]]" not in f"{name}]"


any_name = st.one_of(
    st.sampled_from([*NAMES, *map(str.lower, sorted(RESERVED_WORDS))]),
    st.text(min_size=1, max_size=6).filter(writable),
    st.text("[]'\\ -$.\"T", min_size=1, max_size=6).filter(writable),
)
any_text = st.one_of(st.text(max_size=8), st.text("'\\ )(]T=", max_size=8))
outputs = st.one_of(
    st.none(),
    st.text(string.ascii_letters, min_size=1, max_size=3).filter(lambda name: name.upper() not in RESERVED_WORDS),
)
numbers = st.from_regex(re.compile(r"-?[0-9]{1,4}(\.[0-9]{1,3})?", re.ASCII), fullmatch=True).map(Number)
booleans = st.booleans().map(lambda value: Boolean(value=value))


@dataclass(frozen=True)
class Trees:
    """What the generated trees are made of."""

    names: st.SearchStrategy[str]
    texts: st.SearchStrategy[str]
    aliases: Sequence[str | None]
    sources: Sequence[type[Twins | Relationships]]

    def queries(self) -> st.SearchStrategy[Query]:
        return st.sampled_from(self.aliases).flatmap(self._queries)

    def _queries(self, alias: str | None) -> st.SearchStrategy[Query]:
        sources = st.sampled_from([source(alias) for source in self.sources])
        conditions = st.recursive(self._leaves(alias), grow, max_leaves=12)
        return st.builds(Query, self._selects(alias), sources, st.one_of(st.none(), conditions))

    def _paths(self, alias: str | None) -> st.SearchStrategy[Path]:
        unqualified = st.lists(self.names, min_size=1, max_size=3).map(lambda found: Path(None, tuple(found)))
        qualified = st.lists(self.names, max_size=3).map(lambda found: Path(alias, tuple(found)))
        return unqualified if alias is None else st.one_of(unqualified, qualified)

    def _selects(self, alias: str | None) -> st.SearchStrategy[Select | Count]:
        column = st.builds(Projection, self._paths(alias), outputs)
        columns = st.lists(column, max_size=3, unique_by=(lambda each: each.key, lambda each: each.path)).map(tuple)
        tops = st.one_of(st.none(), st.integers(0, 2_147_483_647))
        return st.one_of(st.just(Count()), st.builds(Select, columns, tops))

    def _leaves(self, alias: str | None) -> st.SearchStrategy[Condition]:
        path, text = self._paths(alias), self.texts.map(Text)
        literals: st.SearchStrategy[Any] = st.one_of(text, numbers, booleans)
        return st.one_of(
            st.builds(Comparison, path, st.sampled_from(Operator), literals),
            st.builds(In, path, st.lists(literals, min_size=1, max_size=3).map(tuple), st.booleans()),
            st.builds(PropertyTest, st.sampled_from(PropertyFunction), path),
            st.builds(TextTest, st.sampled_from(TextFunction), path, text),
            st.builds(ArrayContains, path, literals),
            st.builds(IsOfModel, text, st.sampled_from([None, alias]), st.booleans()),
        )


def grow(children: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several = st.lists(children, min_size=2, max_size=3).map(tuple)
    return st.one_of(st.builds(Not, children), st.builds(And, several), st.builds(Or, several))


@pytest.fixture(scope="session")
def queries() -> st.SearchStrategy[Query]:
    """Any tree that the parser makes."""
    return Trees(any_name, any_text, [None, *ALIASES], [Twins, Relationships]).queries()


@pytest.fixture(scope="session")
def scopable_queries() -> st.SearchStrategy[Query]:
    """Trees that are not refused: no ambiguous strings and names."""
    texts = st.text("'\\ )(]T=é-;*", max_size=8).map(lambda text: text.rstrip("\\"))
    return Trees(st.sampled_from(NAMES), texts, [None, "T", "tags", "role", "a"], [Twins]).queries()
