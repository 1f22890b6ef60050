"""The provider, called as the engine calls it."""

import asyncio
from collections.abc import Mapping
from typing import Any

from pulumi.provider.experimental import provider as pulumi_provider
from pulumi.provider.experimental.property_value import PropertyValue

from emulator.provider.provider import INPUTS, AzureNativeStandIn
from emulator.provider.resource_manager import connect
from emulator.provider.wire import read_properties, write_properties

SUBSCRIPTION_ID = "5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002"


def urn(token: str) -> str:
    # A component is the parent: its type stands before the resource's own.
    return f"urn:pulumi:local::p::p:index:Component${token}::name"


class Engine:
    """Calls the provider as the engine does, with plain values."""

    def __init__(self, environment: Mapping[str, str], **config: str) -> None:
        self.provider = AzureNativeStandIn(lambda: connect(environment))
        variables = {f"azure-native:config:{key}": value for key, value in config.items()}
        request = pulumi_provider.ConfigureRequest(variables, {}, accept_secrets=True, accept_resources=True)
        asyncio.run(self.provider.configure(request))

    def check(self, token: str, inputs: Any, old: Any | None = None) -> pulumi_provider.CheckResponse:
        request = pulumi_provider.CheckRequest(urn(token), write_properties(old or {}), _wrap(inputs), b"seed")
        return asyncio.run(self.provider.check(request))

    def diff(self, token: str, old: Any, new: Any, *, outputs: Any | None = None) -> pulumi_provider.DiffResponse:
        state = write_properties({**(outputs or {}), INPUTS: old})
        request = pulumi_provider.DiffRequest(urn(token), "id", state, write_properties(new), [])
        return asyncio.run(self.provider.diff(request))

    def create(self, token: str, inputs: Any, *, preview: bool = False) -> pulumi_provider.CreateResponse:
        request = pulumi_provider.CreateRequest(urn(token), _wrap(inputs), 0, preview)
        return asyncio.run(self.provider.create(request))

    def update(self, token: str, resource_id: str, old: Any, new: Any, *, preview: bool = False) -> dict[str, Any]:
        request = pulumi_provider.UpdateRequest(
            urn(token), resource_id, write_properties(old), write_properties(new), 0, [], preview
        )
        return read_properties(asyncio.run(self.provider.update(request)).properties)

    def read(self, token: str, resource_id: str, state: Any | None = None) -> pulumi_provider.ReadResponse:
        state = state or {}
        request = pulumi_provider.ReadRequest(
            urn(token), resource_id, write_properties(state), write_properties(state.get(INPUTS, {}))
        )
        return asyncio.run(self.provider.read(request))

    def delete(self, token: str, resource_id: str) -> None:
        asyncio.run(self.provider.delete(pulumi_provider.DeleteRequest(urn(token), resource_id, {}, 0)))

    def invoke(self, token: str) -> dict[str, Any]:
        response = asyncio.run(self.provider.invoke(pulumi_provider.InvokeRequest(token, {})))
        return read_properties(response.return_value or {})


def _wrap(inputs: Any) -> dict[str, PropertyValue]:
    return {
        key: value if isinstance(value, PropertyValue) else write_properties({key: value})[key]
        for key, value in inputs.items()
    }
