"""Resource Manager over HTTP: who is calling, which resource is meant, and in which version."""

import json
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
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
from emulator.resource_manager.locks import Locks
from emulator.resource_manager.resource_handlers import ResourceHandlers
from emulator.resource_manager.resource_types import RESOURCE_TYPES, ResourceType
from emulator.resource_manager.resource_types.authorization import ROLE_ASSIGNMENT, ROLE_DEFINITION
from emulator.resource_manager.resource_types.row import IN_GROUP
from emulator.resource_manager.resources import Resources
from emulator.resource_manager.role_assignments import RoleAssignments
from emulator.resource_manager.role_handlers import RoleHandlers
from emulator.resource_manager.scopes import subscription_of

_AUTHORIZATION = r"/providers/Microsoft\.Authorization"
_BY_HAND = (ROLE_DEFINITION, ROLE_ASSIGNMENT)
"""The types that have handlers of their own."""
_READ = frozenset({"GET"})
_READ_WRITE = frozenset({"GET", "PUT"})
_READ_WRITE_DELETE = _READ_WRITE | {"DELETE"}
_EVERYTHING = _READ_WRITE_DELETE | {"PATCH"}


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
        locks = Locks(context.storage)
        self._paths = _paths(
            ResourceHandlers(resources, context.access, locks), RoleHandlers(context, resources, assignments, locks)
        )

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
    assignments, definitions = ROLE_ASSIGNMENT.api_versions, ROLE_DEFINITION.api_versions
    at_scope = rf"(?P<scope>.*){_AUTHORIZATION}"
    return (
        _Path(rf"{at_scope}/roleAssignments/(?P<name>[^/]+)", assignments, _READ_WRITE_DELETE, roles.assignment),
        _Path(rf"{at_scope}/roleAssignments", assignments, _READ, roles.list_assignments),
        _Path(rf"{at_scope}/roleDefinitions/(?P<name>[^/]+)", definitions, _READ_WRITE_DELETE, roles.definition),
        _Path(rf"{at_scope}/roleDefinitions", definitions, _READ, roles.list_definitions),
        _Path(rf"{at_scope}/permissions", definitions, _READ, roles.permissions),
        *(path for row in RESOURCE_TYPES if row not in _BY_HAND for path in _paths_of(row, resources)),
    )


def _paths_of(row: ResourceType, resources: ResourceHandlers) -> Iterator[_Path]:
    """The path of a type's resources and, unless they come with their parent, of their lists."""
    one, many = partial(resources.one, row), partial(resources.many, row)
    with_parent = row.default_body is not None
    yield _Path(f"(?P<id>{_written(row.path)})", row.api_versions, _READ_WRITE if with_parent else _EVERYTHING, one)
    if not with_parent:
        yield _Path(_list_pattern(row), row.api_versions, _READ, many)


def _list_pattern(row: ResourceType) -> str:
    collection = _written(row.path.rsplit("/", 1)[0])
    if row.scope_input:
        return f"(?P<scope>.*){collection.removeprefix('.*')}"
    group, subscription = _written(IN_GROUP), _written("/subscriptions/{subscriptionId}")
    if row.parent_type:
        parent = _written(row.parent_of(row.path))
        return f"(?P<scope>{parent}){collection.removeprefix(parent)}"
    if collection.startswith(group):
        return f"(?P<scope>{group}|{subscription}){collection.removeprefix(group)}"
    return f"(?P<scope>{subscription}){collection.removeprefix(subscription)}"


def _written(path: str) -> str:
    """A path of the table as a pattern; what it begins with is a scope of any depth."""
    parts = re.split(r"({\w+})", re.sub(r"^{\w+}", "", path))
    pattern = "".join("[^/]+" if part.startswith("{") else re.escape(part) for part in parts)
    return f".*{pattern}" if path.startswith("{") else pattern


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
