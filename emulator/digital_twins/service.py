"""What the operations of one instance work on."""

from dataclasses import dataclass

from emulator.digital_twins.event_routes import EventRoutes
from emulator.digital_twins.graph import Graph
from emulator.digital_twins.instance import Instance
from emulator.digital_twins.models import Models
from emulator.digital_twins.paging import QueryResults


@dataclass(frozen=True)
class Service:
    """An instance with its data at hand."""

    instance: Instance
    models: Models
    graph: Graph
    results: QueryResults
    event_routes: EventRoutes


def open_service(instance: Instance) -> Service:
    """The instance with what the storage holds of it."""
    return Service(instance, Models(instance), Graph(instance), QueryResults(), EventRoutes(instance))
