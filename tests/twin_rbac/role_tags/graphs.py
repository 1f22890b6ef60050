"""Small graphs for tests of selectors."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from twin_rbac.role_tags.graph_file import Graph, Relationship
from twin_rbac.role_tags.model import Seeded
from twin_rbac.role_tags.seed import seed
from twin_rbac.role_tags.selectors import Selector, SelectorKind, Subtree
from twin_rbac.role_tags.target import Target, open_instance

THING = "dtmi:test:Thing;1"


def model(model_id: str, *, extends: Sequence[str] = ()) -> dict[str, Any]:
    """A model whose twins may hold each other."""
    contents: list[Any] = []
    if not extends:
        contents = [{"@type": "Relationship", "name": name} for name in ("contains", "feeds")]
    document = {"@id": model_id, "@type": "Interface", "@context": "dtmi:dtdl:context;3", "contents": contents}
    return {**document, "extends": list(extends)} if extends else document


def make_graph(
    twins: Mapping[str, str] | Iterable[str] = (),
    edges: Iterable[tuple[str, str, str]] = (),
    models: Iterable[Mapping[str, Any]] = (model(THING),),
) -> Graph:
    """A graph file of twins (twin -> model, or twins of one model), edges (source, name, target) and models."""
    by_model = dict(twins) if isinstance(twins, Mapping) else dict.fromkeys(twins, THING)
    relationships = {}
    for source, name, target in edges:
        relationship_id = f"{name} {target}"
        body = {"$relationshipId": relationship_id, "$relationshipName": name, "$targetId": target}
        key = f"{quote(source, safe='')}/{quote(relationship_id, safe='')}"
        relationships[key] = Relationship(source_id=source, relationship_id=relationship_id, body=body)
    return Graph(
        models={each["@id"]: each for each in models},
        twins={twin_id: {"$dtId": twin_id, "$metadata": {"$model": each}} for twin_id, each in by_model.items()},
        relationships=relationships,
    )


def upload(target: Target, graph: Graph) -> Graph:
    """Seeds the graph into the instance."""

    async def run() -> None:
        async with open_instance(target, say=print) as client:
            await seed(graph, Seeded(), client)

    asyncio.run(run())
    return graph


def selector(role: str, kind: SelectorKind, value: str | Subtree, *, line: int = 1) -> Selector:
    """A selector of m.yaml."""
    return Selector(role=role, kind=kind, value=value, place=f"m.yaml:{line}:3")
