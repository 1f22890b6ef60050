"""What Flex Consumption asks of a site (fact sheet pulumi-azure, sections 2.1 and 2.2).

Azure merely ignores some of the app settings that are refused here: a program that sets them is wrong all the same.
Codes and messages are ours, except where a comment says otherwise.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from emulator.resource_manager.errors import Conflict, InvalidRequest, ResourceNotFound
from emulator.resource_manager.kinds.kind import Put
from emulator.resource_manager.resource_types.site_config import FLEX_REFUSES
from emulator.resource_manager.scopes import normalise
from emulator.storage import Document

REFUSED_SETTINGS = frozenset(
    {
        "ENABLE_ORYX_BUILD",
        "FUNCTIONS_EXTENSION_VERSION",
        "FUNCTIONS_MAX_HTTP_CONCURRENCY",
        "FUNCTIONS_WORKER_PROCESS_COUNT",
        "FUNCTIONS_WORKER_RUNTIME",
        "FUNCTIONS_WORKER_RUNTIME_VERSION",
        "SCM_DO_BUILD_DURING_DEPLOYMENT",
        "TZ",
        "WEBSITE_CONTENTAZUREFILECONNECTIONSTRING",
        "WEBSITE_CONTENTSHARE",
        "WEBSITE_LOAD_CERTIFICATES",
        "WEBSITE_MAX_DYNAMIC_APPLICATION_SCALE_OUT",
        "WEBSITE_RUN_FROM_PACKAGE",
        "WEBSITE_TIME_ZONE",
    }
)
"""App settings that a site of Flex Consumption must not have."""

REFUSED_PROPERTIES = ("containerSize", "endToEndEncryptionEnabled", "hyperV", "isXenon", "reserved")
"""Properties of a site that Flex Consumption refuses, unless they are false."""

_READY_IN_ZONES = 2
_MEMORY = (512, 2048, 4096)
_PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")


def check_flex(put: Put) -> None:
    """Returns when the site is one that Flex Consumption takes.

    Raises:
        InvalidRequest: it is not.
    """
    _refuse_properties(put.properties)
    _refuse_settings(put.properties.get("siteConfig", {}).get("appSettings", []))
    if "functionapp" not in put.body.get("kind", ""):
        raise _bad_request("The local Azure has function apps alone: kind 'functionapp,linux'.")
    if not put.properties.get("serverFarmId"):
        raise _bad_request("The site needs properties.serverFarmId, the id of a plan.")
    if "functionAppConfig" in put.properties:
        _check_config(put.properties["functionAppConfig"])
    elif put.existing is None:
        # Azure's own words.
        raise _bad_request("FunctionAppConfig is required on create for FlexConsumption sites.")


def check_plan(put: Put, plan: Document | None, sites: Sequence[Document]) -> None:
    """Returns when the plan is there and has room for the site.

    Args:
        put: the site.
        plan: what its serverFarmId names.
        sites: the sites in it.

    Raises:
        ResourceManagerError: there is no such plan, or another site is in it.
    """
    plan_id = put.properties["serverFarmId"]
    if plan is None or plan["type"] != "Microsoft.Web/serverfarms":
        raise ResourceNotFound(f"Cannot find ServerFarm with name {plan_id.rsplit('/', 1)[-1]}.", "NotFound")
    others = [site["name"] for site in sites if normalise(site["id"]) != normalise(put.id)]
    if others:
        message = f"The Flex Consumption plan '{plan['name']}' takes one app only, and has '{others[0]}'."
        raise Conflict(message, "Conflict")
    if plan["properties"].get("zoneRedundant"):
        _check_always_ready(put.properties.get("functionAppConfig", {}))


def check_deployment(put: Put, containers: Collection[str]) -> None:
    """Returns when the packages of the site have a place, and the site an identity to reach it with.

    Args:
        put: the site.
        containers: the addresses of the containers that there are.

    Raises:
        InvalidRequest: they do not.
    """
    if "functionAppConfig" not in put.properties:
        return
    storage = put.properties["functionAppConfig"]["deployment"]["storage"]
    if storage["value"].rstrip("/") not in containers:
        raise _bad_request(f"The deployment container '{storage['value']}' does not exist.")
    _check_authentication(storage.get("authentication", {}), put.body.get("identity", {}))


def _check_always_ready(config: Mapping[str, Any]) -> None:
    """In a zone redundant plan, what is always ready is so in two zones at least."""
    for item in config.get("scaleAndConcurrency", {}).get("alwaysReady", []):
        if item.get("instanceCount", 0) < _READY_IN_ZONES:
            message = (
                f"alwaysReady of '{item.get('name')}' has {item.get('instanceCount', 0)} instances, and needs "
                f"{_READY_IN_ZONES} or more: the plan is zone redundant."
            )
            raise _bad_request(message)


def _check_authentication(authentication: Mapping[str, Any], identity: Mapping[str, Any]) -> None:
    kind = authentication.get("type", "StorageAccountConnectionString")
    if kind == "StorageAccountConnectionString":
        raise _bad_request(
            "Accounts of the local Azure have no keys: deployment.storage.authentication is an identity."
        )
    if kind == "SystemAssignedIdentity" and "SystemAssigned" not in identity.get("type", "None"):
        raise _bad_request("The site has no system-assigned identity to reach its deployment container with.")
    wanted = authentication.get("userAssignedIdentityResourceId", "")
    assigned = map(normalise, identity.get("userAssignedIdentities", {}))
    if kind == "UserAssignedIdentity" and normalise(wanted) not in assigned:
        raise _bad_request(f"The identity '{wanted}' of the deployment container is not assigned to the site.")


def _refuse_properties(properties: Mapping[str, Any]) -> None:
    config = properties.get("siteConfig", {})
    refused = [name for name in REFUSED_PROPERTIES if properties.get(name, False) is not False]
    refused += [f"siteConfig.{name}" for name in FLEX_REFUSES if config.get(name, False) is not False]
    if refused:
        # The number is Azure's.
        message = f"Site.{refused[0]} is not supported on Flex Consumption (ExtendedCode 51021)."
        raise _bad_request(message)


def _refuse_settings(settings: Sequence[Mapping[str, Any]]) -> None:
    for setting in settings:
        if not setting.get("name"):
            raise _bad_request("An app setting needs a name.")
        if setting["name"].upper() in REFUSED_SETTINGS:
            raise _bad_request(f"The app setting {setting['name']} is not supported on Flex Consumption: take it out.")


def _check_config(config: Mapping[str, Any]) -> None:
    runtime, scale = config["runtime"], config.get("scaleAndConcurrency", {})
    if runtime["name"] != "python":
        raise _bad_request(f"The local Azure runs Python alone, not {runtime['name']}.")
    if runtime.get("version") not in _PYTHONS:
        message = f"The Python version {runtime.get('version')!r} is not supported; there are: {', '.join(_PYTHONS)}."
        raise _bad_request(message)
    if scale.get("instanceMemoryMB", _MEMORY[0]) not in _MEMORY:
        raise _bad_request(f"instanceMemoryMB is {scale['instanceMemoryMB']}, and must be one of 512, 2048, 4096.")


def _bad_request(message: str) -> InvalidRequest:
    return InvalidRequest(message, "BadRequest")
