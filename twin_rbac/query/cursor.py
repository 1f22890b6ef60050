"""Reading tokens one after another, and saying what is wrong with the one at hand."""

from collections.abc import Sequence

from twin_rbac.query.errors import QueryNotSupported, QuerySyntaxError
from twin_rbac.query.tokens import Kind, Token

_LONGEST_SHOWN = 40


class Cursor:
    """A place in the tokens of a text, which only moves forward."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        """Starts at the first token; the last one is of kind END or INVALID and is never passed."""
        self._tokens = tokens
        self._index = 0

    @property
    def current(self) -> Token:
        """The token at hand."""
        return self._tokens[self._index]

    def take(self) -> Token:
        """The token at hand, which is then behind."""
        token = self.current
        self._index += 1
        return token

    def at(self, wanted: str) -> bool:
        """Whether the token at hand is the keyword (in upper case) or the symbol."""
        return _is(self.current, wanted)

    def followed_by(self, wanted: str) -> bool:
        """Whether the token after the one at hand is the keyword or the symbol."""
        return _is(self._tokens[min(self._index + 1, len(self._tokens) - 1)], wanted)

    def accept(self, wanted: str) -> bool:
        """Takes the keyword or symbol if it is at hand; says whether it was."""
        found = self.at(wanted)
        if found:
            self._index += 1
        return found

    def expect(self, wanted: str, what: str | None = None) -> None:
        """Takes the keyword or symbol; `what` is what a message says is missing, where that is more.

        Raises:
            QuerySyntaxError: another token is at hand.
        """
        if not self.accept(wanted):
            raise self.missing(what or wanted)

    def take_kind(self, kind: Kind, what: str) -> Token:
        """Takes a token of the kind, which a message calls `what`.

        Raises:
            QuerySyntaxError: a token of another kind is at hand.
        """
        if self.current.kind is not kind:
            raise self.missing(what)
        return self.take()

    def missing(self, what: str) -> QuerySyntaxError:
        """The error to raise where something else than the token at hand had to come, in the service's own style."""
        token = self.current
        if token.kind is Kind.INVALID:
            return self.wrong(token.value)
        return self.wrong(f"missing {what} at {_shown(token)}")

    def wrong(self, message: str, token: Token | None = None) -> QuerySyntaxError:
        """The error to raise about a token, the one at hand by default."""
        place = token or self.current
        return QuerySyntaxError(message, place.line, place.column)

    def not_supported(self, reason: str) -> QueryNotSupported:
        """The error to raise where a part of the language starts that this package does not read."""
        return QueryNotSupported(reason, self.current.line, self.current.column)


def _is(token: Token, wanted: str) -> bool:
    return token.source == wanted if token.kind is Kind.SYMBOL else token.keyword == wanted


def _shown(token: Token) -> str:
    if token.kind is Kind.END:
        return "the end of the text"
    source = token.source if len(token.source) <= _LONGEST_SHOWN else token.source[:_LONGEST_SHOWN] + "…"
    return f"'{source}'"
