"""The SCM site of a site, where packages are published: Kudu, as far as Flex Consumption has it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from emulator.app_service.deployments import DeploymentRunning, Deployments
from emulator.entra.errors import InvalidToken

PUBLISH = "Microsoft.Web/sites/publish/action"


class Access(Protocol):
    """Decides by role assignments."""

    def allows(self, object_id: str, action: str, scope: str) -> bool:
        """Whether the principal may do that at that scope."""


@dataclass(frozen=True, kw_only=True)
class ScmContext:
    """What the SCM site of one site works with."""

    site_id: str
    deployments: Deployments
    access: Access
    authenticate: Callable[[str | None], str]
    """Authorization header -> object id, by Resource Manager's tokens; raises InvalidToken."""


def create_app(context: ScmContext) -> Starlette:
    """The SCM site. Passwords are refused whatever basicPublishingCredentialsPolicies says: nobody has one here."""
    scm = _Scm(context)
    return Starlette(
        routes=[
            Route("/api/publish", scm.publish, methods=["POST"]),
            Route("/api/deployments/{deployment_id}", scm.get_deployment, methods=["GET"]),
        ]
    )


class _Scm:
    def __init__(self, context: ScmContext) -> None:
        self._context = context

    async def publish(self, request: Request) -> Response:
        # Whole before anything is answered: a client that still sends may not see a refusal.
        package = await request.body()
        refusal = self._refusal_of(request)
        if refusal is not None:
            return refusal
        if _parameter(request, "RemoteBuild").lower() == "true":
            return PlainTextResponse("The local Azure builds no packages: publish with RemoteBuild=false.", 400)
        if not package:
            return PlainTextResponse("The request has no package in its body.", 400)
        try:
            return JSONResponse(self._context.deployments.start(package), 202)
        except DeploymentRunning:
            return PlainTextResponse("There is a deployment currently in progress. Please try again later.", 409)

    async def get_deployment(self, request: Request) -> Response:
        refusal = self._refusal_of(request)
        if refusal is not None:
            return refusal
        document = self._context.deployments.describe(request.path_params["deployment_id"])
        return JSONResponse(document) if document is not None else Response(status_code=404)

    def _refusal_of(self, request: Request) -> Response | None:
        try:
            caller = self._context.authenticate(request.headers.get("authorization"))
        except InvalidToken:
            return Response(status_code=401, headers={"WWW-Authenticate": 'Bearer, Basic realm="site"'})
        allowed = self._context.access.allows(caller, PUBLISH, self._context.site_id)
        return None if allowed else Response(status_code=403)


def _parameter(request: Request, name: str) -> str:
    """A parameter of the query, whose names are compared without regard to case."""
    return next((value for key, value in request.query_params.items() if key.lower() == name.lower()), "")
