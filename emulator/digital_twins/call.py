"""A request as the operations read it, and the answers they give."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import quote

from starlette.datastructures import Headers, QueryParams
from starlette.responses import Response

from emulator.digital_twins.errors import JSON, AlreadyExists, EtagMismatch, InvalidArgument, ServiceError
from emulator.digital_twins.twins import LAST_UPDATE_TIME
from emulator.storage import Document

_WITHOUT_LAST_UPDATE_TIME = frozenset({"2020-10-31", "2021-06-30-preview"})


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request, authorized and with an api-version that the instance knows."""

    ids: tuple[str, ...]
    """The ids in the path, decoded once."""
    parameters: QueryParams
    headers: Headers
    body: bytes
    scheme: str

    @property
    def api_version(self) -> str:
        """The api-version that was asked for."""
        return self.parameters["api-version"]

    def json(self) -> object:
        """The body.

        Raises:
            InvalidArgument: it is no JSON text.
        """
        try:
            document = json.loads(self.body, parse_constant=_refuse_number, parse_float=_finite)
            if b"\\u" in self.body:
                dump(document)  # half a surrogate pair is no text that could ever be answered
        except (ValueError, RecursionError) as error:
            raise InvalidArgument("Payload is invalid.") from error
        return document

    def json_object(self) -> Mapping[str, Any]:
        """The body, which must be a JSON object.

        Raises:
            InvalidArgument: it is none.
        """
        document = self.json()
        if not isinstance(document, dict):
            raise InvalidArgument("Payload is invalid.")
        return document

    def check_if_match(self, document: Document) -> None:
        """Checks the header If-Match against what is stored.

        Raises:
            EtagMismatch: it names another version.
        """
        etag = self.headers.get("if-match")
        if etag not in (None, "*", document["$etag"]):
            raise EtagMismatch(str(etag))

    def check_if_none_match(self, kind: str, identifier: str, existing: Document | None) -> None:
        """Checks the header If-None-Match; the service knows only `*`.

        Raises:
            AlreadyExists: there is such a twin or relationship.
        """
        if existing is not None and self.headers.get("if-none-match") == "*":
            raise AlreadyExists(kind, identifier)

    def flag(self, name: str) -> bool:
        """A boolean parameter, false when absent.

        Raises:
            InvalidArgument: it is neither true nor false.
        """
        value = self.parameters.get(name, "false").lower()
        if value not in ("true", "false"):
            raise InvalidArgument(f"{name} must be true or false, not '{value}'.")
        return value == "true"

    def link(self, *path: str) -> str:
        """The absolute URL of something of this instance."""
        return (
            f"{self.scheme}://{self.headers.get('host', 'localhost')}/{'/'.join(quote(part, safe='') for part in path)}"
        )

    def shown(self, document: Any) -> Any:
        """A document, or rows that hold some, as the api-version shows them."""
        return _without_last_update_time(document) if self.api_version in _WITHOUT_LAST_UPDATE_TIME else document


def dump(document: object) -> bytes:
    """Compact JSON with nothing escaped that need not be.

    Raises:
        ValueError: it holds half a surrogate pair.
    """
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def answer(document: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer with a body."""
    return Response(dump(document), status, {"Content-Type": JSON, **(headers or {})})


def answer_with_etag(document: object, etag: str) -> Response:
    """An answer with a body and the header ETag."""
    return answer(document, headers={"ETag": etag})


def no_content(*, etag: str | None = None) -> Response:
    """The empty answer."""
    return Response(status_code=204, headers={"Content-Length": "0", **({"ETag": etag} if etag else {})})


def answer_error(error: ServiceError) -> Response:
    """The answer to a refused call."""
    return Response(dump(error.document), error.status, error.headers)


def _refuse_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number that JSON could answer")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse_number(text)


def _without_last_update_time(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_last_update_time(item) for key, item in value.items() if key != LAST_UPDATE_TIME}
    return [_without_last_update_time(item) for item in value] if isinstance(value, list) else value
