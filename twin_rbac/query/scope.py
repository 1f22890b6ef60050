"""Scoping: a query → the query that finds only the twins whose role tag is one of the caller's roles.

`SELECT * FROM DIGITALTWINS WHERE floor = 1 OR floor = 2` of a caller who holds Earth becomes

    SELECT * FROM DIGITALTWINS T WHERE (floor = 1 OR floor = 2)
        AND IS_DEFINED(T.tags.role) AND T.tags.role IN ['Earth']

It answers what the caller's own query answers on the graph that has only those twins. What cannot be answered exactly
is refused. The rules: fact sheet adt-query-language, section 10.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from twin_rbac.access import Policy
from twin_rbac.query.certify import certify
from twin_rbac.query.errors import NotCertified, QueryNotSupported, QuerySyntaxError
from twin_rbac.query.limits import MAX_COLUMNS, MAX_LIST_ITEMS
from twin_rbac.query.nodes import (
    And,
    Comparison,
    Condition,
    In,
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
    Twins,
)
from twin_rbac.query.parser import parse
from twin_rbac.query.render import render
from twin_rbac.query.visitor import walk

# Only what reserved words and keys of maps need: how the service reads others between brackets is not documented.
_SAFE_NAME = re.compile(r"(?:[A-Za-z0-9_$ .:]|-(?!-))+")
# fmt: off
# Not reserved, and still no aliases: the service may read them as what they are in other places.
_WORDS = frozenset({
    "ARRAY_CONTAINS", "CONTAINS", "DIGITALTWINS", "ENDSWITH", "EXACT", "JOIN", "MATCH", "NIN", "RELATED",
    "RELATIONSHIPS", "STARTSWITH",
})
# fmt: on


@dataclass(frozen=True)
class ScopedQuery:
    """What may be sent to the instance on behalf of the caller."""

    query: Query
    text: str


@dataclass(frozen=True)
class EmptyAnswer:
    """The caller has no role that counts: the answer is the one on a graph without twins, and nothing is to be sent."""

    query: Query
    """The caller's own: one that counts has a row, which says 0."""


def secure_query(text: str, roles: Iterable[str], policy: Policy) -> ScopedQuery | EmptyAnswer:
    """The text of a caller's query → what may be sent, certified.

    Raises:
        QuerySyntaxError: the text is no valid query, whatever the roles.
        QueryNotSupported: it cannot be restricted exactly.
        NotCertified: a defect of this package, found in time.
    """
    held = policy.granted(roles)
    answer = scope_query(parse(text), held, policy)
    if isinstance(answer, ScopedQuery):
        certify(answer.text, property=policy.property, key=policy.key, roles=held)
    return answer


def scope_query(query: Query, roles: Iterable[str], policy: Policy) -> ScopedQuery | EmptyAnswer:
    """The query with the role predicate on its twins. What is sent has to pass the certifier too: `secure_query`.

    Raises:
        QueryNotSupported: it cannot be restricted exactly, or is beyond the service's limits with the predicate.
    """
    held = policy.granted(roles)
    if not held:
        return EmptyAnswer(query)
    if isinstance(query.source, Relationships):
        raise _refused("RELATIONSHIPS is not supported: a relationship carries no role tag")
    _refuse_ambiguous(query, query.source)
    _refuse_large(query)
    alias = query.source.alias or _fresh_alias(query)
    tag = Path(alias, (policy.property, policy.key))
    where = And((*_kept(query.where, alias), PropertyTest(PropertyFunction.IS_DEFINED, tag), _is_one_of(tag, held)))
    scoped = replace(query, source=Twins(alias), where=where)
    return ScopedQuery(scoped, _write(scoped))


def _kept(where: Condition | None, alias: str) -> Iterator[Condition]:
    """The caller's condition: the conjuncts that name ids, which the service looks for, then all others as one."""
    if where is None:
        return
    conjuncts = where.operands if isinstance(where, And) else (where,)
    others = [each for each in conjuncts if not _names_ids(each, alias)]
    yield from (each for each in conjuncts if _names_ids(each, alias))
    if others:
        yield others[0] if len(others) == 1 else And(tuple(others))


def _names_ids(condition: Condition, alias: str) -> bool:
    ids = {Path(alias, ("$dtId",)), Path(None, ("$dtId",))}
    match condition:
        case Comparison(path, Operator.EQUAL) | In(path, negated=False):
            return path in ids
        case _:
            return False


def _is_one_of(tag: Path, roles: Sequence[str]) -> In | Or:
    texts = tuple(Text(role) for role in roles)
    lists = [In(tag, texts[first : first + MAX_LIST_ITEMS]) for first in range(0, len(texts), MAX_LIST_ITEMS)]
    return lists[0] if len(lists) == 1 else Or(tuple(lists))


def _fresh_alias(query: Query) -> str:
    """An alias that is no name in the query, whatever the case, so that no property turns into it."""
    taken = {segment.upper() for node in walk(query) if isinstance(node, Path) for segment in node.segments}
    taken |= {str(node.name).upper() for node in walk(query) if isinstance(node, Projection)}
    return next(alias for alias in ("T", *(f"T{number}" for number in range(1, len(taken) + 1))) if alias not in taken)


def _refuse_ambiguous(query: Query, source: Twins) -> None:
    """Refuses what the service might read in another way than we do, which could move the end of a string or a name."""
    if source.alias is not None and source.alias.upper() in _WORDS:
        raise _refused(f"the alias {source.alias} is not supported: it is a word of the language")
    for node in walk(query):
        if isinstance(node, Text) and node.value.endswith("\\"):
            raise _refused("a string that ends with a backslash is not supported: how the service reads it is unknown")
        if isinstance(node, Text) and any(unicodedata.category(character) in {"Cc", "Cs"} for character in node.value):
            raise _refused("a string with a control character is not supported")
        if isinstance(node, Path) and not all(_SAFE_NAME.fullmatch(segment) for segment in node.segments):
            raise _refused("a name between [[ and ]] is supported with letters, digits, blanks and _ $ . : - only")


def _refuse_large(query: Query) -> None:
    """Refuses a SELECT that repeats twins, or parts of them, so often that a short text asks for a huge answer."""
    columns = query.select.projections if isinstance(query.select, Select) else ()
    if len(columns) > MAX_COLUMNS:
        raise _refused(f"a SELECT of more than {MAX_COLUMNS} columns is not supported")
    if len({column.path for column in columns}) < len(columns):
        raise _refused("a SELECT that holds the same path twice is not supported")


def _write(query: Query) -> str:
    """The text, within the limits, which is read again: what it says is what was meant."""
    text = render(query)
    try:
        again = parse(text)
    except QuerySyntaxError as error:
        raise _refused(f"with the role predicate the query is too large: {error.message}") from error
    if again != query:
        raise NotCertified("the text of the scoped query means something else than its tree")
    return text


def _refused(reason: str) -> QueryNotSupported:
    return QueryNotSupported(reason, line=1, column=1)
