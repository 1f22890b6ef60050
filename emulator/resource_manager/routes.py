"""Resource Manager over HTTP: who is calling, which resource is meant, and in which version."""

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulator.entra.errors import InvalidToken
from emulator.resource_manager.call import VERBS, Answer, Call
from emulator.resource_manager.context import ResourceManagerContext
from emulator.resource_manager.errors import (
    InvalidRequest,
    NotAuthenticated,
    ResourceManagerError,
    ResourceNotFound,
    answer_error,
)
from emulator.resource_manager.resource_handlers import ResourceHandlers
from emulator.resource_manager.resource_types import RESOURCE_TYPES, find_by_type
from emulator.resource_manager.resources import GROUP_TYPE, INSTANCE_TYPE, Resources
from emulator.resource_manager.role_assignments import TYPE as ASSIGNMENT_TYPE
from emulator.resource_manager.role_assignments import RoleAssignments
from emulator.resource_manager.role_definitions import TYPE as DEFINITION_TYPE
from emulator.resource_manager.role_handlers import RoleHandlers
from emulator.resource_manager.scopes import subscription_of

_GROUP = r"/subscriptions/[^/]+/resourceGroups/[^/]+"
_INSTANCES = r"/providers/Microsoft\.DigitalTwins/digitalTwinsInstances"
_AUTHORIZATION = r"/providers/Microsoft\.Authorization"
_READ = frozenset({"GET"})
_READ_WRITE_DELETE = frozenset({"GET", "PUT", "DELETE"})


@dataclass(frozen=True)
class _Path:
    """A kind of path, and who answers."""

    pattern: str
    api_versions: tuple[str, ...]
    methods: frozenset[str]
    handler: Callable[[Call], Awaitable[Answer]]


def create_app(context: ResourceManagerContext) -> Starlette:
    """The ASGI application."""
    manager = _ResourceManager(context)
    return Starlette(routes=[Route("/{path:path}", manager.serve, methods=[*VERBS, "POST"])])


class _ResourceManager:
    def __init__(self, context: ResourceManagerContext) -> None:
        self._context = context
        assignments = RoleAssignments(context)
        resources = Resources(context, assignments)
        self._paths = _paths(ResourceHandlers(resources, context.access), RoleHandlers(context, resources, assignments))

    async def serve(self, request: Request) -> Response:
        """Answers one request."""
        try:
            answer = await self._answer(request)
        except ResourceManagerError as error:
            return answer_error(error)
        if answer.document is None:
            return Response(status_code=answer.status)
        return JSONResponse(answer.document, status_code=answer.status)

    async def _answer(self, request: Request) -> Answer:
        try:
            caller = self._context.authenticate(request.headers.get("authorization"))
        except InvalidToken as exc:
            raise NotAuthenticated(exc.reason) from exc
        # Azure's own client leaves a segment empty where a resource has no parent.
        path = re.sub("//+", "/", request.scope["path"])
        self._require_subscription(path)
        for kind in self._paths:
            match = re.fullmatch(kind.pattern, path, re.IGNORECASE)
            if match is None:
                continue
            if request.method not in kind.methods:
                raise ResourceManagerError(405, "MethodNotAllowed", f"{request.method} is not supported for {path}.")
            _require_version(request, kind.api_versions)
            call = Call(
                method=request.method,
                caller=caller,
                parts=match.groupdict(),
                query=request.query_params,
                body=await _read_body(request),
            )
            return await kind.handler(call)
        known = ", ".join(row.type for row in RESOURCE_TYPES)
        raise ResourceNotFound(f"The local Azure has nothing at '{path}'; it has {known}.", "InvalidResourceType")

    def _require_subscription(self, path: str) -> None:
        named = subscription_of(path)
        if named is not None and named.lower() != self._context.directory.subscription_id.lower():
            raise ResourceNotFound(f"The subscription '{named}' could not be found.", "SubscriptionNotFound")


def _paths(resources: ResourceHandlers, roles: RoleHandlers) -> tuple[_Path, ...]:
    groups, instances = find_by_type(GROUP_TYPE).api_versions, find_by_type(INSTANCE_TYPE).api_versions
    assignments, definitions = find_by_type(ASSIGNMENT_TYPE).api_versions, find_by_type(DEFINITION_TYPE).api_versions
    everything, at_scope = _READ_WRITE_DELETE | {"PATCH"}, rf"(?P<scope>.*){_AUTHORIZATION}"
    return (
        _Path(rf"{at_scope}/roleAssignments/(?P<name>[^/]+)", assignments, _READ_WRITE_DELETE, roles.assignment),
        _Path(rf"{at_scope}/roleAssignments", assignments, _READ, roles.list_assignments),
        _Path(rf"{at_scope}/roleDefinitions/(?P<name>[^/]+)", definitions, _READ_WRITE_DELETE, roles.definition),
        _Path(rf"{at_scope}/roleDefinitions", definitions, _READ, roles.list_definitions),
        _Path(rf"{at_scope}/permissions", definitions, _READ, roles.permissions),
        _Path(rf"(?P<id>{_GROUP}{_INSTANCES}/[^/]+)", instances, everything, resources.instance),
        _Path(rf"(?P<scope>{_GROUP}|/subscriptions/[^/]+){_INSTANCES}", instances, _READ, resources.list_instances),
        _Path(rf"(?P<id>{_GROUP})", groups, everything, resources.group),
        _Path(r"(?P<scope>/subscriptions/[^/]+)/resourceGroups", groups, _READ, resources.list_groups),
    )


def _require_version(request: Request, known: tuple[str, ...]) -> None:
    version = request.query_params.get("api-version")
    if not version:
        message = "The api-version query parameter (?api-version=) is required for all requests."
        raise InvalidRequest(message, "MissingApiVersionParameter")
    if version.lower() not in known:
        message = f"The api-version '{version}' is invalid. The supported versions are '{', '.join(known)}'."
        raise InvalidRequest(message, "InvalidApiVersionParameter")


async def _read_body(request: Request) -> Any:
    content = await request.body()
    try:
        return json.loads(content) if content else None
    except ValueError as exc:
        raise InvalidRequest(f"The request content was invalid and could not be read as JSON: {exc}.") from exc
