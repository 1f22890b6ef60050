"""Checking what the instance answered, row by row, before anybody sees it.

The scoped query finds the caller's own twins alone. Where rows hold whole twins, their role tags are in the answer, and
`Policy.check` is asked again: it was written for one twin, and shares nothing with what wrote the query.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from twin_rbac.access import Policy
from twin_rbac.gateway.errors import Defect
from twin_rbac.query import Count, Query

Row = Mapping[str, Any]


def whole_twins_of(query: Query) -> tuple[str, ...] | None:
    """Which columns of a row are whole twins; None where the row itself is one.

    `SELECT *` answers twins as rows, `SELECT T` a twin under the key T, `SELECT T.name` none.
    """
    if isinstance(query.select, Count):
        return ()
    if not query.select.projections:
        return None
    return tuple(
        projection.key
        for projection in query.select.projections
        if projection.path.alias is not None and not projection.path.segments
    )


def check_rows(rows: Sequence[Row], whole_twins: tuple[str, ...] | None, roles: Iterable[str], policy: Policy) -> None:
    """Lets rows pass whose whole twins the roles may see.

    Raises:
        Defect: one of them they may not, or is no row.
    """
    held = frozenset(roles)
    for row in rows:
        if not isinstance(row, Mapping):
            raise Defect("the instance answered something that is no row")
        for twin in _twins_in(row, whole_twins):
            if not isinstance(twin, Mapping) or not policy.check(held, twin.get(policy.property)).allowed:
                raise Defect("a row holds a twin that the caller may not see")


def _twins_in(row: Row, whole_twins: tuple[str, ...] | None) -> Iterable[Any]:
    if whole_twins is None:
        return (row,)
    return [row.get(column) for column in whole_twins]


def rows_on_empty_graph(query: Query) -> Sequence[Row]:
    """What a query answers where there are no twins: one that counts has a row, which says 0."""
    return [{"COUNT": 0}] if isinstance(query.select, Count) else []
