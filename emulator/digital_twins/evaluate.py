"""Runs a parsed query: which twins or relationships it finds, and what a row shows of each.

Row shapes: fact sheet adt-query-language, section 3.1.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from emulator.digital_twins.conditions import Absent, Bindings, Document, ModelLookup, evaluate, value_at
from twin_rbac.query import Count, Projection, Query, Select, Twins


def run_query(
    query: Query, twins: Iterable[Document], relationships: Iterable[Document], models: ModelLookup
) -> list[dict[str, Any]]:
    """The rows of the answer, in the order of the documents; a row of whole twins is the document itself."""
    documents = twins if isinstance(query.source, Twins) else relationships
    found = [bindings for bindings in _bound(query, documents) if _meets(query, bindings, models)]
    match query.select:
        case Count():
            return [{"COUNT": len(found)}]
        case Select(projections, top):
            return [_row(projections, bindings) for bindings in found[:top]]


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
