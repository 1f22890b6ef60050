"""The language of event routes' filters: which text is one.

After Microsoft Learn, "Create event routes and filters" (filter options): `true` and `false`, comparisons of an
event's fields, three functions, AND, OR and parentheses. Nothing is filtered here, for no event is sent.
"""

import re
from collections.abc import Sequence

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<string>'(?:[^'\\]|\\.|'')*')
      | (?P<number>-?\d+(?:\.\d+)?)
      | (?P<field>\$body(?:\.[\w$]+)+)
      | (?P<word>[A-Za-z_]+)
      | (?P<sign><=|>=|!=|[<>=(),])
    )""",
    re.VERBOSE,
)
_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
_FUNCTIONS = frozenset({"STARTS_WITH", "ENDS_WITH", "CONTAINS"})
_CONSTANTS = frozenset({"TRUE", "FALSE", "NULL"})
_FIELDS = frozenset({"TYPE", "SOURCE", "SUBJECT", "DATASCHEMA", "DATACONTENTTYPE", "SPECVERSION", "ID", "TIME"})
_END = ("end", "")

_Token = tuple[str, str]


class FilterInvalid(Exception):
    """The text is no filter."""


def check_filter(text: str) -> None:
    """Returns when the text is a filter.

    Raises:
        FilterInvalid: it is none; the text says what stands where something else should.
    """
    parser = _Parser(_tokens(text))
    parser.condition()
    parser.expect_end()


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    position = 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None:
            raise FilterInvalid(f"there is no meaning in {text[position:].strip()!r}")
        kind = str(match.lastgroup)
        value = match[kind]
        found.append((kind, value.upper() if kind == "word" else value))
        position = match.end()
    return found


class _Parser:
    """Reads tokens from left to right; the filter is valid when all are read."""

    def __init__(self, tokens: Sequence[_Token]) -> None:
        self._tokens = [*tokens, _END]
        self._at = 0

    def condition(self) -> None:
        self._term()
        while self._accept("OR"):
            self._term()

    def expect_end(self) -> None:
        if self._next != _END:
            raise FilterInvalid(f"nothing more can follow before {self._next[1]!r}")

    def _term(self) -> None:
        self._factor()
        while self._accept("AND"):
            self._factor()

    def _factor(self) -> None:
        if self._accept("("):
            self.condition()
            self._expect(")")
        elif self._next[1] in _FUNCTIONS:
            self._take()
            self._expect("(")
            self._operand()
            self._expect(",")
            self._operand()
            self._expect(")")
        elif self._next[1] in {"TRUE", "FALSE"}:
            self._take()
        else:
            self._comparison()

    def _comparison(self) -> None:
        self._operand()
        if self._next[1] not in _COMPARISONS:
            raise FilterInvalid(f"a comparison needs one of {' '.join(sorted(_COMPARISONS))}, not {self._next[1]!r}")
        self._take()
        self._operand()

    def _operand(self) -> None:
        kind, value = self._next
        if kind not in {"string", "number", "field"} and value not in _FIELDS | _CONSTANTS:
            raise FilterInvalid(f"{value!r} is no field of an event, no text in single quotes and no number")
        self._take()

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _take(self) -> None:
        self._at += 1

    def _accept(self, value: str) -> bool:
        if self._next[1] != value:
            return False
        self._take()
        return True

    def _expect(self, value: str) -> None:
        if not self._accept(value):
            raise FilterInvalid(f"{value!r} is missing before {self._next[1]!r}")
