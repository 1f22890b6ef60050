"""Who reaches a site at all: its public access, its private endpoints, and its rules about addresses.

After Microsoft Learn, "Azure App Service access restrictions": what comes through a private endpoint meets no rule;
what comes from outside needs public access, and then an address that the rules let in. Authentication comes after it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.app_service.documents import SiteDocuments
from emulator.faults import Faults
from emulator.resource_manager.private_links import has_private_endpoint

_ANYBODY = "Any"
_SCM_RULES, _RULES = "scmIpSecurityRestrictions", "ipSecurityRestrictions"
_LOWEST = 2**31 - 1
"""The priority of a rule that says none."""


@dataclass(frozen=True, kw_only=True)
class Reach:
    """The public entrance of a site, or of its SCM site, as it is now."""

    is_public: bool
    """Whether there is one."""
    rules: Sequence[Mapping[str, Any]]
    default_action: str | None

    def admits(self, address: str) -> bool:
        """Whether a call from the address goes on."""
        return self.is_public and self._action_for(_plain(address)) == "Allow"

    def _action_for(self, address: IPv4Address | IPv6Address) -> str:
        for rule in sorted(self.rules, key=lambda rule: int(rule.get("priority", _LOWEST))):
            if _names(rule, address):
                return str(rule.get("action", "Allow"))
        # Who sets rules and no default action means that nobody else gets in.
        return self.default_action or ("Deny" if self.rules else "Allow")


def reach_of(documents: SiteDocuments, *, scm: bool) -> Reach:
    """What holds for a site, or for its SCM site."""
    properties = documents.properties
    config = properties.get("siteConfig") or {}
    rules = _SCM_RULES if scm and not config.get("scmIpSecurityRestrictionsUseMain") else _RULES
    access = properties.get("publicNetworkAccess") or config.get("publicNetworkAccess") or "Enabled"
    return Reach(
        is_public=access.lower() != "disabled",
        rules=config.get(rules) or (),
        default_action=config.get(f"{rules}DefaultAction"),
    )


class ReachMiddleware:
    """Answers 403 to whom a site does not let in, before anything else of it is asked."""

    def __init__(self, app: ASGIApp, documents: SiteDocuments, faults: Faults, *, scm: bool = False) -> None:
        self._app = app
        self._documents = documents
        self._faults = faults
        self._scm = scm

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets the call go on, or refuses it as App Service does."""
        address = scope["client"][0]
        if reach_of(self._documents, scm=self._scm).admits(address) or self._is_inside:
            await self._app(scope, receive, send)
            return
        # Whole before anything is answered: a client that still sends may not see a refusal.
        await Request(scope, receive).body()
        # The header tells this 403 from one for want of a role; App Service's own reason phrase is "Ip Forbidden" too.
        refusal = PlainTextResponse("Error 403 - Ip Forbidden", 403, {"x-ms-forbidden-ip": address})
        await refusal(scope, receive, send)

    @property
    def _is_inside(self) -> bool:
        """Whether the caller comes through a private endpoint: loopback does, once there is one."""
        return not self._faults.outside and has_private_endpoint(self._documents.storage, self._documents.site_id)


def _plain(address: str) -> IPv4Address | IPv6Address:
    found = ip_address(address)
    return getattr(found, "ipv4_mapped", None) or found


def _names(rule: Mapping[str, Any], address: IPv4Address | IPv6Address) -> bool:
    named = rule.get("ipAddress")
    return named == _ANYBODY or (bool(named) and address in ip_network(str(named), strict=False))
