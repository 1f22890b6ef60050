"""The provider as the engine calls it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from pulumi.provider.experimental import provider as pulumi_provider
from pulumi.provider.experimental.property_value import PropertyValue

from emulator.directory_provider.graph import Graph
from emulator.directory_provider.provider import AzureAdStandIn
from emulator.provider.wire import read_properties, write_properties


def urn(pulumi_type: str) -> str:
    # A component is the parent: its type stands before the resource's own.
    return f"urn:pulumi:local::p::p:index:Component${pulumi_type}::name"


class Engine:
    """Calls the provider with plain values."""

    def __init__(self, connect: Callable[[], Graph]) -> None:
        self.provider = AzureAdStandIn(connect)

    def check(self, pulumi_type: str, inputs: Any) -> pulumi_provider.CheckResponse:
        request = pulumi_provider.CheckRequest(urn(pulumi_type), {}, _wrap(inputs), b"seed")
        return asyncio.run(self.provider.check(request))

    def problems(self, pulumi_type: str, inputs: Any) -> dict[str, str]:
        failures = self.check(pulumi_type, inputs).failures or []
        return {failure.property: failure.reason for failure in failures}

    def diff(
        self, pulumi_type: str, state: Any, inputs: Any, *, ignore: Sequence[str] = ()
    ) -> pulumi_provider.DiffResponse:
        request = pulumi_provider.DiffRequest(
            urn(pulumi_type), "id", write_properties(state), write_properties(inputs), list(ignore)
        )
        return asyncio.run(self.provider.diff(request))

    def create(self, pulumi_type: str, inputs: Any, *, preview: bool = False) -> tuple[str, dict[str, Any]]:
        request = pulumi_provider.CreateRequest(urn(pulumi_type), _wrap(inputs), 0, preview)
        response = asyncio.run(self.provider.create(request))
        return str(response.resource_id), read_properties(response.properties)

    def update(
        self,
        pulumi_type: str,
        resource_id: str,
        state: Any,
        inputs: Any,
        *,
        ignore: Sequence[str] = (),
        preview: bool = False,
    ) -> dict[str, Any]:
        request = pulumi_provider.UpdateRequest(
            urn(pulumi_type), resource_id, write_properties(state), write_properties(inputs), 0, list(ignore), preview
        )
        return read_properties(asyncio.run(self.provider.update(request)).properties)

    def read(
        self, pulumi_type: str, resource_id: str, inputs: Any | None = None
    ) -> tuple[str | None, dict[str, Any], dict[str, Any]]:
        request = pulumi_provider.ReadRequest(urn(pulumi_type), resource_id, {}, write_properties(inputs or {}))
        response = asyncio.run(self.provider.read(request))
        return response.resource_id, read_properties(response.properties), read_properties(response.inputs)

    def delete(self, pulumi_type: str, resource_id: str) -> None:
        asyncio.run(self.provider.delete(pulumi_provider.DeleteRequest(urn(pulumi_type), resource_id, {}, 0)))

    def invoke(self, name: str) -> dict[str, Any]:
        response = asyncio.run(self.provider.invoke(pulumi_provider.InvokeRequest(name, {})))
        return read_properties(response.return_value or {})


def _wrap(inputs: Mapping[str, Any]) -> dict[str, PropertyValue]:
    return {
        key: value if isinstance(value, PropertyValue) else write_properties({key: value})[key]
        for key, value in inputs.items()
    }


@pytest.fixture
def engine_as(emulator: Any) -> Callable[[str], Engine]:
    """The provider as a principal."""
    return lambda name: Engine(lambda: Graph.connect(emulator.environment(name)))


@pytest.fixture
def engine(engine_as: Callable[[str], Engine]) -> Engine:
    """The provider as the deployer."""
    return engine_as("deployer")


@pytest.fixture
def offline() -> Engine:
    """What needs no Graph must not ask for one."""
    return Engine(lambda: Graph.connect({}))
