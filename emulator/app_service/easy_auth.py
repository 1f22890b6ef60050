"""App Service Authentication: what a site's authsettingsV2 makes of a call, before the app sees it.

After Microsoft Learn, "Configure your App Service or Azure Functions app to use Microsoft Entra sign-in" and "Work with
user identities in Azure App Service authentication". Bearer tokens only: nobody signs in with a browser here.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.app_service.documents import registration_of
from emulator.entra.errors import InvalidToken
from emulator.entra.tokens import Claims

Validate = Callable[[str | None, Collection[str]], Claims]
"""Authorization header, audiences -> claims; raises InvalidToken."""

PRINCIPAL = "x-ms-client-principal"
_SET_BY_THE_PLATFORM = (PRINCIPAL, "x-ms-token-aad-")
_ALLOWED_TENANTS = "WEBSITE_AUTH_AAD_ALLOWED_TENANTS"
_SCHEMAS = "http://schemas.microsoft.com"
_ROLE = f"{_SCHEMAS}/ws/2008/06/identity/claims/role"
_NAME = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name"
# With the token store claims arrive under these names.
_MAPPED = {
    "oid": f"{_SCHEMAS}/identity/claims/objectidentifier",
    "tid": f"{_SCHEMAS}/identity/claims/tenantid",
    "scp": f"{_SCHEMAS}/identity/claims/scope",
    "roles": _ROLE,
}


@dataclass(frozen=True)
class Passed:
    """The call goes on, with these headers and no others in their place."""

    headers: Mapping[str, str]


@dataclass(frozen=True)
class Refused:
    """The call ends here."""

    status: int
    headers: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class EasyAuth:
    """The settings of one site, as they are now."""

    settings: Mapping[str, Any]
    """The properties of authsettingsV2; empty means off."""
    app_settings: Mapping[str, str]
    validate: Validate

    def judge(self, path: str, headers: Mapping[str, str]) -> Passed | Refused:
        """What becomes of a call to a path, which is decoded and without its query."""
        if not _section(self.settings, "platform").get("enabled"):
            return Passed(headers)
        rest = {name: value for name, value in headers.items() if not name.startswith(_SET_BY_THE_PLATFORM)}
        if self._is_excluded(path):
            return Passed(rest)
        try:
            claims = self._claims_of(headers.get("authorization"))
        except InvalidToken:
            return self._without_token(path, rest)
        if not self._is_allowed(claims):
            return Refused(403, {})
        return Passed({**rest, **_principal_headers(claims.all, mapped=self._has_token_store)})

    def _is_excluded(self, path: str) -> bool:
        return any(
            path.lower() == excluded.lower()
            or (excluded.endswith("/*") and path.lower().startswith(excluded[:-1].lower()))
            for excluded in _section(self.settings, "globalValidation").get("excludedPaths") or ()
        )

    def _claims_of(self, authorization: str | None) -> Claims:
        registration = registration_of(self.settings)
        client_id = registration.get("clientId")
        if not client_id:
            raise InvalidToken("the site has no app registration")
        # The client id is an allowed audience whether it is listed or not.
        claims = self.validate(authorization, {client_id, *(self._validation.get("allowedAudiences") or ())})
        issuer = registration.get("openIdIssuer")
        if issuer and claims.all["iss"].rstrip("/") != issuer.rstrip("/"):
            raise InvalidToken("the token is of another issuer than the site's")
        return claims

    def _without_token(self, path: str, rest: Mapping[str, str]) -> Passed | Refused:
        validation = _section(self.settings, "globalValidation")
        action = validation.get("unauthenticatedClientAction", "RedirectToLoginPage")
        if not validation.get("requireAuthentication") or action == "AllowAnonymous":
            return Passed(rest)
        if action == "RedirectToLoginPage":
            return Refused(302, {"location": f"/.auth/login/aad?post_login_redirect_uri={path}"})
        if action == "Return403":
            return Refused(403, {})
        realm = f'Bearer realm="{rest.get("host", "")}" resource_id="{registration_of(self.settings).get("clientId")}"'
        return Refused(401, {"www-authenticate": realm})

    def _is_allowed(self, claims: Claims) -> bool:
        tenants = self.app_settings.get(_ALLOWED_TENANTS)
        if tenants and claims.tenant_id not in {tenant.strip().lower() for tenant in tenants.split(",")}:
            return False
        policy = _section(self._validation, "defaultAuthorizationPolicy")
        applications = policy.get("allowedApplications")
        identities = _section(policy, "allowedPrincipals").get("identities")
        caller = claims.all.get("azp") or claims.all.get("appid")
        return (not applications or caller in applications) and (not identities or claims.object_id in identities)

    @property
    def _validation(self) -> Mapping[str, Any]:
        provider = _section(_section(self.settings, "identityProviders"), "azureActiveDirectory")
        return _section(provider, "validation")

    @property
    def _has_token_store(self) -> bool:
        return bool(_section(_section(self.settings, "login"), "tokenStore").get("enabled"))


def _section(settings: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return settings.get(name) or {}


def _principal_headers(claims: Mapping[str, Any], *, mapped: bool) -> Mapping[str, str]:
    principal = {
        "auth_typ": "aad",
        "claims": [
            {"typ": _MAPPED.get(name, name) if mapped else name, "val": str(value)}
            for name, values in claims.items()
            for value in (values if isinstance(values, list) else [values])
        ],
        "name_typ": _NAME,
        "role_typ": _ROLE,
    }
    name = claims.get("preferred_username") or claims.get("upn") or claims.get("app_displayname") or claims["oid"]
    return {
        PRINCIPAL: b64encode(json.dumps(principal, separators=(",", ":")).encode()).decode(),
        f"{PRINCIPAL}-id": str(claims["oid"]),
        f"{PRINCIPAL}-name": str(name),
        f"{PRINCIPAL}-idp": "aad",
    }
