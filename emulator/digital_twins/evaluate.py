"""Runs a parsed query: which twins or relationships it finds, and what a row shows of each.

Row shapes: fact sheet adt-query-language, section 3.1.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from emulator.digital_twins.conditions import Absent, Bindings, Document, ModelLookup, evaluate, value_at
from twin_rbac.query import And, Count, In, Projection, Query, Select, Text, Twins

_ID_PATHS = {("$dtId",), ("$sourceId",)}


def run_query(
    query: Query, twins: Iterable[Document], relationships: Iterable[Document], models: ModelLookup
) -> list[dict[str, Any]]:
    """The rows of the answer, in the order of the documents; a row of whole twins is the document itself."""
    documents = _preselect(query, twins if isinstance(query.source, Twins) else relationships)
    found = [bindings for bindings in _bound(query, documents) if _meets(query, bindings, models)]
    match query.select:
        case Count():
            return [{"COUNT": len(found)}]
        case Select(projections, top):
            return [_row(projections, bindings) for bindings in found[:top]]


def _preselect(query: Query, documents: Iterable[Document]) -> Iterable[Document]:
    """Those that a list of ids in the condition leaves; a list is looked through much faster than it is evaluated."""
    for condition in query.where.operands if isinstance(query.where, And) else (query.where,):
        if not isinstance(condition, In) or condition.negated or condition.path.segments not in _ID_PATHS:
            continue
        (name,) = condition.path.segments
        ids = {literal.value for literal in condition.literals if isinstance(literal, Text)}
        if condition.path.alias in {None, query.source.alias} and len(ids) == len(condition.literals):
            documents = [document for document in documents if document.get(name) in ids]
    return documents


def _bound(query: Query, documents: Iterable[Document]) -> Iterable[Bindings]:
    """What the aliases stand for, once for each document; a path may leave out the alias of the one collection."""
    return ({None: document, query.source.alias: document} for document in documents)


def _meets(query: Query, bindings: Bindings, models: ModelLookup) -> bool:
    return query.where is None or evaluate(query.where, bindings, models) is True


def _row(projections: Sequence[Projection], bindings: Bindings) -> dict[str, Any]:
    if not projections:
        return dict(bindings[None])
    values = ((projection.key, value_at(projection.path, bindings)) for projection in projections)
    return {key: value for key, value in values if value is not Absent.ABSENT}
