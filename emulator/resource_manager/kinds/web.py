"""App Service: plans, sites and auth settings."""

from collections.abc import Mapping
from typing import Any

from emulator.resource_manager.context import SiteHosts
from emulator.resource_manager.errors import Conflict, InvalidRequest
from emulator.resource_manager.kinds.kind import Kind, Put
from emulator.resource_manager.kinds.network import SUBNET_JOIN
from emulator.resource_manager.kinds.site_network import check_address_rules, check_subnet
from emulator.resource_manager.kinds.site_rules import check_deployment, check_flex, check_plan
from emulator.resource_manager.private_links import disconnect
from emulator.resource_manager.resource_types.network import SUBNET
from emulator.resource_manager.resource_types.site_config import NETWORK_RULES
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
        self.require_linked(put, _JOIN, plan_id)
        check_deployment(put, {self._address(container) for container in self.find_all(CONTAINER.type)})
        check_address_rules(put)
        self._check_subnet(put)

    async def properties(self, put: Put) -> Mapping[str, Any]:
        """With the host names, and without the app settings."""
        config = {**_rules_before(put), **put.properties.get("siteConfig", {})}
        config.pop("appSettings", None)
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
        disconnect(self.storage, document["id"])
        await self.context.sites.stop(document["id"])
        self.storage.delete(SITE_SETTINGS, normalise(document["id"]))

    def _check_subnet(self, put: Put) -> None:
        subnet_id = put.properties.get("virtualNetworkSubnetId")
        if subnet_id is None:
            return
        subnet = self.find(subnet_id, SUBNET.type)
        check_subnet(put, subnet, self.find(SUBNET.parent_of(subnet_id)))
        self.require_linked(put, SUBNET_JOIN, subnet_id)

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
        for document in kind.find_all(SITE.type)
        if normalise(document["properties"]["serverFarmId"]) == normalise(plan_id)
    ]


def _rules_before(put: Put) -> Mapping[str, Any]:
    """What a PUT that says nothing of it leaves as it is."""
    config = put.earlier("siteConfig", {})
    return {name: config[name] for name in NETWORK_RULES if name in config}


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
