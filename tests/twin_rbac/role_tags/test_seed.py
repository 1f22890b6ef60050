import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from twin_rbac.clients.errors import AccessDenied
from twin_rbac.role_tags.errors import RoleTagsError
from twin_rbac.role_tags.graph_file import Graph, Relationship, load_graph
from twin_rbac.role_tags.model import Seeded
from twin_rbac.role_tags.reconcile import seed_graph
from twin_rbac.role_tags.seed import MODELS_PER_REQUEST, order_models, seed

READ_MODELS = "Microsoft.DigitalTwins/models/read"
WRITE_MODELS = "Microsoft.DigitalTwins/models/write"
WRITE_RELATIONSHIPS = "Microsoft.DigitalTwins/digitaltwins/relationships/write"
WRITE_TWINS = "Microsoft.DigitalTwins/digitaltwins/write"


class Uploads:
    """An instance that only remembers what was uploaded."""

    def __init__(self, *models: str) -> None:
        self.models = list(models)
        self.requests: list[list[str]] = []

    async def list_models(self) -> list[Mapping[str, Any]]:
        return [{"id": model} for model in self.models]

    async def create_models(self, models: Iterable[Mapping[str, Any]]) -> None:
        self.requests.append([model["@id"] for model in models])

    async def create_twin(self, twin_id: str, twin: Mapping[str, Any]) -> bool:
        raise AssertionError(twin_id, twin)

    async def create_relationship(self, source_id: str, relationship_id: str, body: Mapping[str, Any]) -> bool:
        raise AssertionError(source_id, relationship_id, body)


def model(model_id: str, *, extends: Any = (), components: Iterable[str] = ()) -> dict[str, Any]:
    contents = [{"@type": "Component", "name": "c", "schema": schema} for schema in components]
    return {"@id": model_id, "@type": "Interface", "extends": extends, "contents": contents}


def models_only(*models: dict[str, Any]) -> Graph:
    return Graph(models={item["@id"]: item for item in models}, twins={}, relationships={})


def test_everything_of_the_file_is_uploaded_and_remembered(emulated: Any, example: Path) -> None:
    graph = load_graph(example)
    seeded = asyncio.run(seed_graph(emulated.target(), graph, Seeded()))

    assert seeded.to_mapping() == {
        "models": sorted(graph.models),
        "twins": ["1", "2", "3", "A", "B"],
        "relationships": ["A/A-contains-1", "A/A-contains-2", "A/A-feeds-B", "B/B-contains-3"],
    }
    assert emulated.call("GET", "/digitaltwins/1")["temperature"] == 20.5
    assert emulated.call("GET", "/digitaltwins/A/relationships/A-feeds-B")["$targetId"] == "B"


def test_a_second_seed_uploads_nothing(emulated: Any, example: Path) -> None:
    graph = load_graph(example)
    seeded = asyncio.run(seed_graph(emulated.target(), graph, Seeded()))
    before = emulated.writes

    assert asyncio.run(seed_graph(emulated.target(), graph, seeded)) == seeded
    assert emulated.writes == before


def test_what_is_there_already_is_found_and_not_overwritten(emulated: Any, example: Path) -> None:
    graph = load_graph(example)
    asyncio.run(seed_graph(emulated.target(), graph, Seeded()))
    emulated.set_tags("A", {"role": "Earth"})

    # As after a run that was killed before it could record anything.
    seeded = asyncio.run(seed_graph(emulated.target(), graph, Seeded()))
    assert seeded.twins == set(graph.twins)
    assert emulated.tags()["A"] == {"role": "Earth"}


def test_a_twin_that_was_seeded_once_and_is_gone_stays_gone(emulated: Any, example: Path) -> None:
    graph = load_graph(example)
    seeded = asyncio.run(seed_graph(emulated.target(), graph, Seeded()))
    emulated.call("DELETE", "/digitaltwins/B/relationships/B-contains-3")
    emulated.call("DELETE", "/digitaltwins/3")

    assert "3" in asyncio.run(seed_graph(emulated.target(), graph, seeded)).twins
    assert "3" not in emulated.tags()


def test_what_left_the_file_stays_remembered(emulated: Any) -> None:
    seeded = asyncio.run(seed_graph(emulated.target(), models_only(), Seeded(twins=frozenset({"old"}))))

    assert seeded.twins == {"old"}


def test_the_loaders_data_actions_are_enough(emulated: Any, example: Path) -> None:
    emulated.tokens.allowed["loader"] = {READ_MODELS, WRITE_MODELS, WRITE_TWINS, WRITE_RELATIONSHIPS}
    asyncio.run(seed_graph(emulated.target("loader"), load_graph(example), Seeded()))

    assert emulated.tokens.refused == []


def test_a_caller_who_may_not_write_relationships_is_told_so(emulated: Any, example: Path) -> None:
    emulated.tokens.allowed["half"] = {READ_MODELS, WRITE_MODELS, WRITE_TWINS}

    with pytest.raises(AccessDenied, match=WRITE_RELATIONSHIPS):
        asyncio.run(seed_graph(emulated.target("half"), load_graph(example), Seeded()))


def test_a_model_comes_after_those_that_it_extends_or_has_as_a_component() -> None:
    models = [
        model("room", extends=["taggable", "elsewhere"]),
        model("site", extends="room", components=["sensor"]),
        model("sensor", extends="taggable"),
        model("taggable"),
    ]

    order = [item["@id"] for item in order_models(models)]
    for earlier, later in [("taggable", "room"), ("room", "site"), ("sensor", "site"), ("taggable", "sensor")]:
        assert order.index(earlier) < order.index(later)


def test_an_extends_that_is_no_text_is_left_to_the_service_to_refuse() -> None:
    assert order_models([model("a", extends=5)]) == [model("a", extends=5)]


def test_models_that_depend_on_each_other_in_a_circle_are_named() -> None:
    with pytest.raises(RoleTagsError, match=r"circle: .*a.*b"):
        order_models([model("a", extends="b"), model("b", components=["a"])])


def test_many_models_are_uploaded_in_requests_that_never_lack_a_dependency() -> None:
    count = MODELS_PER_REQUEST + 20
    chain = [model(str(number), extends=str(number + 1) if number + 1 < count else ()) for number in range(count)]
    uploads = Uploads()
    asyncio.run(seed(models_only(*chain), Seeded(), uploads))

    assert [len(request) for request in uploads.requests] == [MODELS_PER_REQUEST, 20]
    assert [name for request in uploads.requests for name in request] == [str(n) for n in reversed(range(count))]


def test_models_that_are_there_are_not_uploaded_again() -> None:
    uploads = Uploads("a")
    asyncio.run(seed(models_only(model("a"), model("b")), Seeded(models=frozenset({"c"})), uploads))

    assert uploads.requests == [["b"]]


def test_a_relationship_to_a_twin_that_is_not_there_is_an_error_that_names_it(emulated: Any, example: Path) -> None:
    asyncio.run(seed_graph(emulated.target(), load_graph(example), Seeded()))
    body = {"$relationshipId": "r", "$targetId": "nobody", "$relationshipName": "feeds"}
    relationship = Relationship(source_id="A", relationship_id="r", body=body)
    graph = Graph(models={}, twins={}, relationships={"A/r": relationship})

    with pytest.raises(Exception, match="creation of relationship 'r' of twin 'A'"):
        asyncio.run(seed_graph(emulated.target(), graph, Seeded()))
