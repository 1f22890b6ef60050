"""Text of a query → tokens with their places. Rules: fact sheet adt-query-language, section 1.

What cannot be a token ends the reading with a token of kind INVALID instead of an error: the parser may stop at a
token before it, and the first wrong place is the one to report.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto

# fmt: off
RESERVED_WORDS = frozenset({
    "ALL", "AND", "AS", "ASC", "AVG", "BY", "COUNT", "DESC", "DEVICES_JOBS", "DEVICES_MODULES", "DEVICES",
    "ENDS_WITH", "FALSE", "FROM", "GROUP", "IN", "IS_BOOL", "IS_DEFINED", "IS_NULL", "IS_NUMBER", "IS_OBJECT",
    "IS_OF_MODEL", "IS_PRIMITIVE", "IS_STRING", "MAX", "MIN", "NOT", "NOT_IN", "NULL", "OR", "ORDER", "SELECT",
    "STARTS_WITH", "SUM", "TOP", "TRUE", "WHERE",
})
# fmt: on
"""Upper-case words that name a property only in brackets, as in `[[Group]]`."""


class Kind(Enum):
    """What a token is."""

    WORD = auto()
    SYSTEM_NAME = auto()
    BRACKETED_NAME = auto()
    TEXT = auto()
    NUMBER = auto()
    SYMBOL = auto()
    END = auto()
    INVALID = auto()


@dataclass(frozen=True)
class Token:
    """A piece of the text and where it starts, both counted from 1."""

    kind: Kind
    source: str
    """As it stands in the text; empty at the end."""
    value: str
    """What it means: a string decoded, a name without brackets; of an INVALID token what is wrong with it."""
    line: int
    column: int

    @property
    def keyword(self) -> str:
        """The word in upper case, since keywords are told apart without regard to case; empty for other tokens."""
        return self.source.upper() if self.kind is Kind.WORD else ""

    @property
    def reserved(self) -> bool:
        """Whether it is a word that names nothing without brackets."""
        return self.keyword in RESERVED_WORDS


# Only what is documented: ASCII white space, digits with an optional sign and fraction, two escapes in strings.
# Every repetition is possessive or cannot be retried, so that no text makes the matching slow.
_PATTERN = re.compile(
    r"""
      (?P<SPACE> [ \t\r\n]++ )
    | (?P<WORD> [A-Za-z][A-Za-z0-9_]*+ )
    | (?P<SYSTEM_NAME> \$[A-Za-z][A-Za-z0-9_]*+ )
    | (?P<BRACKETED_NAME> \[\[ (?:(?!\]\]).)++ \]\] )
    | (?P<TEXT> '(?:[^'\\]|\\['\\])*+' )
    | (?P<NUMBER> -?[0-9]++(?:\.[0-9]++)? )
    | (?P<SYMBOL> !=|<=|>=|(?!\[\[)[()\[\],.*=<>] )
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)")
_UNKNOWN_ESCAPE = re.compile(r"'(?:[^'\\]|\\['\\])*+(\\[^'\\])")


def tokenize(text: str) -> list[Token]:
    """The tokens of the text in order; the last is of kind END, or INVALID where reading stopped."""
    tokens: list[Token] = []
    offset, line, line_start = 0, 1, 0
    while offset < len(text):
        column = offset - line_start + 1
        match = _PATTERN.match(text, offset)
        if match is None or match.lastgroup is None:
            return [*tokens, Token(Kind.INVALID, text[offset], _problem(text, offset), line, column)]
        if match.lastgroup != "SPACE":
            kind = Kind[match.lastgroup]
            tokens.append(Token(kind, match[0], _value(kind, match[0]), line, column))
        if "\n" in match[0]:
            line += match[0].count("\n")
            line_start = match.start() + match[0].rindex("\n") + 1
        offset = match.end()
    return [*tokens, Token(Kind.END, "", "", line, offset - line_start + 1)]


def _value(kind: Kind, source: str) -> str:
    if kind is Kind.TEXT:
        return _ESCAPE.sub(r"\1", source[1:-1])
    if kind is Kind.BRACKETED_NAME:
        return source[2:-2]
    return source


def _problem(text: str, offset: int) -> str:
    """Why no token starts at the offset, in words that say what to write instead."""
    if text.startswith(("--", "/*", "//"), offset):
        return "comments are not part of the query language"
    if text.startswith("[[", offset):
        return "missing a name and ]] after [["
    match text[offset]:
        case "'":
            if unknown := _UNKNOWN_ESCAPE.match(text, offset):
                return f"unknown escape {unknown[1]} in a string: a backslash stands before ' or another one only"
            return "missing ' at the end of the string"
        case '"':
            return "a string stands in single quotes, not double ones"
        case ";":
            return "a query ends without a semicolon"
        case character if character.isspace():
            return f"white space U+{ord(character):04X} outside a string: only space, tab and line end are allowed"
        case character:
            return f"unexpected character {character!r}"
