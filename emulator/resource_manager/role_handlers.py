"""What role definitions, role assignments and the listing of permissions answer."""

from collections.abc import Sequence

from emulator.resource_manager.authorization import canonical_role_id, guid_of
from emulator.resource_manager.call import Answer, Call, check_body
from emulator.resource_manager.context import ResourceManagerContext
from emulator.resource_manager.filters import parse_assignment_filter, parse_role_name
from emulator.resource_manager.locks import Locks
from emulator.resource_manager.resource_types import find_by_type
from emulator.resource_manager.resources import Resources
from emulator.resource_manager.role_assignments import TYPE as ASSIGNMENT_TYPE
from emulator.resource_manager.role_assignments import RoleAssignments
from emulator.resource_manager.role_definitions import TYPE as DEFINITION_TYPE
from emulator.resource_manager.role_definitions import RoleDefinitions
from emulator.resource_manager.schema import drop_nulls


class RoleHandlers:
    """One method for each kind of path."""

    def __init__(
        self, context: ResourceManagerContext, resources: Resources, assignments: RoleAssignments, locks: Locks
    ) -> None:
        self._access = context.access
        self._locks = locks
        self._subscription_id = context.directory.subscription_id
        self._resources = resources
        self._assignments = assignments
        self._definitions = RoleDefinitions(context)

    async def definition(self, call: Call) -> Answer:
        """GET, PUT or DELETE of a role definition."""
        guid = guid_of(call.parts["name"])
        if call.method == "GET":
            self._require_read(call, guid)
            return Answer(200, self._definitions.get(guid))
        # Wherever it is written, a definition lies in the subscription.
        self._locks.refuse(call.method, canonical_role_id(self._subscription_id, guid))
        if call.method == "DELETE":
            self._require_on_all(call, self._definitions.assignable_scopes(guid))
            document = self._definitions.delete(guid)
            return Answer(200 if document else 204, document)
        check_body(find_by_type(DEFINITION_TYPE), call.parts["name"], call.body)
        properties = drop_nulls(call.body["properties"])
        self._definitions.check(properties)
        scopes = [*properties["assignableScopes"], *self._definitions.assignable_scopes(guid)]
        self._require_on_all(call, scopes)
        # 201 also for a change: the only success that Azure's own client knows here.
        return Answer(201, self._definitions.put(guid, properties, call.caller))

    async def list_definitions(self, call: Call) -> Answer:
        """GET of the role definitions that can be assigned at a scope."""
        scope, role_name = call.parts["scope"], parse_role_name(call.query.get("$filter", ""))
        if scope:
            self._access.require(call.caller, f"{DEFINITION_TYPE}/read", scope)
        return Answer(200, {"value": self._definitions.list_at(scope, role_name=role_name)})

    async def assignment(self, call: Call) -> Answer:
        """GET, PUT or DELETE of a role assignment."""
        scope, name = call.parts["scope"], call.parts["name"]
        self._access.require(call.caller, f"{ASSIGNMENT_TYPE}/{call.verb}", scope)
        if call.method == "GET":
            return Answer(200, self._assignments.get(scope, name))
        self._locks.refuse(call.method, f"{scope}/providers/{ASSIGNMENT_TYPE}/{name}")
        if call.method == "DELETE":
            document = self._assignments.delete(scope, name)
            return Answer(200 if document else 204, document)
        check_body(find_by_type(ASSIGNMENT_TYPE), name, call.body)
        self._resources.require_scope(scope)
        document, is_new = self._assignments.put(scope, name, drop_nulls(call.body["properties"]), call.caller)
        return Answer(201 if is_new else 200, document)

    async def list_assignments(self, call: Call) -> Answer:
        """GET of the role assignments that matter at a scope."""
        scope, wanted = call.parts["scope"], parse_assignment_filter(call.query.get("$filter", ""))
        self._access.require(call.caller, f"{ASSIGNMENT_TYPE}/read", scope)
        # A resource that is not there yet has the assignments above it, since they are found by the text of its id
        # (unverified; a resource group has to be there).
        self._resources.require_group(scope)
        return Answer(200, {"value": self._assignments.list_at(scope, wanted)})

    async def permissions(self, call: Call) -> Answer:
        """GET of what the caller holds at a scope, which anybody may ask."""
        return Answer(200, {"value": self._access.permissions(call.caller, call.parts["scope"])})

    def _require_read(self, call: Call, guid: str) -> None:
        """A definition is read at a scope where it can be assigned; everybody reads at the tenant's root.

        A custom role's own id names the subscription alone, so whoever reads at one of its assignable scopes reads it.
        """
        action, scope = f"{DEFINITION_TYPE}/read", call.parts["scope"]
        readable = [scope, *self._definitions.assignable_scopes(guid)]
        if scope and not any(self._access.allows(call.caller, action, item) for item in readable):
            self._access.require(call.caller, action, scope)

    def _require_on_all(self, call: Call, scopes: Sequence[str]) -> None:
        """Writing takes the right on every assignable scope, and on the scope of the call where there are none."""
        for scope in scopes or [call.parts["scope"]]:
            self._access.require(call.caller, f"{DEFINITION_TYPE}/{call.verb}", scope)
