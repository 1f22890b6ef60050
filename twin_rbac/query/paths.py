"""Reading names joined by dots, and making a path of them once the aliases are known."""

from collections.abc import Sequence

from twin_rbac.query.cursor import Cursor
from twin_rbac.query.nodes import Path
from twin_rbac.query.tokens import Kind, Token

_NAMES = frozenset({Kind.WORD, Kind.SYSTEM_NAME, Kind.BRACKETED_NAME})


def take_names(cursor: Cursor, what: str) -> tuple[Token, ...]:
    """The tokens of one or more names; `what` is what a message says is missing where there is none.

    Raises:
        QuerySyntaxError: a token is no name, or a reserved word without brackets.
    """
    names = [_take_name(cursor, what)]
    while cursor.accept("."):
        names.append(_take_name(cursor, "a name"))
    return tuple(names)


def make_path(names: Sequence[Token], aliases: frozenset[str]) -> Path:
    """The path that the names mean in a query with these aliases."""
    first, *rest = (name.value for name in names)
    # In brackets it is always a property, even one that is called like an alias.
    if names[0].kind is Kind.WORD and first in aliases:
        return Path(first, tuple(rest))
    return Path(None, (first, *rest))


def _take_name(cursor: Cursor, what: str) -> Token:
    token = cursor.current
    if token.reserved:
        raise cursor.wrong(f"missing {what} at '{token.source}', a reserved word: as a name it is [[{token.source}]]")
    if token.kind not in _NAMES:
        raise cursor.missing(what)
    return cursor.take()
