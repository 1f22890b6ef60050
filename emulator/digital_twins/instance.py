"""One instance of Azure Digital Twins: what its data plane is given, and where its data is kept."""

from dataclasses import dataclass
from typing import Protocol

from emulator.clock import Clock
from emulator.counters import Counters
from emulator.faults import Faults
from emulator.resource_manager.kinds.endpoints import EVENT_ROUTES
from emulator.storage import Storage

API_VERSIONS = frozenset({"2020-10-31", "2022-05-31", "2023-06-30", "2023-10-31"})
PREVIEW_API_VERSIONS = frozenset({"2021-06-30-preview", "2023-02-27-preview"})

MODELS = "models"
TWINS = "twins"
RELATIONSHIPS = "relationships"


class Authorizer(Protocol):
    """Decides who may do what on the instance."""

    def authorize(self, authorization: str | None, data_action: str) -> None:
        """Returns when the call may go on.

        Args:
            authorization: the Authorization header, None without one.
            data_action: what the call needs, such as `Microsoft.DigitalTwins/digitaltwins/read`.

        Raises:
            Unauthorized: no token, or a bad one.
            SubDomainNotFound: the token is of another tenant.
            Forbidden: no role of the caller allows the data action.
        """


@dataclass(frozen=True, kw_only=True)
class Instance:
    """An instance and what it runs on."""

    key: str
    """Its ARM id in lower case, or "standalone"."""
    storage: Storage
    clock: Clock
    faults: Faults
    counters: Counters
    authorizer: Authorizer
    api_versions: frozenset[str] = API_VERSIONS
    endpoint_names: frozenset[str] = frozenset()
    """Names that event routes may use, besides the endpoints that Resource Manager has."""

    def kind(self, what: str) -> str:
        """The kind of document in the storage that holds MODELS, TWINS or RELATIONSHIPS of this instance."""
        return _kind(self.key, what)


def drop_instance(storage: Storage, key: str) -> None:
    """Forgets everything that the instance held. Its data plane must not be served any more."""
    for what in (MODELS, TWINS, RELATIONSHIPS):
        storage.drop(_kind(key, what))
    for route_key, _ in storage.items(EVENT_ROUTES):
        if route_key.startswith(f"{key}/"):
            storage.delete(EVENT_ROUTES, route_key)


def _kind(key: str, what: str) -> str:
    return f"digital-twins|{key}|{what}"
