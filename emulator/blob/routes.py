"""The calls that blob storage answers: `https://localhost:PORT/<account>/<container>/<blob>`."""

import hashlib
import re
import uuid
from base64 import b64encode
from collections.abc import Mapping
from email.utils import formatdate

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulator.blob.access import ADD, DELETE, READ, WRITE, BlobAccess
from emulator.blob.conditions import check_existing, check_served, check_write
from emulator.blob.errors import API_VERSION, BlobError, InvalidHeader, NotServed, RangeNotSatisfiable, answer_error
from emulator.blob.store import Blob, BlobName, BlobStore

_METADATA = "x-ms-meta-"
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


def create_app(store: BlobStore, access: BlobAccess) -> Starlette:
    """Blob storage, for those whom the role assignments let in."""
    service = _Service(store, access)
    methods = ["GET", "HEAD", "PUT", "DELETE", "POST", "OPTIONS"]
    return Starlette(routes=[Route("/{path:path}", service.handle, methods=methods)])


class _Service:
    def __init__(self, store: BlobStore, access: BlobAccess) -> None:
        self._store = store
        self._access = access

    async def handle(self, request: Request) -> Response:
        """Serves one call."""
        # Whole before anything is answered: a client that still sends may not see a refusal.
        content = await request.body()
        try:
            caller = self._access.authenticate(request.headers)
            name = _name_of(request)
            check_served(request.headers)
            if request.method == "PUT":
                answer = self._put(request, caller, name, content)
            elif request.method == "DELETE":
                answer = self._delete(request, caller, name)
            else:
                answer = self._get(request, caller, name)
        except BlobError as error:
            answer = answer_error(error)
        answer.headers["x-ms-version"] = request.headers.get("x-ms-version", API_VERSION)
        answer.headers["x-ms-request-id"] = str(uuid.uuid4())
        if "x-ms-client-request-id" in request.headers:
            answer.headers["x-ms-client-request-id"] = request.headers["x-ms-client-request-id"]
        return answer

    def _put(self, request: Request, caller: str, name: BlobName, content: bytes) -> Response:
        existing = self._store.get(name)
        self._access.require(caller, name, WRITE, *([ADD] if existing is None else []))
        _check_put(request.headers, content)
        check_write(request.headers, existing)
        given = request.headers.get("x-ms-blob-content-type") or request.headers.get("content-type")
        blob = self._store.put(
            name,
            content,
            content_type=given or "application/octet-stream",
            metadata={
                key.removeprefix(_METADATA): value
                for key, value in request.headers.items()
                if key.startswith(_METADATA)
            },
        )
        return Response(status_code=201, headers={**_version_of(blob), "Content-MD5": blob.md5, **_ENCRYPTED})

    def _get(self, request: Request, caller: str, name: BlobName) -> Response:
        self._access.require(caller, name, READ)
        blob = check_existing(request.headers, self._store.get(name), on_read=True)
        headers = _properties_of(blob)
        asked = request.headers.get("x-ms-range") or request.headers.get("range")
        if request.method == "HEAD" or asked is None:
            content = b"" if request.method == "HEAD" else self._store.read(blob)
            return Response(content, 200, {**headers, "Content-MD5": blob.md5, "Content-Length": str(blob.size)})
        start, end = _range(asked, blob.size)
        headers = {**headers, "Content-Range": f"bytes {start}-{end}/{blob.size}", "x-ms-blob-content-md5": blob.md5}
        return Response(self._store.read(blob)[start : end + 1], 206, headers)

    def _delete(self, request: Request, caller: str, name: BlobName) -> Response:
        self._access.require(caller, name, DELETE)
        check_existing(request.headers, self._store.get(name), on_read=False)
        self._store.delete(name)
        return Response(status_code=202, headers={"x-ms-delete-type-permanent": "true"})


def _name_of(request: Request) -> BlobName:
    parts = request.path_params["path"].split("/", 2)
    if "comp" in request.query_params:
        raise NotServed(f"comp={request.query_params['comp']}")
    if len(parts) < 3 or not all(parts) or "restype" in request.query_params:
        raise NotServed("calls of an account or a container")
    if request.method not in {"GET", "HEAD", "PUT", "DELETE"}:
        raise NotServed(f"the method {request.method}")
    if "sig" in request.query_params:
        raise NotServed("shared access signatures")
    return BlobName(*parts)


def _check_put(headers: Mapping[str, str], content: bytes) -> None:
    kind = headers.get("x-ms-blob-type")
    if kind is None:
        raise InvalidHeader("x-ms-blob-type", "is missing", "MissingRequiredHeader")
    if kind != "BlockBlob":
        raise NotServed(f"the blob type {kind}")
    if "x-ms-copy-source" in headers:
        raise NotServed("the header x-ms-copy-source")
    digest = b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
    if headers.get("content-md5", digest) != digest:
        raise InvalidHeader("Content-MD5", "is not that of the content", "Md5Mismatch")


def _range(asked: str, size: int) -> tuple[int, int]:
    found = _RANGE.fullmatch(asked)
    if found is None:
        raise InvalidHeader("x-ms-range", f"is {asked!r}, not bytes=START-END")
    start, end = int(found[1]), int(found[2] or size)
    if start >= size or end < start:
        raise RangeNotSatisfiable(size)
    return start, min(end, size - 1)


_ENCRYPTED = {"x-ms-request-server-encrypted": "true"}


def _version_of(blob: Blob) -> Mapping[str, str]:
    return {"ETag": blob.etag, "Last-Modified": formatdate(blob.modified, usegmt=True)}


def _properties_of(blob: Blob) -> Mapping[str, str]:
    return {
        **_version_of(blob),
        **{f"{_METADATA}{name}": value for name, value in blob.metadata.items()},
        "Content-Type": blob.content_type,
        "Accept-Ranges": "bytes",
        "x-ms-blob-type": "BlockBlob",
        "x-ms-creation-time": formatdate(blob.created, usegmt=True),
        "x-ms-lease-state": "available",
        "x-ms-lease-status": "unlocked",
        "x-ms-server-encrypted": "true",
    }
