"""Pages: of a list by a number in the next link, of a query by a continuation token and the rows still to come.

A query's token has the shape of the service's, which is neither opaque nor sealed: it holds the query in clear text,
and the query in it wins over the one in the request (fact sheet adt-data-plane, section 3.3).
"""

import json
import secrets
import uuid
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from emulator.digital_twins.call import Call
from emulator.digital_twins.errors import EnvelopeError, InvalidArgument
from emulator.storage import Document

MAX_PAGE_SIZE = 1000
DEFAULT_PAGE_SIZE = 100
_KEPT_RESULTS = 16
_CONTINUATION = "continuationToken"

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Continuation:
    """Where a query goes on."""

    query: str
    query_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    rows: int = 0
    """How many rows were answered so far."""
    pages: int = 0

    def after(self, rows: int) -> "Continuation":
        """Where it goes on after another page of so many rows."""
        return replace(self, rows=self.rows + rows, pages=self.pages + 1)

    def token(self) -> str:
        """The text that a client sends back."""
        position = f"+RID:~{secrets.token_urlsafe(12)}#RT:{self.pages}#TRC:{self.rows}#ISV:2#IEO:65567#QCF:8"
        document = {
            "_t": 2,
            "_s": None,
            "_rc": _json([{"token": position, "range": {"min": "", "max": "FF"}}]),
            "_q": self.query,
            "_id": self.query_id,
            "_tr": self.rows,
            "_pn": self.pages,
        }
        return _json(document)


def parse_token(text: str) -> Continuation:
    """Reads a continuation token.

    Raises:
        EnvelopeError: it is none.
    """
    try:
        document = json.loads(text)
        query, query_id = document["_q"], document["_id"]
        rows, pages = document["_tr"], document["_pn"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise _bad_token() from error
    if not isinstance(query, str) or not isinstance(query_id, str):
        raise _bad_token()
    if not all(isinstance(count, int) and count >= 0 for count in (rows, pages)):
        raise _bad_token()
    return Continuation(query=query, query_id=query_id, rows=rows, pages=pages)


def page_size(header: str | None, *, default: int, maximum: int) -> int:
    """How many items a page holds at most, from the header max-items-per-page.

    Raises:
        InvalidArgument: it is no positive number.
    """
    if header is None:
        return default
    if not is_count(header) or int(header) == 0:
        raise InvalidArgument(f"max-items-per-page must be a positive number, not '{header}'.")
    return min(int(header), maximum)


def list_page(call: Call, path: str, found: Sequence[Document], *, maximum: int) -> Mapping[str, Any]:
    """The page that the call asks for of what was found, with a link to the next one.

    Raises:
        InvalidArgument: its size, or its place, is no number.
    """
    size = page_size(call.headers.get("max-items-per-page"), default=maximum, maximum=maximum)
    start = call.parameters.get(_CONTINUATION, "0")
    if not is_count(start):
        raise InvalidArgument("The continuation token is invalid.")
    end = int(start) + size
    return {"value": found[int(start) : end], "nextLink": _next_link(call, path, end) if end < len(found) else None}


def is_count(text: str) -> bool:
    """Whether the text is a whole number of a reasonable length."""
    return len(text) < 10 and text.isdecimal()


class QueryResults:
    """The rows of the last queries that had more than one page, so that a page costs no second evaluation."""

    def __init__(self) -> None:
        self._rows: OrderedDict[str, tuple[str, Sequence[Row]]] = OrderedDict()

    def page(
        self, position: Continuation, size: int, evaluate: Callable[[], Sequence[Row]]
    ) -> tuple[Sequence[Row], Continuation | None]:
        """A page, and where the query goes on, None after the last one.

        Args:
            position: where the page starts.
            size: how many rows it holds at most.
            evaluate: makes all rows of the position's query, for when they are not at hand.
        """
        query, rows = self._rows.get(position.query_id, (None, ()))
        if query != position.query:
            rows = evaluate()
        page = rows[position.rows : position.rows + size]
        if position.rows + size >= len(rows):
            self._rows.pop(position.query_id, None)
            return page, None
        self._keep(position, rows)
        return page, position.after(len(page))

    def _keep(self, position: Continuation, rows: Sequence[Row]) -> None:
        self._rows[position.query_id] = (position.query, rows)
        self._rows.move_to_end(position.query_id)
        if len(self._rows) > _KEPT_RESULTS:
            self._rows.popitem(last=False)


def _next_link(call: Call, path: str, start: int) -> str:
    kept = [(key, value) for key, value in call.parameters.multi_items() if key != _CONTINUATION]
    return f"{call.link(path)}?{urlencode([*kept, (_CONTINUATION, str(start))])}"


def _bad_token() -> EnvelopeError:
    return EnvelopeError(400, "BadRequest", "The continuation token is invalid.")


def _json(document: object) -> str:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)
