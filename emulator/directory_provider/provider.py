"""The stand-in for azuread: each of Pulumi's calls becomes calls of Graph.

Unlike azure-native it compares the inputs with what the state holds of the live object, as the real one does: a value
that something else set on it is a difference, unless `ignore_changes` names it.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from pulumi.provider.experimental import provider as pulumi_provider
from pulumi.provider.experimental.provider import PropertyDiff, PropertyDiffKind

from emulator.directory_provider.app_role_assignment import AppRoleAssignment
from emulator.directory_provider.application import Application
from emulator.directory_provider.graph import Graph
from emulator.directory_provider.identifier_uri import ApplicationIdentifierUri
from emulator.directory_provider.inputs import find_input_problems, keep_said
from emulator.directory_provider.pre_authorized import ApplicationPreAuthorized
from emulator.directory_provider.resource import Resource, Values
from emulator.directory_provider.service_principal import ServicePrincipal
from emulator.provider.changes import find_changes, top_of
from emulator.provider.errors import NotInLocalAzure, ProviderError
from emulator.provider.wire import UNKNOWN, read_properties, secret_names, write_properties

_RESOURCES: tuple[Resource, ...] = (
    Application(),
    ApplicationIdentifierUri(),
    ApplicationPreAuthorized(),
    ServicePrincipal(),
    AppRoleAssignment(),
)
_CLIENT_CONFIG = "azuread:index/getClientConfig:getClientConfig"

_Result = TypeVar("_Result")


class AzureAdStandIn(pulumi_provider.Provider):
    """The provider."""

    def __init__(self, connect: Callable[[], Graph]) -> None:
        self._connect = connect
        self._graph: Graph | None = None

    async def configure(self, _: pulumi_provider.ConfigureRequest) -> pulumi_provider.ConfigureResponse:
        """Takes nothing: who it is stands in the environment."""
        return pulumi_provider.ConfigureResponse(accept_secrets=True, supports_preview=True)

    async def check(self, request: pulumi_provider.CheckRequest) -> pulumi_provider.CheckResponse:
        """Names what azuread or Graph would refuse."""
        inputs = {key: value for key, value in read_properties(request.new_inputs).items() if value is not None}
        problems = find_input_problems(_resource(request.type), inputs)
        failures = [pulumi_provider.CheckFailure(key, reason) for key, reason in problems]
        checked = write_properties(inputs, secret=secret_names(request.new_inputs))
        return pulumi_provider.CheckResponse(inputs=checked, failures=failures)

    async def diff(self, request: pulumi_provider.DiffRequest) -> pulumi_provider.DiffResponse:
        """Compares the inputs with what the state holds of the live object."""
        resource = _resource(request.type)
        state, inputs = read_properties(request.old_state), read_properties(request.new_inputs)
        changes = _find_changes(resource, state, inputs, request.ignore_changes)
        tops = list(dict.fromkeys(map(top_of, changes)))
        replaces = [key for key in tops if key in resource.replaces]
        return pulumi_provider.DiffResponse(
            changes=bool(changes),
            replaces=replaces,
            # The same assignment, client or URI can be there once only.
            delete_before_replace=bool(replaces),
            diffs=tops,
            detailed_diff={
                path: PropertyDiff(
                    PropertyDiffKind[f"{kind}_REPLACE" if top_of(path) in replaces else kind], input_diff=False
                )
                for path, kind in changes.items()
            },
        )

    async def create(self, request: pulumi_provider.CreateRequest) -> pulumi_provider.CreateResponse:
        """Makes the object."""
        resource = _resource(request.type)
        inputs, secret = read_properties(request.properties), secret_names(request.properties)
        if request.preview:
            outputs = {**dict.fromkeys(resource.computed, UNKNOWN), **inputs}
            return pulumi_provider.CreateResponse("", write_properties(outputs, secret=secret))
        resource_id = await self._call(lambda graph: resource.create(graph, inputs))
        outputs = await self._read_made(resource, resource_id)
        return pulumi_provider.CreateResponse(resource_id, write_properties(outputs, secret=secret))

    async def update(self, request: pulumi_provider.UpdateRequest) -> pulumi_provider.UpdateResponse:
        """Sends what differs from the state."""
        resource = _resource(request.type)
        state, inputs = read_properties(request.olds), read_properties(request.news)
        tops = {top_of(path) for path in _find_changes(resource, state, inputs, request.ignore_changes)}
        if request.preview:
            unknown = {key: UNKNOWN for key, source in resource.computed.items() if source in tops}
            outputs = {**state, **inputs, **unknown}
        else:
            changed = {key: inputs.get(key) for key in tops}
            await self._call(lambda graph: resource.update(graph, request.resource_id, changed))
            outputs = await self._read_made(resource, request.resource_id)
        return pulumi_provider.UpdateResponse(write_properties(outputs, secret=secret_names(request.news)))

    async def read(self, request: pulumi_provider.ReadRequest) -> pulumi_provider.ReadResponse:
        """What is live now; what the inputs said of it is renewed, so that a change by hand shows."""
        resource = _resource(request.type)
        outputs = await self._call(lambda graph: resource.read(graph, request.resource_id))
        if outputs is None:
            return pulumi_provider.ReadResponse("", {}, {})
        said = read_properties(request.inputs)
        inputs = _renew(resource, said, outputs) if said else keep_said(outputs, resource.shape)
        secret = secret_names(request.inputs)
        return pulumi_provider.ReadResponse(
            request.resource_id, write_properties(outputs, secret=secret), write_properties(inputs, secret=secret)
        )

    async def delete(self, request: pulumi_provider.DeleteRequest) -> None:
        """Removes the object."""
        resource = _resource(request.type)
        await self._call(lambda graph: resource.delete(graph, request.resource_id))

    async def invoke(self, request: pulumi_provider.InvokeRequest) -> pulumi_provider.InvokeResponse:
        """Answers who is asking."""
        if request.tok != _CLIENT_CONFIG:
            raise NotInLocalAzure(f"function {request.tok}")
        claims = await self._call(lambda graph: graph.claims())
        values = {"clientId": claims["appid"], "objectId": claims["oid"], "tenantId": claims["tid"]}
        return pulumi_provider.InvokeResponse(write_properties({**values, "id": "-".join(values.values())}))

    async def _read_made(self, resource: Resource, resource_id: str) -> Values:
        outputs = await self._call(lambda graph: resource.read(graph, resource_id))
        if outputs is None:
            raise ProviderError(f"{resource_id} was gone right after it was written; run the command again")
        return outputs

    async def _call(self, work: Callable[[Graph], _Result]) -> _Result:
        graph = self._graph = self._graph or self._connect()
        return await asyncio.to_thread(work, graph)


def _resource(type_chain: str) -> Resource:
    # The types of the parents stand before it.
    token = type_chain.rsplit("$", 1)[-1]
    for resource in _RESOURCES:
        if resource.pulumi_type == token:
            return resource
    raise NotInLocalAzure(token)


def _find_changes(
    resource: Resource, state: Mapping[str, Any], inputs: Mapping[str, Any], ignored: Collection[str]
) -> Mapping[str, Any]:
    """Path -> what happened to it, between what is live by the state and what the inputs say."""
    left_out = {top_of(path) for path in ignored} | {key for key in resource.service_fills if key not in inputs}
    old, new = (
        {key: value for key, value in keep_said(values, resource.shape).items() if key not in left_out}
        for values in (state, inputs)
    )
    return find_changes(old, new)


def _renew(resource: Resource, said: Values, outputs: Values) -> Values:
    """The inputs with the live value where that is another one."""
    live = {key: outputs.get(key) for key in said}
    old, new = keep_said(said, resource.shape), keep_said(live, resource.shape)
    renewed = {key: said[key] if old.get(key) == new.get(key) else live[key] for key in said}
    return {key: value for key, value in renewed.items() if value is not None}
