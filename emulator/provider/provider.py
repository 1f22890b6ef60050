"""The stand-in for azure-native: each of Pulumi's calls becomes a GET, PUT or DELETE of Resource Manager."""

import asyncio
from collections.abc import Callable
from typing import Any

from pulumi.provider.experimental import provider as pulumi_provider
from pulumi.provider.experimental.provider import PropertyDiff, PropertyDiffKind

from emulator.provider.errors import AlreadyExists, ProviderError
from emulator.provider.resource_manager import ResourceManager
from emulator.provider.translate import (
    Values,
    complete_inputs,
    find_input_problems,
    make_body,
    make_id,
    make_outputs,
    preview_outputs,
)
from emulator.provider.wire import read_properties, write_properties
from emulator.resource_manager.resource_types import ResourceType, find_by_token

INPUTS = "__inputs"
"""Where the state keeps the inputs that a diff compares, as azure-native does."""


class AzureNativeStandIn(pulumi_provider.Provider):
    """The provider; its resources are those of the table."""

    def __init__(self, connect: Callable[[], ResourceManager]) -> None:
        self._connect = connect
        self._config: dict[str, str] = {}
        self._manager: ResourceManager | None = None

    async def configure(self, request: pulumi_provider.ConfigureRequest) -> pulumi_provider.ConfigureResponse:
        """Takes subscription, tenant and location."""
        plain = {key.rsplit(":", 1)[-1]: value for key, value in request.variables.items()}
        self._config = {**plain, **{k: v for k, v in read_properties(request.args).items() if isinstance(v, str)}}
        return pulumi_provider.ConfigureResponse(
            accept_secrets=True, supports_preview=True, accept_resources=True, accept_outputs=True
        )

    async def check(self, request: pulumi_provider.CheckRequest) -> pulumi_provider.CheckResponse:
        """Fills in defaults and names what Azure would refuse."""
        row = _row(request.type)
        inputs = complete_inputs(
            row,
            read_properties(request.new_inputs),
            read_properties(request.old_inputs),
            name=request.name,
            seed=request.random_seed,
            location=self._config.get("location"),
        )
        problems = find_input_problems(row, inputs)
        failures = [pulumi_provider.CheckFailure(key, reason) for key, reason in problems]
        return pulumi_provider.CheckResponse(inputs=write_properties(inputs), failures=failures)

    async def diff(self, request: pulumi_provider.DiffRequest) -> pulumi_provider.DiffResponse:
        """Compares old inputs with new ones, never live state."""
        row = _row(request.type)
        old = read_properties(request.old_state).get(INPUTS, {})
        new = read_properties(request.new_inputs)
        changed = [key for key in {**old, **new} if old.get(key) != new.get(key) and key not in request.ignore_changes]
        replaces = [key for key in changed if key in row.replaces]
        return pulumi_provider.DiffResponse(
            changes=bool(changed),
            replaces=replaces,
            delete_before_replace=bool(replaces),
            diffs=changed,
            detailed_diff={key: _difference(key, old, new, replaces) for key in changed},
        )

    async def create(self, request: pulumi_provider.CreateRequest) -> pulumi_provider.CreateResponse:
        """Makes the resource, unless it is there already."""
        row = _row(request.type)
        inputs = read_properties(request.properties)
        if request.preview:
            return pulumi_provider.CreateResponse("", write_properties(preview_outputs(row, inputs, {})))
        resource_id = make_id(row, inputs, self._subscription())
        if await self._call(lambda manager: manager.get(resource_id, row.api_versions[0])) is not None:
            raise AlreadyExists(resource_id)
        document = await self._put(row, resource_id, inputs)
        return pulumi_provider.CreateResponse(document["id"], self._state(row, document, inputs))

    async def update(self, request: pulumi_provider.UpdateRequest) -> pulumi_provider.UpdateResponse:
        """Sends the new inputs to the resource that there is."""
        row = _row(_type_of(request.urn))
        inputs = read_properties(request.news)
        if request.preview:
            # What azure-native takes for certain after an update (fact sheet pulumi-azure, section 0).
            olds = read_properties(request.olds)
            known: Values = {key: olds[key] for key in ("name", "location", "type") if key in olds}
            return pulumi_provider.UpdateResponse(write_properties(preview_outputs(row, inputs, known)))
        document = await self._put(row, request.resource_id, inputs)
        return pulumi_provider.UpdateResponse(self._state(row, document, inputs))

    async def read(self, request: pulumi_provider.ReadRequest) -> pulumi_provider.ReadResponse:
        """What is live now; what changed since the state was written goes into the inputs, so that it shows."""
        row = _row(_type_of(request.urn))
        document = await self._call(lambda manager: manager.get(request.resource_id, row.api_versions[0]))
        if document is None:
            return pulumi_provider.ReadResponse("", {}, {})
        before, after = read_properties(request.properties), make_outputs(row, document)
        inputs = {
            key: after.get(key) if key in before and before.get(key) != after.get(key) else value
            for key, value in before.get(INPUTS, {}).items()
        }
        state = self._state(row, document, inputs)
        return pulumi_provider.ReadResponse(document["id"], state, write_properties(inputs))

    async def delete(self, request: pulumi_provider.DeleteRequest) -> None:
        """Removes the resource."""
        row = _row(_type_of(request.urn))
        await self._call(lambda manager: manager.delete(request.resource_id, row.api_versions[0]))

    async def invoke(self, request: pulumi_provider.InvokeRequest) -> pulumi_provider.InvokeResponse:
        """Answers who is asking, and where."""
        if request.tok != "azure-native:authorization:getClientConfig":
            raise ProviderError(f"the stand-in has no function {request.tok}")
        claims = await self._call(lambda manager: manager.claims())
        values = {
            "clientId": claims["azp"],
            "objectId": claims["oid"],
            "subscriptionId": self._subscription(),
            "tenantId": claims["tid"],
        }
        return pulumi_provider.InvokeResponse(write_properties(values))

    async def _put(self, row: ResourceType, resource_id: str, inputs: Values) -> Any:
        body = make_body(row, inputs)
        if row.takes_location and "location" not in body:
            body["location"] = await self._location_of_group(inputs)
        return await self._call(lambda manager: manager.put(resource_id, row.api_versions[0], body))

    async def _location_of_group(self, inputs: Values) -> str:
        group = f"/subscriptions/{self._subscription()}/resourceGroups/{inputs['resourceGroupName']}"
        row = _row("azure-native:resources:ResourceGroup")
        document = await self._call(lambda manager: manager.get(group, row.api_versions[0]))
        if document is None:
            raise ProviderError(f"resource group '{inputs['resourceGroupName']}' could not be found")
        return str(document["location"])

    async def _call(self, work: Callable[[ResourceManager], Any]) -> Any:
        if self._manager is None:
            self._manager = self._connect()
        manager = self._manager
        return await asyncio.to_thread(lambda: work(manager))

    def _state(self, row: ResourceType, document: Any, inputs: Values) -> Any:
        return write_properties({**make_outputs(row, document), INPUTS: inputs})

    def _subscription(self) -> str:
        subscription = self._config.get("subscriptionId")
        if not subscription:
            raise ProviderError("azure-native:subscriptionId is not set; set it in the stack's config")
        return subscription


def _row(type_chain: str) -> ResourceType:
    token = type_chain.rsplit("$", 1)[-1]
    row = find_by_token(token)
    if row is None:
        raise ProviderError(f"the local Azure has no {token}; see docs/emulator-differences.md")
    return row


def _type_of(urn: str) -> str:
    return urn.split("::")[-2]


def _difference(key: str, old: Values, new: Values, replaces: list[str]) -> PropertyDiff:
    name = "DELETE" if key not in new else "ADD" if key not in old else "UPDATE"
    return PropertyDiff(PropertyDiffKind[f"{name}_REPLACE" if key in replaces else name], input_diff=True)
