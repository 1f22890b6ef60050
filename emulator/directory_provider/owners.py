"""The owners of applications and service principals, as azuread sets them.

Whoever makes one owns it. azuread takes that ownership away again unless the inputs name it: with no `owners` at all
nobody owns the application, and who may write only what it owns cannot change it any more.
"""

from typing import Any

from emulator.directory_provider.graph import Graph
from emulator.directory_provider.resource import Values

_OBJECTS = "https://graph.microsoft.com/v1.0/directoryObjects"


def bind_owners(inputs: Values) -> dict[str, Any]:
    """What a POST says about the owners."""
    owners = inputs.get("owners") or []
    return {"owners@odata.bind": [f"{_OBJECTS}/{owner}" for owner in owners]} if owners else {}


def read_owners(graph: Graph, resource_id: str) -> list[str]:
    """Who owns the object now."""
    answer = graph.get(f"{resource_id}/owners") or {"value": []}
    return [owner["id"] for owner in answer["value"]]


def leave_owners(graph: Graph, resource_id: str, inputs: Values) -> None:
    """Ends the caller's own ownership, unless it is to be an owner."""
    caller = str(graph.claims()["oid"])
    if caller not in (owner.lower() for owner in inputs.get("owners") or []):
        graph.delete(f"{resource_id}/owners/{caller}/$ref")


def change_owners(graph: Graph, resource_id: str, changed: Values) -> None:
    """Adds and removes owners, if they are among the changes; as with azuread, leaving them out changes nothing."""
    if not changed.get("owners"):
        return
    wanted = [owner.lower() for owner in changed["owners"]]
    existing = read_owners(graph, resource_id)
    for owner in wanted:
        if owner not in existing:
            graph.post(f"{resource_id}/owners/$ref", {"@odata.id": f"{_OBJECTS}/{owner}"})
    for owner in existing:
        if owner not in wanted:
            graph.delete(f"{resource_id}/owners/{owner}/$ref")
