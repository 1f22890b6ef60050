"""App Service: plans, sites and auth settings."""

from collections.abc import Mapping
from typing import Any

from emulator.resource_manager.context import SiteHosts
from emulator.resource_manager.errors import Conflict, InvalidRequest, LinkedAuthorizationFailed
from emulator.resource_manager.kinds.kind import RESOURCES, Kind, Put
from emulator.resource_manager.kinds.site_rules import check_deployment, check_flex, check_plan
from emulator.resource_manager.resource_types.storage import CONTAINER
from emulator.resource_manager.resource_types.web import SITE
from emulator.resource_manager.scopes import normalise
from emulator.storage import Document

SITE_SETTINGS = "site-settings"
"""Kind of document: lower-case id of a site -> its app settings, which a GET of the site never answers."""

_JOIN = "Microsoft.Web/serverFarms/join/action"
_LONGEST_IDENTITIES = 500


class PlanKind(Kind):
    """App Service plans; the local Azure has Flex Consumption alone."""

    def check(self, put: Put) -> None:
        """Returns when the plan is a Flex Consumption plan."""
        sku = put.body["sku"]
        if sku.get("name") != "FC1" or sku.get("tier", "FlexConsumption") != "FlexConsumption":
            message = "The local Azure has plans of Flex Consumption alone: sku.name 'FC1', sku.tier 'FlexConsumption'."
            raise InvalidRequest(message, "BadRequest")
        if not put.properties.get("reserved"):
            raise InvalidRequest("A Flex Consumption plan runs on Linux: properties.reserved is true.", "BadRequest")

    def check_delete(self, document: Document) -> None:
        """Returns when no site is in the plan."""
        names = ", ".join(site["name"] for site in _sites_in(self, document["id"]))
        if names:
            message = f"Server farm '{document['name']}' cannot be deleted because it has web app(s) {names} assigned."
            raise Conflict(message, "Conflict")


class SiteKind(Kind):
    """Sites; another part of the emulator serves them."""

    def check(self, put: Put) -> None:
        """Returns when Flex Consumption takes the site and what it names is there."""
        check_flex(put)
        plan_id = put.properties["serverFarmId"]
        check_plan(put, self.find(plan_id), _sites_in(self, plan_id))
        self._require_join(put, plan_id)
        containers = [item for _, item in self.storage.items(RESOURCES) if item["type"] == CONTAINER.type]
        check_deployment(put, {self._address(container) for container in containers})

    async def properties(self, put: Put) -> Mapping[str, Any]:
        """With the host names, and without the app settings."""
        config = {key: value for key, value in put.properties.get("siteConfig", {}).items() if key != "appSettings"}
        app_config = put.properties.get("functionAppConfig") or put.earlier("functionAppConfig", None)
        return {
            **put.row.answered,
            **put.properties,
            "functionAppConfig": app_config,
            "siteConfig": config,
            **_host_facts(await self.context.sites.start(put.id)),
            "lastModifiedTimeUtc": self.context.timestamp(),
            "repositorySiteName": put.name,
            "resourceGroup": put.id.split("/")[4],
            "sku": "FlexConsumption",
        }

    async def stored(self, put: Put) -> None:
        """Keeps the app settings, where some are said, and lets the site follow."""
        settings = put.properties.get("siteConfig", {}).get("appSettings")
        # A PUT that says nothing of them leaves those that there are (unverified).
        if settings is not None or put.existing is None:
            by_name = {setting["name"]: setting.get("value", "") for setting in settings or []}
            self.storage.put(SITE_SETTINGS, normalise(put.id), {"appSettings": by_name})
        await self.context.sites.configure(put.id)

    async def removed(self, document: Document) -> None:
        """Ends the site. Its plan stays, as azure-native asks of Azure (`deleteEmptyServerFarm=false`)."""
        await self.context.sites.stop(document["id"])
        self.storage.delete(SITE_SETTINGS, normalise(document["id"]))

    def _require_join(self, put: Put, plan_id: str) -> None:
        access = self.context.access
        if not access.allows(put.caller, _JOIN, plan_id):
            raise LinkedAuthorizationFailed(
                access.client_id(put.caller),
                put.caller,
                action=f"{put.row.operations}/write",
                scope=put.id,
                linked=(_JOIN, plan_id),
            )

    def _address(self, container: Document) -> str:
        account = container["id"].split("/")[8]
        return f"{self.context.blobs.endpoint(account)}{container['name']}"


class SiteConfigKind(Kind):
    """Auth settings."""

    def check(self, put: Put) -> None:
        """Returns unless the list of principals is too long."""
        provider = put.properties.get("identityProviders", {}).get("azureActiveDirectory", {})
        policy = provider.get("validation", {}).get("defaultAuthorizationPolicy", {})
        identities = policy.get("allowedPrincipals", {}).get("identities", [])
        if sum(map(len, identities)) > _LONGEST_IDENTITIES:
            message = f"allowedPrincipals.identities may have {_LONGEST_IDENTITIES} characters in all."
            raise InvalidRequest(message, "BadRequest")

    async def properties(self, put: Put) -> Mapping[str, Any]:
        """As they were sent."""
        return put.properties

    async def stored(self, put: Put) -> None:
        """Lets the site follow."""
        await self.context.sites.configure(put.row.parent_of(put.id))


class PublishingKind(Kind):
    """Whether a method of publishing takes a user name and a password."""

    async def properties(self, put: Put) -> Mapping[str, Any]:
        """As they were sent."""
        return put.properties


def _sites_in(kind: Kind, plan_id: str) -> list[Document]:
    return [
        document
        for _, document in kind.storage.items(RESOURCES)
        if document["type"] == SITE.type and normalise(document["properties"]["serverFarmId"]) == normalise(plan_id)
    ]


def _host_facts(hosts: SiteHosts) -> Mapping[str, Any]:
    return {
        "defaultHostName": hosts.site,
        "hostNames": [hosts.site],
        "enabledHostNames": [hosts.site, hosts.scm],
        "hostNameSslStates": [
            {"name": hosts.site, "sslState": "Disabled", "hostType": "Standard"},
            {"name": hosts.scm, "sslState": "Disabled", "hostType": "Repository"},
        ],
    }
