"""The stand-in for azure-native: each of Pulumi's calls becomes a GET, PUT or DELETE of Resource Manager."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pulumi.provider.experimental import provider as pulumi_provider
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import PropertyDiff, PropertyDiffKind

from emulator.provider.changes import find_changes, top_of
from emulator.provider.errors import (
    AlreadyChanged,
    AlreadyExists,
    NotInLocalAzure,
    ParentMissing,
    ProviderError,
    SettingMissing,
)
from emulator.provider.resource_manager import ResourceManager
from emulator.provider.translate import (
    AUTO_NAMED,
    Values,
    complete_inputs,
    find_input_problems,
    imported_inputs,
    is_default,
    make_body,
    make_id,
    make_outputs,
    preview_outputs,
    refresh_inputs,
)
from emulator.provider.wire import read_properties, secret_names, write_properties
from emulator.resource_manager.resource_types import ResourceType, find_by_token

INPUTS = "__inputs"
"""Where the state keeps the inputs that a diff compares, as azure-native does."""

_RESOURCE_GROUP = "azure-native:resources:ResourceGroup"
_CLIENT_CONFIG = "azure-native:authorization:getClientConfig"
_STABLE = ("name", "location")
"""The outputs that azure-native takes for certain after an update (fact sheet pulumi-azure, section 0)."""

_Result = TypeVar("_Result")


class AzureNativeStandIn(pulumi_provider.Provider):
    """The provider; its resources are those of the table."""

    def __init__(self, connect: Callable[[], ResourceManager]) -> None:
        self._connect = connect
        self._config: Mapping[str, Any] = {}
        self._manager: ResourceManager | None = None

    async def configure(self, request: pulumi_provider.ConfigureRequest) -> pulumi_provider.ConfigureResponse:
        """Takes subscription, tenant and location."""
        variables = {key.rsplit(":", 1)[-1]: value for key, value in request.variables.items()}
        self._config = {**variables, **read_properties(request.args)}
        return pulumi_provider.ConfigureResponse(accept_secrets=True, supports_preview=True)

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
        checked = write_properties(inputs, secret=secret_names(request.new_inputs))
        return pulumi_provider.CheckResponse(inputs=checked, failures=failures)

    async def diff(self, request: pulumi_provider.DiffRequest) -> pulumi_provider.DiffResponse:
        """Compares old inputs with new ones, never live state."""
        row = _row(request.type)
        state = read_properties(request.old_state)
        old = state.get(INPUTS, {})
        new = read_properties(request.new_inputs)
        changes = {path: kind for path, kind in find_changes(old, new).items() if path != AUTO_NAMED}
        tops = dict.fromkeys(map(top_of, changes))
        # What is merely said now, and was so already, needs no new resource.
        said = {key for key in tops if changes.get(key) == "ADD" and state.get(key) == new[key]}
        replaces = [key for key in tops if key in row.replaces and key not in said]
        return pulumi_provider.DiffResponse(
            changes=bool(changes),
            replaces=replaces,
            # A name that was given is taken until the old resource is gone.
            delete_before_replace=bool(replaces) and AUTO_NAMED not in old,
            diffs=list(tops),
            detailed_diff={
                path: PropertyDiff(
                    PropertyDiffKind[f"{kind}_REPLACE" if top_of(path) in replaces else kind], input_diff=True
                )
                for path, kind in changes.items()
            },
        )

    async def create(self, request: pulumi_provider.CreateRequest) -> pulumi_provider.CreateResponse:
        """Makes the resource, unless it is there already; one that comes with its parent has to be as it came."""
        row = _row(request.type)
        inputs, secret = read_properties(request.properties), secret_names(request.properties)
        if request.preview:
            outputs = write_properties(preview_outputs(row, inputs, {}), secret=secret)
            return pulumi_provider.CreateResponse("", outputs)
        resource_id = make_id(row, inputs, self._subscription())
        await self._require_free(row, resource_id)
        document = await self._put(row, resource_id, inputs)
        return pulumi_provider.CreateResponse(document["id"], _state(row, document, inputs, secret))

    async def update(self, request: pulumi_provider.UpdateRequest) -> pulumi_provider.UpdateResponse:
        """Sends the new inputs to the resource that there is."""
        row = _row(request.type)
        inputs, secret = read_properties(request.news), secret_names(request.news)
        if request.preview:
            olds = read_properties(request.olds)
            known = {key: olds[key] for key in _STABLE if key in olds}
            return pulumi_provider.UpdateResponse(write_properties(preview_outputs(row, inputs, known), secret=secret))
        # The state's id may be the service's spelling, such as a role definition's: azure-native writes to its own.
        document = await self._put(row, make_id(row, inputs, self._subscription()), inputs)
        return pulumi_provider.UpdateResponse(_state(row, document, inputs, secret))

    async def read(self, request: pulumi_provider.ReadRequest) -> pulumi_provider.ReadResponse:
        """What is live now; what changed since the state was written goes into the inputs, so that it shows."""
        row = _row(request.type)
        document = await self._call(lambda manager: manager.get(request.resource_id, row.api_versions[0]))
        if document is None:
            return pulumi_provider.ReadResponse("", {}, {})
        before, after = read_properties(request.properties), make_outputs(row, document)
        if INPUTS in before:
            inputs = refresh_inputs(row, before[INPUTS], before, after)
        else:
            inputs = imported_inputs(row, request.resource_id, after)
        secret = secret_names(request.inputs)
        state = _state(row, document, inputs, secret)
        return pulumi_provider.ReadResponse(request.resource_id, state, write_properties(inputs, secret=secret))

    async def delete(self, request: pulumi_provider.DeleteRequest) -> None:
        """Removes the resource; one that comes with its parent becomes as it came, for nothing else can be done."""
        row = _row(request.type)
        resource_id, version = request.resource_id, row.api_versions[0]
        if row.default_body is None:
            await self._call(lambda manager: manager.delete(resource_id, version))
        else:
            body = {"properties": row.default_body}
            await self._call(lambda manager: manager.put(resource_id, version, body))

    async def invoke(self, request: pulumi_provider.InvokeRequest) -> pulumi_provider.InvokeResponse:
        """Answers who is asking, and where."""
        if request.tok != _CLIENT_CONFIG:
            raise NotInLocalAzure(f"function {request.tok}")
        claims = await self._call(lambda manager: manager.claims())
        values = {
            "clientId": claims["appid"],
            "objectId": claims["oid"],
            "subscriptionId": self._subscription(),
            "tenantId": claims["tid"],
        }
        return pulumi_provider.InvokeResponse(write_properties(values))

    async def _require_free(self, row: ResourceType, resource_id: str) -> None:
        document = await self._call(lambda manager: manager.get(resource_id, row.api_versions[0]))
        if row.default_body is None:
            if document is not None:
                raise AlreadyExists(resource_id)
        elif document is None:
            raise ParentMissing(resource_id)
        elif not is_default(row, document):
            raise AlreadyChanged(resource_id)

    async def _put(self, row: ResourceType, resource_id: str, inputs: Values) -> Mapping[str, Any]:
        body = make_body(row, inputs)
        if row.takes_location and "location" not in body:
            body["location"] = await self._location_of_group(row, inputs)
        return await self._call(lambda manager: manager.put(resource_id, row.api_versions[0], body))

    async def _location_of_group(self, row: ResourceType, inputs: Values) -> str:
        if row.token == _RESOURCE_GROUP:
            raise SettingMissing("location")
        group = _row(_RESOURCE_GROUP)
        group_id = make_id(group, inputs, self._subscription())
        document = await self._call(lambda manager: manager.get(group_id, group.api_versions[0]))
        if document is None:
            raise ProviderError(f"resource group '{inputs['resourceGroupName']}' could not be found; create it first")
        return str(document["location"])

    async def _call(self, work: Callable[[ResourceManager], _Result]) -> _Result:
        manager = self._manager = self._manager or self._connect()
        return await asyncio.to_thread(work, manager)

    def _subscription(self) -> str:
        subscription = self._config.get("subscriptionId")
        if not subscription:
            raise SettingMissing("subscriptionId")
        return str(subscription)


def _row(type_chain: str) -> ResourceType:
    # The types of the parents stand before it.
    token = type_chain.rsplit("$", 1)[-1]
    row = find_by_token(token)
    if row is None:
        raise NotInLocalAzure(token)
    return row


def _state(
    row: ResourceType, document: Mapping[str, Any], inputs: Values, secret: frozenset[str]
) -> dict[str, PropertyValue]:
    # The copy of the inputs is as secret as anything in it.
    hidden = {*secret, INPUTS} if secret else secret
    return write_properties({**make_outputs(row, document), INPUTS: inputs}, secret=hidden)
