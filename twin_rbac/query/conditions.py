"""The condition after WHERE → tree: a method for each rule of the grammar, the weakest binding first."""

from twin_rbac.query.cursor import Cursor
from twin_rbac.query.limits import MAX_CONNECTIVES, MAX_DEPTH, MAX_LIST_ITEMS
from twin_rbac.query.nodes import (
    And,
    ArrayContains,
    Boolean,
    Comparison,
    Condition,
    In,
    IsOfModel,
    Literal,
    Not,
    Number,
    Operator,
    Or,
    PropertyFunction,
    PropertyTest,
    Text,
    TextFunction,
    TextTest,
)
from twin_rbac.query.paths import make_path, take_names
from twin_rbac.query.tokens import Kind

_FUNCTIONS = frozenset([*PropertyFunction, *TextFunction, "ARRAY_CONTAINS", "IS_OF_MODEL"])
_OPERATORS = frozenset(Operator)


class ConditionParser:
    """Reads one condition of a query that has the aliases."""

    def __init__(self, cursor: Cursor, aliases: frozenset[str]) -> None:
        """Starts at the token at hand."""
        self._cursor = cursor
        self._aliases = aliases
        self._connectives = 0

    def condition(self) -> Condition:
        """The condition, which ends before the first token that cannot continue it.

        Raises:
            QuerySyntaxError: there is no condition, or one beyond the limits.
        """
        return self._or(depth=0)

    def _or(self, depth: int) -> Condition:
        operands = [self._and(depth)]
        while self._connective("OR"):
            operands.append(self._and(depth))
        return operands[0] if len(operands) == 1 else Or(tuple(operands))

    def _and(self, depth: int) -> Condition:
        operands = [self._not(depth)]
        while self._connective("AND"):
            operands.append(self._not(depth))
        return operands[0] if len(operands) == 1 else And(tuple(operands))

    def _connective(self, word: str) -> bool:
        if not self._cursor.at(word):
            return False
        if self._connectives == MAX_CONNECTIVES:
            raise self._cursor.wrong(f"more than {MAX_CONNECTIVES} AND and OR in one query")
        self._connectives += 1
        return self._cursor.accept(word)

    def _not(self, depth: int) -> Condition:
        nests = self._cursor.at("NOT") or self._cursor.at("(")
        if nests and depth == MAX_DEPTH:
            raise self._cursor.wrong(f"more than {MAX_DEPTH} parentheses and NOT inside each other")
        if self._cursor.accept("NOT"):
            return Not(self._not(depth + 1))
        if not self._cursor.accept("("):
            return self._test()
        condition = self._or(depth + 1)
        self._cursor.expect(")", "AND, OR or )")
        return condition

    def _test(self) -> Condition:
        word = self._cursor.current
        # Some functions are reserved words; the others may also be the name of a property.
        if word.keyword in _FUNCTIONS and (word.reserved or self._cursor.followed_by("(")):
            return self._function(self._cursor.take().keyword)
        path = make_path(take_names(self._cursor, "a condition"), self._aliases)
        for keyword in ("IN", "NIN"):
            if self._cursor.accept(keyword):
                return In(path, self._list(), negated=keyword == "NIN")
        if self._cursor.current.source not in _OPERATORS:
            raise self._cursor.missing("a comparison, IN or NIN")
        return Comparison(path, Operator(self._cursor.take().source), self._literal())

    def _list(self) -> tuple[Literal, ...]:
        self._cursor.expect("[")
        literals = [self._literal()]
        while self._cursor.at(","):
            if len(literals) == MAX_LIST_ITEMS:
                raise self._cursor.wrong(f"more than {MAX_LIST_ITEMS} items in one list")
            self._cursor.take()
            literals.append(self._literal())
        self._cursor.expect("]", ", or ]")
        return tuple(literals)

    def _function(self, name: str) -> Condition:
        self._cursor.expect("(")
        condition = self._is_of_model() if name == "IS_OF_MODEL" else self._property_function(name)
        self._cursor.expect(")")
        return condition

    def _property_function(self, name: str) -> Condition:
        path = make_path(take_names(self._cursor, "a property"), self._aliases)
        if name in PropertyFunction.__members__:
            return PropertyTest(PropertyFunction(name), path)
        self._cursor.expect(",")
        if name in TextFunction.__members__:
            return TextTest(TextFunction(name), path, self._text())
        return ArrayContains(path, self._literal())

    def _is_of_model(self) -> Condition:
        alias = None
        if self._cursor.current.kind is Kind.WORD:
            if self._cursor.current.value not in self._aliases:
                raise self._cursor.missing("an alias of this query or a string")
            alias = self._cursor.take().value
            self._cursor.expect(",")
        model_id = self._text()
        exact = self._cursor.accept(",")
        if exact:
            self._cursor.expect("EXACT")
        return IsOfModel(model_id, alias, exact)

    def _text(self) -> Text:
        return Text(self._cursor.take_kind(Kind.TEXT, "a string").value)

    def _literal(self) -> Literal:
        if self._cursor.accept("TRUE"):
            return Boolean(value=True)
        if self._cursor.accept("FALSE"):
            return Boolean(value=False)
        if self._cursor.current.kind is Kind.NUMBER:
            return Number(self._cursor.take().value)
        return Text(self._cursor.take_kind(Kind.TEXT, "a string, a number, true or false").value)
