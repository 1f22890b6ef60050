"""What the query package raises.

QueryError
 ├─ QuerySyntaxError    the text is no valid query
 └─ QueryNotSupported   the text may be valid, and this package does not read or does not scope it
NotCertified            a text of our own that must not be sent
"""


class QueryError(Exception):
    """Base of the package's errors: a sentence, and the place in the text that it is about."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(f"line {line}, column {column}: {message}")
        self.message = message
        """The sentence without the place."""
        self.line = line
        """From 1; a line ends with a line feed."""
        self.column = column
        """From 1, in characters; one past the last character where the end of the text is the trouble."""


class QuerySyntaxError(QueryError):
    """The text is no valid query; the place is the first token that cannot continue what stands before it."""


class QueryNotSupported(QueryError):
    """The text uses a part of the language that this package does not read, or that it cannot restrict exactly.

    The place is where that part starts; a reason that concerns the whole query stands at its first character.
    """

    @property
    def reason(self) -> str:
        """What is not supported."""
        return self.message


class NotCertified(Exception):
    """A text that was about to be sent is not guarded by the role predicate.

    No mistake of the caller's but a defect of this package, and so no QueryError: nothing may answer it as one.
    """
