"""Graph over HTTP: who is calling, which object is meant, and what is answered."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulator.clock import Clock
from emulator.entra.directory import Directory
from emulator.entra.errors import InvalidToken
from emulator.entra.graph import bodies
from emulator.entra.graph.access import Caller, find_caller
from emulator.entra.graph.app_role_assignments import AppRoleAssignments
from emulator.entra.graph.applications import Applications
from emulator.entra.graph.errors import GraphError, NotAuthenticated, answer_error
from emulator.entra.graph.service_principals import ServicePrincipals
from emulator.entra.principals import Principals
from emulator.entra.registrations import Registrations
from emulator.entra.tokens import TokenIssuer
from emulator.resource_manager.schema import Shape
from emulator.storage import Document, Storage

PREFIX = "/graph/v1.0"
"""The path of Graph below Entra's address."""
AUDIENCE = "https://graph.microsoft.com"
_AUDIENCES = frozenset({AUDIENCE, f"{AUDIENCE}/", "00000003-0000-0000-c000-000000000000"})

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

Operation = Callable[[Caller, Request], Awaitable[Response]]
Operations = Mapping[str, Mapping[str, Operation]]
"""Path -> method -> who answers."""


def create_app(*, storage: Storage, directory: Directory, issuer: TokenIssuer, clock: Clock) -> Starlette:
    """Graph of the directory's tenant.

    Args:
        storage: holds the registrations.
        directory: who there is, and who may do what.
        issuer: checks the tokens.
        clock: tells when something was made.
    """

    def timestamp() -> str:
        return clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def find(request: Request) -> Caller:
        try:
            claims = issuer.validate_header(request.headers.get("authorization"), _AUDIENCES)
        except InvalidToken as exc:
            raise NotAuthenticated(exc.reason) from exc
        if claims.tenant_id != directory.tenant_id:
            raise NotAuthenticated("the token is of another tenant")
        return find_caller(directory, claims.object_id)

    registrations, principals = Registrations(storage), Principals(directory, storage)
    service_principals = ServicePrincipals(registrations, principals, directory.tenant_id)
    applications = Applications(registrations, service_principals, directory.tenant_id, timestamp)
    operations: Operations = {
        **_Objects("applications", applications, bodies.NEW_APPLICATION, bodies.CHANGED_APPLICATION).operations,
        **_Objects(
            "servicePrincipals",
            service_principals,
            bodies.NEW_SERVICE_PRINCIPAL,
            bodies.CHANGED_SERVICE_PRINCIPAL,
        ).operations,
        **_Assignments(AppRoleAssignments(service_principals, timestamp)).operations,
    }
    routes = [_route(path, methods, find) for path, methods in operations.items()]
    return Starlette(routes=[*routes, _route("/{path:path}", dict.fromkeys(_METHODS, _refuse), find)])


def _route(path: str, methods: Mapping[str, Operation], find: Callable[[Request], Caller]) -> Route:
    """A route whose caller is known, and whose refusals become answers."""

    async def handle(request: Request) -> Response:
        try:
            # HEAD comes with GET.
            operation = methods.get(request.method) or methods["GET"]
            return await operation(find(request), request)
        except GraphError as error:
            return answer_error(error)

    return Route(f"{PREFIX}{path}", handle, methods=list(methods))


async def _refuse(_: Caller, request: Request) -> Response:
    path = request.path_params["path"]
    raise GraphError(400, "BadRequest", f"Resource not found: the local Graph has no {request.method} /{path}.")


@dataclass(frozen=True)
class _Objects:
    """The operations on applications, and the same ones on service principals."""

    name: str
    held: Applications | ServicePrincipals
    new: Shape
    changed: Shape

    @property
    def operations(self) -> Operations:
        one = f"/{self.name}/{{id}}"
        return {
            f"/{self.name}": {"GET": self.get_all, "POST": self.create},
            one: {"GET": self.get, "PATCH": self.update, "DELETE": self.delete},
            f"{one}/owners": {"GET": self.list_owners},
            f"{one}/owners/$ref": {"POST": self.add_owner},
            f"{one}/owners/{{owner}}/$ref": {"DELETE": self.remove_owner},
        }

    async def get_all(self, caller: Caller, _: Request) -> Response:
        return _answer_list(self.name, map(self._show, self.held.readable_by(caller)))

    async def create(self, caller: Caller, request: Request) -> Response:
        body = bodies.read_body(await request.body(), self.new)
        return _answer(self.name, self._show(self.held.create(caller, body)), 201)

    async def get(self, caller: Caller, request: Request) -> Response:
        return _answer(self.name, self._show(self.held.get(caller, request.path_params["id"])))

    async def update(self, caller: Caller, request: Request) -> Response:
        body = bodies.read_body(await request.body(), self.changed)
        self.held.update(caller, request.path_params["id"], body)
        return Response(status_code=204)

    async def delete(self, caller: Caller, request: Request) -> Response:
        self.held.delete(caller, request.path_params["id"])
        return Response(status_code=204)

    async def list_owners(self, caller: Caller, request: Request) -> Response:
        owners = self.held.get(caller, request.path_params["id"])["owners"]
        return _answer_list("directoryObjects", ({"id": owner} for owner in owners))

    async def add_owner(self, caller: Caller, request: Request) -> Response:
        address = bodies.read_body(await request.body(), bodies.REFERENCE)["@odata.id"]
        self.held.change_owners(caller, request.path_params["id"], add=bodies.read_reference(address))
        return Response(status_code=204)

    async def remove_owner(self, caller: Caller, request: Request) -> Response:
        self.held.change_owners(caller, request.path_params["id"], remove=request.path_params["owner"].lower())
        return Response(status_code=204)

    def _show(self, document: Document) -> Document:
        return {key: value for key, value in self.held.answer(document).items() if key != "owners"}


@dataclass(frozen=True)
class _Assignments:
    """The operations on app role assignments."""

    held: AppRoleAssignments

    @property
    def operations(self) -> Operations:
        path = "/servicePrincipals/{id}/appRoleAssignedTo"
        return {
            path: {"GET": self.get_all, "POST": self.create},
            f"{path}/{{assignment}}": {"GET": self.get, "DELETE": self.delete},
        }

    async def get_all(self, caller: Caller, request: Request) -> Response:
        return _answer_list("appRoleAssignments", self.held.assigned_to(caller, request.path_params["id"]))

    async def create(self, caller: Caller, request: Request) -> Response:
        body = bodies.read_body(await request.body(), bodies.NEW_ASSIGNMENT)
        return _answer("appRoleAssignments", self.held.create(caller, request.path_params["id"], body), 201)

    async def get(self, caller: Caller, request: Request) -> Response:
        parts = request.path_params
        return _answer("appRoleAssignments", self.held.get(caller, parts["id"], parts["assignment"]))

    async def delete(self, caller: Caller, request: Request) -> Response:
        self.held.delete(caller, request.path_params["id"], request.path_params["assignment"])
        return Response(status_code=204)


def _answer(name: str, document: Mapping[str, Any], status: int = 200) -> Response:
    context = {"@odata.context": f"{AUDIENCE}/v1.0/$metadata#{name}/$entity"}
    return JSONResponse({**context, **document}, status)


def _answer_list(name: str, documents: Iterable[Mapping[str, Any]]) -> Response:
    return JSONResponse({"@odata.context": f"{AUDIENCE}/v1.0/$metadata#{name}", "value": list(documents)})
