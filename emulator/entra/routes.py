"""What Entra ID and a site's managed-identity endpoint answer."""

import hmac
from collections.abc import Mapping
from typing import Any, Protocol

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulator.clock import Clock
from emulator.entra.directory import Directory, Principal
from emulator.entra.errors import TokenRefused
from emulator.entra.tokens import TokenIssuer
from emulator.faults import FailingCall

MANAGED_IDENTITY_PATH = "/msi/token"
_API_VERSION = "2019-08-01"
_LIFETIME = 3600
# How a client asks for one of several identities; a principal of the directory has only itself.
_IDENTITY_PARAMETERS = ("client_id", "principal_id", "object_id", "mi_res_id")


class SiteIdentities(Protocol):
    """Knows the managed identities of sites."""

    def site_of(self, secret: str) -> str | None:
        """The id of the site with that secret; None for a secret of no site."""

    def choose(self, site_id: str, parameters: Mapping[str, str]) -> Principal | None:
        """The identity that the query names, if the site has it; without a name the site's own, if it has one."""


def create_app(
    *,
    directory: Directory,
    issuer: TokenIssuer,
    clock: Clock,
    secrets: Mapping[str, str],
    sites: SiteIdentities,
    authority_url: str,
) -> Starlette:
    """Entra ID of the directory's tenant.

    Args:
        directory: who there is.
        issuer: signs the tokens.
        clock: tells when a token expires.
        secrets: principal name to the secret of its managed-identity endpoint.
        sites: the sites' own secrets, and who they may be.
        authority_url: where this application is served.
    """
    entra = _Entra(
        directory=directory, issuer=issuer, clock=clock, secrets=secrets, sites=sites, authority_url=authority_url
    )
    return Starlette(
        routes=[
            Route("/{tenant}/v2.0/.well-known/openid-configuration", entra.get_configuration),
            Route("/{tenant}/discovery/v2.0/keys", entra.get_keys),
            Route(MANAGED_IDENTITY_PATH, entra.get_managed_identity_token),
        ]
    )


def answer_fault(status: int, fault: FailingCall) -> Response:
    """The answer of a call that was told to fail, which both of Entra's clients can read."""
    message = "The emulator was told to fail this call."
    body = {"error": fault.code or "temporarily_unavailable", "error_description": message}
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    return JSONResponse({**body, "statusCode": status, "message": message}, status, headers)


class _Entra:
    def __init__(
        self,
        *,
        directory: Directory,
        issuer: TokenIssuer,
        clock: Clock,
        secrets: Mapping[str, str],
        sites: SiteIdentities,
        authority_url: str,
    ) -> None:
        self._directory = directory
        self._issuer = issuer
        self._clock = clock
        self._secrets = secrets
        self._sites = sites
        self._authority_url = authority_url

    async def get_configuration(self, request: Request) -> Response:
        tenant_id = self._directory.tenant_id
        if request.path_params["tenant"].lower() != tenant_id:
            return _unknown_tenant(request)
        return JSONResponse(
            {
                "issuer": self._issuer.issuer,
                "jwks_uri": f"{self._authority_url}/{tenant_id}/discovery/v2.0/keys",
                "response_types_supported": ["code", "id_token"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        )

    async def get_keys(self, request: Request) -> Response:
        tenant_id = self._directory.tenant_id
        # The keys of a tenant are those of all, and clients ask for either.
        if request.path_params["tenant"].lower() not in (tenant_id, "common", "organizations"):
            return _unknown_tenant(request)
        return JSONResponse({"keys": [{**self._issuer.public_jwk, "issuer": self._issuer.issuer}]})

    async def get_managed_identity_token(self, request: Request) -> Response:
        """App Service's protocol: the secret in the header says which site, and so which identity, is asking."""
        secret = request.headers.get("x-identity-header", "")
        site_id = self._sites.site_of(secret)
        principal = self._principal_of(secret)
        if site_id is None and principal is None:
            return _refuse(401, "The header X-IDENTITY-HEADER holds no secret of an identity.")
        parameters = request.query_params
        if parameters.get("api-version") != _API_VERSION:
            return _refuse(400, f"The parameter api-version must be {_API_VERSION}.")
        resource = parameters.get("resource", "").removesuffix("/.default")
        if not resource:
            return _refuse(400, "The parameter resource is missing.")
        if site_id is not None:
            principal = self._sites.choose(site_id, parameters)
        if principal is None or (site_id is None and not _is_named(principal, parameters)):
            return _refuse(400, "No User Assigned or Delegated Managed Identity found for specified ClientId.")
        try:
            self._issuer.require_resource(resource)
            return JSONResponse(self._token_answer(principal, resource))
        except TokenRefused as refused:
            return _refuse(400, str(refused))

    def _principal_of(self, secret: str) -> Principal | None:
        for name, known in self._secrets.items():
            if hmac.compare_digest(known.encode(), secret.encode()):
                return self._directory.by_name(name)
        return None

    def _token_answer(self, principal: Principal, resource: str) -> Mapping[str, Any]:
        return {
            "access_token": self._issuer.issue(principal, resource, lifetime=_LIFETIME),
            "expires_on": str(int(self._clock.now().timestamp()) + _LIFETIME),
            "resource": resource,
            "token_type": "Bearer",
            "client_id": principal.app_id or principal.object_id,
        }


def _is_named(principal: Principal, parameters: Mapping[str, str]) -> bool:
    asked = [parameters[name] for name in _IDENTITY_PARAMETERS if name in parameters]
    return all(identifier.lower() in (principal.app_id, principal.object_id) for identifier in asked)


def _refuse(status: int, message: str) -> Response:
    return JSONResponse({"statusCode": status, "message": message}, status)


def _unknown_tenant(request: Request) -> Response:
    tenant = request.path_params["tenant"]
    description = f"AADSTS90002: Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID."
    return JSONResponse({"error": "invalid_tenant", "error_description": description}, 400)
