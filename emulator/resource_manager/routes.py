"""Resource Manager over HTTP: which resource is meant, whether the caller may, and then what it asks for."""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulator.entra.errors import InvalidToken
from emulator.resource_manager.authorization import guid_of
from emulator.resource_manager.context import ResourceManagerContext
from emulator.resource_manager.errors import (
    AuthorizationFailed,
    InvalidTemplate,
    ResourceManagerError,
    ResourceNotFound,
    answer_error,
)
from emulator.resource_manager.resource_types import find_by_type
from emulator.resource_manager.resources import GROUP_TYPE, INSTANCE_TYPE, Resources
from emulator.resource_manager.role_assignments import TYPE as ASSIGNMENT_TYPE
from emulator.resource_manager.role_assignments import RoleAssignments
from emulator.resource_manager.role_definitions import TYPE as DEFINITION_TYPE
from emulator.resource_manager.role_definitions import RoleDefinitions
from emulator.resource_manager.schema import find_problems

_VERBS = {"GET": "read", "PUT": "write", "DELETE": "delete"}
_FILTER = re.compile(
    r"(?:(?P<at>atScope\(\))|assignedTo\('(?P<to>[0-9a-fA-F-]+)'\)|principalId\s+eq\s+'(?P<id>[0-9a-fA-F-]+)')"
)


def create_app(context: ResourceManagerContext) -> Starlette:
    """The ASGI application."""
    manager = _ResourceManager(context)
    return Starlette(routes=[Route("/{path:path}", manager.serve, methods=["GET", "PUT", "DELETE", "POST", "PATCH"])])


class _Call:
    """One request, read."""

    def __init__(self, request: Request, caller: str, body: Any) -> None:
        self.method = request.method
        self.path = request.url.path
        self.query = request.query_params
        self.caller = caller
        self.body = body


Answer = tuple[Any, int]


