"""The settings that let somebody in: switches and lists of addresses; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from twin_rbac.insight.changes import is_unknown, short_type
from twin_rbac.insight.exposed import Exposure, expose, inputs_of, texts
from twin_rbac.insight.preview import UNKNOWN, Operation, State, Step

_APP = "web:WebApp"
_ACCOUNT = "storage:StorageAccount"
_BASIC = ("web:WebAppFtpAllowed", "web:WebAppScmAllowed")
_DEFAULT = "(Azure's default)"

_ADDRESSES = {
    "siteConfig.ipSecurityRestrictions": "allowed addresses",
    "siteConfig.scmIpSecurityRestrictions": "addresses allowed to publish",
}


@dataclass(frozen=True, kw_only=True)
class _Switch:
    """A setting of which some values let somebody in. What is left out is Azure's default."""

    path: str
    what: str
    open: frozenset[str]
    """The values that let somebody in, in lower case."""
    open_by_default: bool = True
    made_open: tuple[str, ...] = ()
    """The types of which a new resource is looked at, too."""
    types: tuple[str, ...] = ()
    """The only types that it means something for; any, when empty."""

    def is_open(self, value: Any) -> bool:
        """Whether the value lets somebody in; one that is not known yet may."""
        return self.open_by_default if value is None else is_unknown(value) or str(value).lower() in self.open


_ENABLED, _ALLOW, _TRUE, _FALSE = (frozenset({value}) for value in ("enabled", "allow", "true", "false"))
_SWITCHES = (
    _Switch(
        path="publicNetworkAccess",
        what="public access",
        open=_ENABLED,
        made_open=("digitaltwins:DigitalTwin", _APP, _ACCOUNT),
    ),
    _Switch(path="siteConfig.publicNetworkAccess", what="public access", open=_ENABLED),
    _Switch(
        path="siteConfig.ipSecurityRestrictionsDefaultAction",
        what="everybody else's calls",
        open=_ALLOW,
        made_open=(_APP,),
    ),
    _Switch(
        path="siteConfig.scmIpSecurityRestrictionsDefaultAction",
        what="everybody else's publishing",
        open=_ALLOW,
        made_open=(_APP,),
    ),
    _Switch(
        path="networkRuleSet.defaultAction", what="networks that are not named", open=_ALLOW, made_open=(_ACCOUNT,)
    ),
    _Switch(path="allowSharedKeyAccess", what="access by account key", open=_TRUE, made_open=(_ACCOUNT,)),
    _Switch(
        path="allowBlobPublicAccess",
        what="blobs that anybody may read",
        open=_TRUE,
        open_by_default=False,
        made_open=(_ACCOUNT,),
    ),
    _Switch(
        path="networkRuleSet.bypass",
        what="exceptions for Azure services",
        open=frozenset({"azureservices", "logging", "metrics"}),
    ),
    _Switch(path="httpsOnly", what="calls by HTTPS only", open=_FALSE, made_open=(_APP,), types=(_APP,)),
    _Switch(path="allow", what="publishing by password", open=_TRUE, made_open=_BASIC, types=_BASIC),
    _Switch(
        path="appRoleAssignmentRequired",
        what="sign-in of the assigned only",
        open=_FALSE,
        types=("azuread:ServicePrincipal",),
    ),
)
_BEHIND = ("siteConfig.", "networkRuleSet.")
"""How the settings begin that mean nothing while there is no public access at all."""


def compare_settings(step: Step) -> Iterator[Exposure]:
    """What a step changes about who is let in; a new resource is compared with one that lets nobody in."""
    kind = short_type(step.type)
    if step.operation is Operation.DELETE and kind not in _BASIC:
        return
    if step.operation is not Operation.DELETE:
        for path, what in _ADDRESSES.items():
            yield from _addresses(step, what, _find(step.old, path), _find(step.new, path))
    for switch in _SWITCHES:
        if switch.types and kind not in switch.types:
            continue
        if step.old is not None:
            yield from _turned(step, switch)
        elif kind in switch.made_open and not _is_moot(step, switch):
            yield from _made(step, switch)


def _turned(step: Step, switch: _Switch) -> Iterator[Exposure]:
    old, new = _find(step.old, switch.path), _find(step.new, switch.path)
    # Azure answers some of these in another case than they were sent.
    if texts(old) != texts(new) and str(old).lower() != str(new).lower():
        widens = switch.is_open(new) and not switch.is_open(old)
        yield expose(step, switch.what, texts(old), texts(new), widens=widens)


def _made(step: Step, switch: _Switch) -> Iterator[Exposure]:
    value = _find(step.new, switch.path)
    if switch.is_open(value):
        yield expose(step, switch.what, (), texts(value) or (_DEFAULT,), widens=True)


def _is_moot(step: Step, switch: _Switch) -> bool:
    closed = str(_find(step.new, "publicNetworkAccess")).lower() == "disabled"
    if switch.path.startswith("siteConfig.scm") and _find(step.new, "siteConfig.scmIpSecurityRestrictionsUseMain"):
        return True
    # With a list of allowed addresses and no default of its own, App Service refuses everybody else.
    listed = _find(step.new, switch.path.removesuffix("DefaultAction")) if _is_default(switch) else None
    has_list = bool(listed) and _find(step.new, switch.path) is None
    return has_list or (closed and switch.path.startswith(_BEHIND))


def _is_default(switch: _Switch) -> bool:
    return switch.path.endswith("RestrictionsDefaultAction")


def _addresses(step: Step, what: str, old: Any, new: Any) -> Iterator[Exposure]:
    before, after = set(_rules(old)), set(_rules(new))
    added, removed = sorted(after - before), sorted(before - after)
    if added or removed:
        # A refusal that goes lets somebody in, as an address that comes does.
        widens = any(not rule.startswith("Deny") for rule in added) or any(rule.startswith("Deny") for rule in removed)
        yield expose(step, what, removed, added, widens=widens)


def _rules(value: Any) -> Iterator[str]:
    for rule in value if isinstance(value, list) else ():
        if isinstance(rule, Mapping):
            place = rule.get("ipAddress") or rule.get("vnetSubnetResourceId") or "any"
            place = "(known at the update)" if is_unknown(place) else str(place).rpartition("/subnets/")[2]
            denies = str(rule.get("action", "Allow")).lower() == "deny"
            yield f"Deny {place}" if denies else place


def _find(state: State | None, path: str) -> Any:
    value: Any = inputs_of(state)
    for name in path.split("."):
        if value == UNKNOWN:
            return UNKNOWN
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
