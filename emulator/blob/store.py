"""The blobs: what they are like stands in the storage, what they hold in a file each."""

import hashlib
import uuid
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from emulator.clock import Clock
from emulator.home import PRIVATE
from emulator.storage import Storage

BLOBS_FOLDER = "blobs"
"""The folder of the local folder that holds their files."""
BLOBS = "blobs"
"""Kind of document: account/container/name -> the properties of the blob, and its file."""


@dataclass(frozen=True)
class BlobName:
    """Which blob."""

    account: str
    container: str
    name: str

    @property
    def key(self) -> str:
        """The name as documents are kept by it."""
        return f"{self.account.lower()}/{self.container.lower()}/{self.name}"


@dataclass(frozen=True, kw_only=True)
class Blob:
    """What a blob is like."""

    file: str
    """The name of the file with its content."""
    size: int
    md5: str
    """Base64, as the headers have it."""
    etag: str
    """In quotes, as the headers have it."""
    created: float
    modified: float
    content_type: str = "application/octet-stream"
    metadata: Mapping[str, str] = field(default_factory=dict)


class BlobStore:
    """Reads and writes blobs, whoever asks: `emulator.blob.access` says who may."""

    def __init__(self, storage: Storage, folder: Path, clock: Clock) -> None:
        """`folder` gets the files; those that no blob holds any more are removed from it."""
        self._storage = storage
        self._folder = folder
        self._clock = clock
        self._sweep()

    def get(self, name: BlobName) -> Blob | None:
        """The blob's properties; None where there is none."""
        document = self._storage.get(BLOBS, name.key)
        return Blob(**document) if document is not None else None

    def read(self, blob: Blob) -> bytes:
        """The blob's content."""
        return (self._folder / blob.file).read_bytes()

    def put(
        self,
        name: BlobName,
        content: bytes,
        *,
        content_type: str = "application/octet-stream",
        metadata: Mapping[str, str] | None = None,
    ) -> Blob:
        """Writes the blob whole, over the one that is there."""
        before = self.get(name)
        now = self._clock.now().timestamp()
        blob = Blob(
            file=uuid.uuid4().hex,
            size=len(content),
            md5=b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode(),
            etag=f'"0x{uuid.uuid4().hex[:15].upper()}"',
            created=before.created if before else now,
            modified=now,
            content_type=content_type,
            metadata=dict(metadata or {}),
        )
        # Under a name of its own first: until the storage knows it, a killed emulator still has the blob of before.
        self._write(blob.file, content)
        self._storage.put(BLOBS, name.key, asdict(blob))
        if before is not None:
            self._remove(before)
        return blob

    def delete(self, name: BlobName) -> None:
        """Removes the blob, if it is there."""
        blob = self.get(name)
        if blob is not None:
            self._storage.delete(BLOBS, name.key)
            self._remove(blob)

    def drop(self, account: str, container: str | None = None) -> None:
        """Removes all blobs of an account, or of one container of it."""
        prefix = f"{account.lower()}/" + (f"{container.lower()}/" if container else "")
        for key, _ in self._storage.items(BLOBS):
            if key.startswith(prefix):
                self.delete(BlobName(*key.split("/", 2)))

    def _write(self, file: str, content: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / file
        path.touch(mode=PRIVATE)
        path.write_bytes(content)

    def _remove(self, blob: Blob) -> None:
        (self._folder / blob.file).unlink(missing_ok=True)

    def _sweep(self) -> None:
        held = {document["file"] for _, document in self._storage.items(BLOBS)}
        for path in self._folder.glob("*"):
            if path.name not in held:
                path.unlink()
