"""Uploading a graph once: what is new to the seed and not there; nothing is overwritten, deleted or brought back."""

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any, Protocol

from twin_rbac.role_tags.at_once import for_each
from twin_rbac.role_tags.dtdl import dependencies_of
from twin_rbac.role_tags.errors import RoleTagsError
from twin_rbac.role_tags.graph_file import Graph
from twin_rbac.role_tags.model import Seeded

MODELS_PER_REQUEST = 250
"""The most that one request may create (fact sheet adt-data-plane, section 6)."""

Model = Mapping[str, Any]


class GraphWriter(Protocol):
    """What a seed needs of an instance; `create_…` says False for what is there already."""

    async def list_models(self) -> list[Model]:
        """The models that are there, with their `id`."""

    async def create_models(self, models: Iterable[Model]) -> None:
        """Creates models, all or none."""

    async def create_twin(self, twin_id: str, twin: Mapping[str, Any]) -> bool:
        """Creates a twin."""

    async def create_relationship(self, source_id: str, relationship_id: str, body: Mapping[str, Any]) -> bool:
        """Creates a relationship."""


async def seed(graph: Graph, seeded: Seeded, writer: GraphWriter) -> Seeded:
    """Uploads models, then twins, then relationships, and returns all ids that the seed ever uploaded or found.

    Args:
        graph: the file.
        seeded: the ids of earlier runs, which are left alone, there or not.
        writer: the instance.

    Raises:
        RoleTagsError: the models depend on each other in a circle.
        AzureError: a call failed for good; what was uploaded stays, and a further run finds it.
    """
    await _create_models([model for key, model in graph.models.items() if key not in seeded.models], writer)

    async def create_twin(twin_id: str) -> None:
        body = {name: value for name, value in graph.twins[twin_id].items() if name != "$dtId"}
        await writer.create_twin(twin_id, body)

    async def create_relationship(key: str) -> None:
        item = graph.relationships[key]
        await writer.create_relationship(item.source_id, item.relationship_id, item.body)

    await for_each([key for key in graph.twins if key not in seeded.twins], create_twin)
    await for_each([key for key in graph.relationships if key not in seeded.relationships], create_relationship)
    return Seeded(
        models=seeded.models | graph.models.keys(),
        twins=seeded.twins | graph.twins.keys(),
        relationships=seeded.relationships | graph.relationships.keys(),
    )


async def _create_models(models: Sequence[Model], writer: GraphWriter) -> None:
    if not models:
        return
    present = {str(model["id"]) for model in await writer.list_models()}
    absent = order_models([model for model in models if model["@id"] not in present])
    for start in range(0, len(absent), MODELS_PER_REQUEST):
        await writer.create_models(absent[start : start + MODELS_PER_REQUEST])


def order_models(models: Sequence[Model]) -> list[Model]:
    """The models with each one after those that it extends or has as a component, else in the given order.

    A request may hold models in any order, but only such as depend on each other or on what is there already.

    Raises:
        RoleTagsError: there is a circle.
    """
    by_id = {str(model["@id"]): model for model in models}
    needs = {key: [name for name in dependencies_of(model) if name in by_id] for key, model in by_id.items()}
    try:
        return [by_id[key] for key in TopologicalSorter(needs).static_order()]
    except CycleError as error:
        circle = " → ".join(error.args[1])
        raise RoleTagsError(f"these models depend on each other in a circle: {circle}; break it in the file") from error
