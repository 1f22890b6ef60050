"""Conditions of queries that find twins by their tags and by their ids, each short enough for the service; pure."""

from collections.abc import Collection, Iterable, Iterator

from twin_rbac.role_tags.model import TagRules

_ITEMS = 50
_CHARACTERS = 8000
"""What one query may hold of a list or of conditions, and as a whole (fact sheet adt-data-plane, section 6)."""
ROOM = 400
"""Characters that are left for what stands around a list."""


def key_conditions(rules: TagRules, roles: Collection[str]) -> list[str]:
    """That a twin carries the tag; with markers, that of one of the roles, in several conditions if they are many."""
    if rules.encoding == "value":
        return [f"IS_DEFINED(T.{rules.property}.{rules.key})"]
    defined = (f"IS_DEFINED(T.{rules.property}.{role})" for role in sorted(roles))
    return [" OR ".join(group) for group in _in_groups(defined, between=4)]


def id_conditions(twin_ids: Iterable[str], *, column: str = "T.$dtId") -> Iterator[str]:
    """That the column is one of the ids, over as many conditions as it takes."""
    for group in _in_groups(map(literal, twin_ids), between=1):
        yield f"{column} IN [{','.join(group)}]"


def name_condition(column: str, names: Collection[str]) -> str:
    """That the column is one of the names, to stand beside a list; empty where they do not fit in there."""
    condition = f" AND {column} IN [{','.join(map(literal, sorted(names)))}]"
    return condition if len(condition) < ROOM and len(names) <= _ITEMS else ""


def literal(text: str) -> str:
    """The text as a literal of the query language."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _in_groups(items: Iterable[str], *, between: int) -> Iterator[list[str]]:
    """As many at once as one query takes, with so many characters between two of them."""
    group: list[str] = []
    length = 0
    for item in items:
        if group and (len(group) == _ITEMS or length + between + len(item) > _CHARACTERS - ROOM):
            yield group
            group, length = [], 0
        group.append(item)
        length += between + len(item)
    if group:
        yield group
