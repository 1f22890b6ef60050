"""Conditional headers: If-Match and If-None-Match, by ETag."""

from collections.abc import Mapping

from emulator.blob.errors import BlobExists, BlobNotFound, ConditionNotMet, NotServed
from emulator.blob.store import Blob

_NOT_SERVED = ("if-modified-since", "if-unmodified-since", "x-ms-if-tags", "x-ms-lease-id")


def check_served(headers: Mapping[str, str]) -> None:
    """Returns when the call sets no condition that is not served.

    Raises:
        NotServed: it does.
    """
    for name in _NOT_SERVED:
        if name in headers:
            raise NotServed(f"the header {name}")


def check_write(headers: Mapping[str, str], existing: Blob | None) -> None:
    """Returns when a blob may be written over what is there.

    Raises:
        BlobExists: If-None-Match is * and there is one.
        ConditionNotMet: another condition does not hold.
    """
    if headers.get("if-none-match") == "*" and existing is not None:
        raise BlobExists
    if not _holds(headers, existing):
        raise ConditionNotMet


def check_existing(headers: Mapping[str, str], existing: Blob | None, *, on_read: bool) -> Blob:
    """The blob that is to be read or deleted.

    Raises:
        BlobNotFound: there is none.
        ConditionNotMet: a condition does not hold.
    """
    if existing is None:
        raise BlobNotFound
    if not _holds(headers, existing):
        # Only "not the one I have" is good news to a reader.
        raise ConditionNotMet(on_read=on_read and _matches(headers.get("if-match", "*"), existing))
    return existing


def _holds(headers: Mapping[str, str], existing: Blob | None) -> bool:
    wanted, unwanted = headers.get("if-match"), headers.get("if-none-match")
    if wanted is not None and not _matches(wanted, existing):
        return False
    return unwanted is None or not _matches(unwanted, existing)


def _matches(etags: str, existing: Blob | None) -> bool:
    if existing is None:
        return False
    # Clients may leave the quotes out.
    return etags == "*" or existing.etag.strip('"') in {etag.strip().strip('"') for etag in etags.split(",")}
