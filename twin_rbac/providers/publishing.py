"""The work of Publish: what each call of Pulumi means in terms of the package, the site and the app."""

import asyncio
from collections.abc import Mapping
from typing import Any

from pulumi.dynamic import ReadResult

from twin_rbac.access.permissions import allow_action
from twin_rbac.clients.cloud import Cloud
from twin_rbac.clients.credential import create_credential
from twin_rbac.clients.errors import AccessDenied
from twin_rbac.clients.resource_manager import ResourceManagerClient
from twin_rbac.clients.scm import NO_PACKAGE, Health, ScmClient, read_health, takes_calls
from twin_rbac.providers.bundle import Package, build_package
from twin_rbac.providers.errors import PublishFailed
from twin_rbac.providers.live import say
from twin_rbac.providers.rollout import Rollout
from twin_rbac.role_tags.waiting import RolePropagation

Properties = dict[str, Any]

_COMPUTED = ("endpoint",)
_TELLS_NOTHING = frozenset({None, 401, 403, 429})
"""Answers of something before the app: it cannot be asked from here. Any other is the app's own, or that of an app
that does not run, which publishing again mends."""
_TRIES = 3
_PAUSE = 2.0


async def publish(props: Properties) -> Properties:
    """Builds the package, publishes it, and returns the resource's outputs when the app runs it.

    An app that takes no calls from here is found out first: nothing is built, and nothing is waited for.

    Raises:
        PackageNotBuilt: it cannot be built.
        PublishFailed: the app does not run it, or takes no calls from this network.
        AzureError: a call failed for good.
    """
    cloud = Cloud.from_mapping(props.get("cloud"))
    async with create_credential(cloud=cloud) as credential, ResourceManagerClient(credential, cloud=cloud) as manager:
        site = await _require_site(manager, props["siteId"])
        host, endpoint = _scm_host_of(site), _endpoint_of(site)
        if _is_private(site):
            await _require_reach(site, host)
        package = await _build(props)
        propagation = RolePropagation(
            lambda: manager.list_permissions(props["siteId"]), say=say, allows=allow_action, place="the function app"
        )

        async def should_retry(action: str) -> bool:
            # A 403 for the caller's address has nothing to do with its role.
            await _require_reach(site, host)
            return await propagation.should_retry(action)

        async with ScmClient(host, credential, cloud=cloud, on_denied=should_retry) as scm:
            say(f"publishing package {package.hash} ({len(package.content) / 1e6:.1f} MB) to {host}")
            await _roll_out(Rollout(scm, say=say), endpoint, package)
    return {**props, "endpoint": endpoint}


async def _build(props: Properties) -> Package:
    package = await asyncio.to_thread(build_package, wheels=props["wheels"], runtime=props["runtime"])
    if package.hash != props["package"]:
        raise PublishFailed("the gateway's files changed while Pulumi ran; run pulumi up again")
    return package


async def _roll_out(rollout: Rollout, endpoint: str, package: Package) -> None:
    is_confirmed = await rollout.deploy(package.content)
    await rollout.await_start(endpoint, package.hash, read_health, is_confirmed=is_confirmed)


async def _require_reach(site: Mapping[str, Any], host: str) -> None:
    if await takes_calls(host):
        return
    name = site["id"].rsplit("/", 1)[-1]
    if _is_private(site):
        raise PublishFailed(
            f"the function app {name} takes no calls from this network (publicNetworkAccess is Disabled): run pulumi "
            "up inside the network"
        )
    raise PublishFailed(
        f"the publish endpoint of the function app {name} takes no calls from this address "
        "(scmIpSecurityRestrictions): run pulumi up from an address that they allow"
    )


def _is_private(site: Mapping[str, Any]) -> bool:
    return str(site["properties"].get("publicNetworkAccess")).lower() == "disabled"


async def _require_site(manager: ResourceManagerClient, site_id: str) -> Mapping[str, Any]:
    site = await manager.get_site(site_id)
    if site is None:
        raise PublishFailed(f"there is no function app {site_id}; run pulumi refresh, then pulumi up")
    return site


def _scm_host_of(site: Mapping[str, Any]) -> str:
    for state in site["properties"].get("hostNameSslStates") or ():
        if state.get("hostType") == "Repository" and state.get("name"):
            return str(state["name"])
    raise PublishFailed(
        f"{site['id']} has no host name of type Repository, which its package is published to; look at the function "
        "app in the portal, then run again"
    )


def _endpoint_of(site: Mapping[str, Any]) -> str:
    host = site["properties"].get("defaultHostName")
    if not host:
        raise PublishFailed(f"{site['id']} has no default host name, which it answers at; run again when it is ready")
    return f"https://{host}"


async def read(id_: str, props: Properties) -> ReadResult:
    """What the app runs now, as the input that the next preview compares with the package of this checkout.

    Raises:
        PublishFailed: the app has no host name to ask.
        AzureError: Resource Manager gives no usable answer.
    """
    try:
        site = await _find_site(props)
    except AccessDenied as error:
        say(f"warning: the package is taken to be as it was: {error}")
        return ReadResult(id_, props)
    if site is None:
        return ReadResult("", {})
    return await _read_app(id_, {**props, "endpoint": _endpoint_of(site)})


async def _find_site(props: Properties) -> Mapping[str, Any] | None:
    cloud = Cloud.from_mapping(props.get("cloud"))
    async with create_credential(cloud=cloud) as credential, ResourceManagerClient(credential, cloud=cloud) as manager:
        return await manager.get_site(props["siteId"])


async def _read_app(id_: str, props: Properties) -> ReadResult:
    health = await _ask_patiently(props["endpoint"])
    if health.status in _TELLS_NOTHING:
        say(f"warning: the package is taken to be as it was: {props['endpoint']}/healthz {health.reason}")
        return ReadResult(id_, props)
    package = health.package or NO_PACKAGE
    if package != props["package"]:
        say(f"drift: {props['endpoint']}/healthz {health.reason}, and package {props['package']} was published")
    live = {**props, "package": package}
    return ReadResult(id_, live, {key: value for key, value in live.items() if key not in _COMPUTED})


async def _ask_patiently(endpoint: str) -> Health:
    for _ in range(_TRIES - 1):
        health = await read_health(endpoint)
        if health.status is not None and health.status < 500:
            return health
        await asyncio.sleep(_PAUSE)
    return await read_health(endpoint)
