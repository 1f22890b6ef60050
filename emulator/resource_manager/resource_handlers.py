"""What resources of every type answer."""

from collections.abc import Mapping
from typing import Any

from emulator.resource_manager.authorization import AccessControl
from emulator.resource_manager.call import Answer, Call, check_body
from emulator.resource_manager.locks import Locks
from emulator.resource_manager.resource_types import ResourceType
from emulator.resource_manager.resources import Resources
from emulator.resource_manager.schema import drop_nulls, keep_known


class ResourceHandlers:
    """One method for each kind of path; the row says which type is meant."""

    def __init__(self, resources: Resources, access: AccessControl, locks: Locks) -> None:
        self._resources = resources
        self._access = access
        self._locks = locks

    async def one(self, row: ResourceType, call: Call) -> Answer:
        """GET, PUT, PATCH or DELETE of a resource or a resource group."""
        resource_id = call.parts["id"]
        self._access.require(call.caller, f"{row.operations}/{call.verb}", resource_id)
        if call.method == "GET":
            return Answer(200, self._resources.get(row, resource_id))
        self._locks.refuse(call.method, resource_id)
        if call.method == "DELETE":
            return Answer(200 if await self._resources.delete(resource_id) else 204)
        document, is_new = await self._resources.put(row, resource_id, self._body(row, call), call.caller)
        return Answer(row.created_status if is_new else 200, document)

    async def many(self, row: ResourceType, call: Call) -> Answer:
        """GET of the resources of a type in a subscription, a resource group or another resource."""
        self._access.require(call.caller, f"{row.operations}/read", call.parts["scope"])
        return Answer(200, {"value": self._resources.list_in(call.parts["scope"], row)})

    def _body(self, row: ResourceType, call: Call) -> Any:
        """The whole resource as the caller wants it; a PATCH says only what is to be another."""
        resource_id, body = call.parts["id"], call.body
        if call.method == "PATCH":
            body = _patched(keep_known(self._resources.get(row, resource_id), row.body), body)
        check_body(row, row.name_of(resource_id), body)
        return drop_nulls(body)


def _patched(now: Mapping[str, Any], change: Any) -> Any:
    """The resource with the change in it; a change of the wrong shape stays as it is, for the check to name."""
    if not isinstance(change, Mapping):
        return change
    inner = change.get("properties")
    if "properties" not in now or not isinstance(inner, Mapping | None):
        return {**now, **change}
    return {**now, **change, "properties": {**now["properties"], **(inner or {})}}
