"""What resource groups and instances answer."""

from collections.abc import Mapping
from typing import Any

from emulator.resource_manager.authorization import AccessControl
from emulator.resource_manager.call import Answer, Call, check_body
from emulator.resource_manager.resource_types import find_by_type
from emulator.resource_manager.resources import GROUP_TYPE, INSTANCE_TYPE, Resources
from emulator.resource_manager.schema import drop_nulls, keep_known

_GROUP_ACTION = "Microsoft.Resources/subscriptions/resourceGroups"


class ResourceHandlers:
    """One method for each kind of path."""

    def __init__(self, resources: Resources, access: AccessControl) -> None:
        self._resources = resources
        self._access = access

    async def group(self, call: Call) -> Answer:
        """GET, PUT, PATCH or DELETE of a resource group."""
        resource_id = call.parts["id"]
        self._access.require(call.caller, f"{_GROUP_ACTION}/{call.verb}", resource_id)
        if call.verb != "write":
            return await self._read_or_delete(call, resource_id)
        document, is_new = self._resources.put_group(resource_id, self._body(call, GROUP_TYPE))
        return Answer(201 if is_new else 200, document)

    async def instance(self, call: Call) -> Answer:
        """GET, PUT, PATCH or DELETE of an instance."""
        resource_id = call.parts["id"]
        self._access.require(call.caller, f"{INSTANCE_TYPE}/{call.verb}", resource_id)
        if call.verb != "write":
            return await self._read_or_delete(call, resource_id)
        document, is_new = await self._resources.put_instance(resource_id, self._body(call, INSTANCE_TYPE))
        return Answer(201 if is_new else 200, document)

    async def list_groups(self, call: Call) -> Answer:
        """GET of a subscription's resource groups."""
        self._access.require(call.caller, f"{_GROUP_ACTION}/read", call.parts["scope"])
        return Answer(200, {"value": self._resources.list_in(call.parts["scope"], GROUP_TYPE)})

    async def list_instances(self, call: Call) -> Answer:
        """GET of the instances of a resource group or of the subscription."""
        self._access.require(call.caller, f"{INSTANCE_TYPE}/read", call.parts["scope"])
        return Answer(200, {"value": self._resources.list_in(call.parts["scope"], INSTANCE_TYPE)})

    async def _read_or_delete(self, call: Call, resource_id: str) -> Answer:
        if call.method == "GET":
            return Answer(200, self._resources.get(resource_id))
        return Answer(200 if await self._resources.delete(resource_id) else 204)

    def _body(self, call: Call, resource_type: str) -> Any:
        """The whole resource as the caller wants it; a PATCH says only what is to be another."""
        row, resource_id = find_by_type(resource_type), call.parts["id"]
        body = call.body
        if call.method == "PATCH":
            body = _patched(keep_known(self._resources.get(resource_id), row.body), body)
        check_body(row, resource_id.rsplit("/", 1)[-1], body)
        return drop_nulls(body)


def _patched(now: Mapping[str, Any], change: Any) -> Any:
    """The resource with the change in it; a change of the wrong shape stays as it is, for the check to name."""
    if not isinstance(change, Mapping):
        return change
    inner = change.get("properties")
    if "properties" not in now or not isinstance(inner, Mapping | None):
        return {**now, **change}
    return {**now, **change, "properties": {**now["properties"], **(inner or {})}}
