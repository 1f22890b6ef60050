"""Text → tree, by recursive descent: a method for each rule of the grammar (fact sheet adt-query-language, section 2).

Strict on purpose: what Microsoft does not document is no valid query, negative numbers excepted. A token is looked at
once, with at most one more ahead, so the time is proportional to the text. JOIN and MATCH are not read.
"""

from dataclasses import dataclass

from twin_rbac.query.conditions import ConditionParser
from twin_rbac.query.cursor import Cursor
from twin_rbac.query.errors import QuerySyntaxError
from twin_rbac.query.limits import MAX_CHARACTERS, MAX_TOP
from twin_rbac.query.nodes import Count, Projection, Query, Relationships, Select, Twins
from twin_rbac.query.paths import make_path, take_names
from twin_rbac.query.tokens import Kind, Token, tokenize


def parse(text: str) -> Query:
    """The tree of a valid query.

    Raises:
        QuerySyntaxError: the text is no valid query; the error names the first token that cannot continue.
        QueryNotSupported: the text uses JOIN or MATCH.
    """
    if len(text) > MAX_CHARACTERS:
        line_start = text.rfind("\n", 0, MAX_CHARACTERS) + 1
        raise QuerySyntaxError(
            f"the query has {len(text)} characters, and {MAX_CHARACTERS} is the most",
            line=text.count("\n", 0, MAX_CHARACTERS) + 1,
            column=MAX_CHARACTERS - line_start + 1,
        )
    return _Parser(Cursor(tokenize(text))).query()


@dataclass(frozen=True)
class _Column:
    """An item of SELECT as it is read, before FROM says which of the names are aliases."""

    names: tuple[Token, ...]
    output: Token | None

    @property
    def key(self) -> Token:
        return self.output or self.names[-1]

    def projection(self, aliases: frozenset[str]) -> Projection:
        return Projection(make_path(self.names, aliases), self.output.value if self.output else None)


class _Parser:
    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def query(self) -> Query:
        self._cursor.expect("SELECT")
        counts = self._count()
        top = None if counts else self._top()
        columns = () if counts else self._columns(top)
        self._cursor.expect("FROM")
        source = self._source()
        aliases = frozenset([source.alias] if source.alias else [])
        where = ConditionParser(self._cursor, aliases).condition() if self._cursor.accept("WHERE") else None
        if self._cursor.current.kind is not Kind.END:
            raise self._cursor.missing(f"{'AND, OR' if where else 'WHERE'} or the end of the query")
        select = Count() if counts else Select(tuple(column.projection(aliases) for column in columns), top)
        return Query(select, source, where)

    def _count(self) -> bool:
        if not self._cursor.accept("COUNT"):
            return False
        self._cursor.expect("(")
        self._cursor.expect(")")
        return True

    def _top(self) -> int | None:
        if not self._cursor.accept("TOP"):
            return None
        self._cursor.expect("(")
        digits = self._cursor.current.source
        # The length first: Python refuses to make an integer of thousands of digits.
        whole = self._cursor.current.kind is Kind.NUMBER and digits.isdigit() and len(digits) <= len(str(MAX_TOP))
        if not whole or int(digits) > MAX_TOP:
            raise self._cursor.missing(f"a whole number from 0 to {MAX_TOP}")
        self._cursor.take()
        self._cursor.expect(")")
        return int(digits)

    def _columns(self, top: int | None) -> tuple[_Column, ...]:
        """The items of SELECT; none where it asks for whole twins, by a star or by TOP(n) alone."""
        if top is None and self._cursor.accept("*"):
            return ()
        if top is not None and self._cursor.at("FROM"):
            return ()
        columns = [self._column()]
        keys = {columns[0].key.value}
        while self._cursor.accept(","):
            column = self._column()
            if column.key.value in keys:
                message = f"a second column '{column.key.value}': give one of them another name with AS"
                raise self._cursor.wrong(message, column.key)
            keys.add(column.key.value)
            columns.append(column)
        return tuple(columns)

    def _column(self) -> _Column:
        names = take_names(self._cursor, "a property or an alias")
        if not self._cursor.accept("AS"):
            return _Column(names, output=None)
        if self._cursor.current.reserved:
            raise self._cursor.missing("a name that is no reserved word")
        return _Column(names, output=self._cursor.take_kind(Kind.WORD, "a name"))

    def _source(self) -> Twins | Relationships:
        if self._cursor.accept("RELATIONSHIPS"):
            return Relationships(self._alias())
        if not self._cursor.accept("DIGITALTWINS"):
            raise self._cursor.missing("DIGITALTWINS or RELATIONSHIPS")
        alias = self._alias()
        if self._cursor.at("JOIN"):
            raise self._cursor.not_supported("JOIN is not supported")
        # Whether MATCH may follow an alias is not documented, so there it is no query at all.
        if self._cursor.at("MATCH") and alias is None:
            raise self._cursor.not_supported("MATCH is not supported")
        return Twins(alias)

    def _alias(self) -> str | None:
        token = self._cursor.current
        # JOIN and MATCH are not reserved, and still no aliases.
        if token.kind is not Kind.WORD or token.reserved or token.keyword in {"JOIN", "MATCH"}:
            return None
        return self._cursor.take().value
