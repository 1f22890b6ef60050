"""Blob storage as Resource Manager and the platform see it."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from emulator.blob.access import ACCOUNT_TYPE, ADD, WRITE, BlobAccess
from emulator.blob.store import BlobName, BlobStore
from emulator.resource_manager.resources import RESOURCES
from emulator.storage import Storage

_OF_STORAGE = re.compile(
    "/storageAccounts/(?P<account>[^/]+)(?:/blobServices/default/containers/(?P<container>[^/]+))?$", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True)
class LocalBlobHost:
    """Where accounts are served, and what happens to blobs outside a call."""

    store: BlobStore
    access: BlobAccess
    port: Callable[[], int]

    def endpoint(self, account_name: str) -> str:
        """The account's blob endpoint, such as https://localhost:21002/account/."""
        return f"https://localhost:{self.port()}/{account_name}/"

    def drop(self, resource_id: str) -> None:
        """Forgets the blobs of an account, or of a container, that is no more."""
        found = _OF_STORAGE.search(resource_id)
        if found is not None:
            self.store.drop(found["account"], found["container"])

    def write_as(self, object_id: str, name: BlobName, content: bytes) -> None:
        """Writes a blob as a principal, as the platform does with a site's package.

        Raises:
            BlobError: the principal may not, or there is no such container.
        """
        self.access.require(object_id, name, WRITE, *([ADD] if self.store.get(name) is None else []))
        self.store.put(name, content, content_type="application/zip")

    def record_endpoints(self, storage: Storage) -> None:
        """Lets Resource Manager answer with the endpoints that accounts have now: PORT may have moved them."""
        for key, document in storage.items(RESOURCES):
            if document["type"] != ACCOUNT_TYPE:
                continue
            endpoints = document["properties"]["primaryEndpoints"]
            before, now = endpoints["blob"], self.endpoint(document["name"])
            if before != now:
                moved = {name: now + url.removeprefix(before) for name, url in endpoints.items()}
                properties = {**document["properties"], "primaryEndpoints": moved}
                storage.put(RESOURCES, key, {**document, "properties": properties})
