import asyncio
from collections.abc import Iterator

import pytest

from tests.twin_rbac.gateway.world import GRAPH, World


@pytest.fixture
def world() -> Iterator[World]:
    """A gateway over the graph of the hostile statements."""
    world = World(GRAPH)
    yield world
    asyncio.run(world.close())