class _ResourceManager:
    def __init__(self, context: ResourceManagerContext) -> None:
        self._context = context
        self._assignments = RoleAssignments(context)
        self._definitions = RoleDefinitions(context)
        self._resources = Resources(context, self._assignments)
        provider = r"(?P<scope>.*)/providers/Microsoft\.Authorization"
        group = r"(?P<id>(?P<scope>/subscriptions/[^/]+)/resourceGroups/[^/]+)"
        instances = r"/providers/Microsoft\.DigitalTwins/digitalTwinsInstances"
        self._table: list[tuple[re.Pattern[str], str, Callable[[_Call, Mapping[str, str]], Awaitable[Answer]]]] = [
            (re.compile(pattern, re.IGNORECASE), action, handler)
            for pattern, action, handler in (
                (rf"{provider}/roleAssignments/(?P<name>[^/]+)", ASSIGNMENT_TYPE, self._assignment),
                (rf"{provider}/roleAssignments", ASSIGNMENT_TYPE, self._list_assignments),
                (rf"{provider}/roleDefinitions/(?P<name>[^/]+)", DEFINITION_TYPE, self._definition),
                (rf"{provider}/roleDefinitions", DEFINITION_TYPE, self._list_definitions),
                (rf"{provider}/permissions", "", self._permissions),
                (
                    rf"(?P<id>{group.replace('?P<id>', '').replace('?P<scope>', '')}{instances}/[^/]+)",
                    INSTANCE_TYPE,
                    self._instance,
                ),
                (rf"(?P<scope>.*){instances}", INSTANCE_TYPE, self._list_instances),
                (group, "Microsoft.Resources/subscriptions/resourceGroups", self._group),
                (
                    r"(?P<scope>/subscriptions/[^/]+)/resourceGroups",
                    "Microsoft.Resources/subscriptions/resourceGroups",
                    self._list_groups,
                ),
            )
        ]

    async def serve(self, request: Request) -> Response:
        """Answers one request."""
        try:
            caller = self._context.authenticate(request.headers.get("authorization"))
            return await self._route(_Call(request, caller, await _read_body(request)))
        except InvalidToken as error:
            refusal = ResourceManagerError(401, "InvalidAuthenticationToken", f"The access token is invalid: {error}.")
            return answer_error(refusal)
        except ResourceManagerError as error:
            return answer_error(error)

    async def _route(self, call: _Call) -> Response:
        for pattern, action, handler in self._table:
            match = pattern.fullmatch(call.path)
            if match is None:
                continue
            if call.method not in _VERBS:
                raise ResourceManagerError(405, "MethodNotAllowed", f"{call.method} is not supported by the emulator.")
            if "api-version" not in call.query:
                raise InvalidTemplate(
                    "The api-version query parameter (?api-version=) is required for all requests.",
                    "MissingApiVersionParameter",
                )
            parts = match.groupdict()
            self._authorize(call, action, parts)
            document, status = await handler(call, parts)
            return Response(status_code=status) if document is None else JSONResponse(document, status_code=status)
        raise ResourceNotFound(call.path, "InvalidResourceType")

    def _authorize(self, call: _Call, action: str, parts: Mapping[str, str]) -> None:
        # Anybody may ask what it holds itself.
        if not action:
            return
        scope = parts.get("id") or parts["scope"]
        needed = f"{action}/{_VERBS[call.method]}"
        scopes = [scope]
        if action == DEFINITION_TYPE and call.method == "GET" and "name" in parts:
            # A custom role's id names its subscription, and yet whoever reads where it is assignable may read it.
            scopes += self._definitions.assignable_scopes(guid_of(parts["name"]))
        if not any(self._context.access.allows(call.caller, needed, item) for item in scopes):
            raise AuthorizationFailed(call.caller, needed, scope)

    async def _group(self, call: _Call, parts: Mapping[str, str]) -> Answer:
        if call.method == "PUT":
            _check(GROUP_TYPE, parts["id"].rsplit("/", 1)[-1], call.body)
            return _made(self._resources.put_group(parts["id"], call.body))
        return await self._get_or_delete(call, parts["id"])

    async def _instance(self, call: _Call, parts: Mapping[str, str]) -> Answer:
        if call.method == "PUT":
            _check(INSTANCE_TYPE, parts["id"].rsplit("/", 1)[-1], call.body)
            return _made(await self._resources.put_instance(parts["id"], call.body))
        return await self._get_or_delete(call, parts["id"])

    async def _get_or_delete(self, call: _Call, resource_id: str) -> Answer:
        if call.method == "GET":
            return self._resources.get(resource_id), 200
        return None, 200 if await self._resources.delete(resource_id) else 204

    async def _list_groups(self, _call: _Call, parts: Mapping[str, str]) -> Answer:
        return {"value": self._resources.list_in(parts["scope"], GROUP_TYPE)}, 200

    async def _list_instances(self, _call: _Call, parts: Mapping[str, str]) -> Answer:
        return {"value": self._resources.list_in(parts["scope"], INSTANCE_TYPE)}, 200

    async def _definition(self, call: _Call, parts: Mapping[str, str]) -> Answer:
        guid = guid_of(parts["name"])
        if call.method == "PUT":
            _check(DEFINITION_TYPE, parts["name"], call.body)
            for scope in call.body["properties"].get("assignableScopes") or ():
                if not self._context.access.allows(call.caller, f"{DEFINITION_TYPE}/write", scope):
                    raise AuthorizationFailed(call.caller, f"{DEFINITION_TYPE}/write", scope)
            return _made(self._definitions.put(guid, call.body["properties"]))
        if call.method == "GET":
            return self._definitions.get(guid), 200
        return None, 200 if self._definitions.delete(guid) else 204

    async def _list_definitions(self, call: _Call, parts: Mapping[str, str]) -> Answer:
        match = re.fullmatch(r"roleName eq '(.*)'", call.query.get("$filter", ""))
        return {"value": self._definitions.list_at(parts["scope"], match[1] if match else None)}, 200

    async def _assignment(self, call: _Call, parts: Mapping[str, str]) -> Answer:
        if call.method == "PUT":
            _check(ASSIGNMENT_TYPE, parts["name"], call.body)
            return _made(self._assignments.put(parts["scope"], parts["name"], call.body["properties"], call.caller))
        if call.method == "GET":
            return self._assignments.get(parts["scope"], parts["name"]), 200
        document = self._assignments.delete(parts["scope"], parts["name"])
        return document, 200 if document else 204

    async def _list_assignments(self, call: _Call, parts: Mapping[str, str]) -> Answer:
        text = call.query.get("$filter", "")
        found = [match.groupdict() for match in _FILTER.finditer(text)]
        rest = _FILTER.sub("", text).replace("and", "").strip()
        if rest:
            raise InvalidTemplate(f"The filter '{text}' is not supported.", "UnsupportedFilter")
        values = {key: value for item in found for key, value in item.items() if value}
        assignments = self._assignments.list_at(
            parts["scope"], at_scope="at" in values, assigned_to=values.get("to"), principal_id=values.get("id")
        )
        return {"value": assignments}, 200

    async def _permissions(self, call: _Call, parts: Mapping[str, str]) -> Answer:
        return {"value": self._context.access.permissions(call.caller, parts["scope"])}, 200


async def _read_body(request: Request) -> Any:
    content = await request.body()
    if not content:
        return None
    try:
        return json.loads(content)
    except ValueError as error:
        raise InvalidTemplate(f"The request content was invalid JSON: {error}.") from error


def _check(type_name: str, name: str, body: Any) -> None:
    row = find_by_type(type_name)
    if not re.fullmatch(row.name_pattern, name):
        raise InvalidTemplate(f"The name '{name}' is not valid: it must be {row.name_rule}.", "InvalidResourceName")
    problems = find_problems(body, row.body)
    if problems:
        raise InvalidTemplate(f"{type_name} '{name}': {'; '.join(problems)}.")


def _made(result: tuple[Any, bool]) -> Answer:
    document, is_new = result
    return document, 201 if is_new else 200
