"""A resource group with all that a function app needs."""

import copy
from dataclasses import dataclass
from typing import Any

import pytest

SUBSCRIPTION = "/subscriptions/5b1e0c7a-0f3c-4d51-8aa2-77b2c1d4e002"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-test"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-gateway"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/stgateway"
CONTAINER = f"{ACCOUNT}/blobServices/default/containers/app-package"
PLAN = f"{GROUP}/providers/Microsoft.Web/serverfarms/plan"
SITE = f"{GROUP}/providers/Microsoft.Web/sites/fn-gateway"
PLAN_BODY = {
    "location": "westeurope",
    "kind": "functionapp",
    "sku": {"name": "FC1", "tier": "FlexConsumption"},
    "properties": {"reserved": True},
}
SITE_BODY: dict[str, Any] = {
    "location": "westeurope",
    "kind": "functionapp,linux",
    "identity": {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}},
    "properties": {
        "serverFarmId": PLAN,
        "httpsOnly": True,
        "functionAppConfig": {
            "deployment": {
                "storage": {
                    "type": "blobContainer",
                    "value": "https://localhost:21000/stgateway/app-package",
                    "authentication": {"type": "UserAssignedIdentity", "userAssignedIdentityResourceId": IDENTITY},
                }
            },
            "runtime": {"name": "python", "version": "3.12"},
            "scaleAndConcurrency": {"instanceMemoryMB": 2048, "maximumInstanceCount": 40},
        },
        "siteConfig": {"minTlsVersion": "1.2", "appSettings": [{"name": "COLOUR", "value": "red"}]},
    },
}


NETWORK = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet"
INSTANCE = f"{GROUP}/providers/Microsoft.DigitalTwins/digitalTwinsInstances/adt-test"


@dataclass
class Net:
    """A virtual network with a subnet for private endpoints and one for the site's own calls."""

    arm: Any
    network: str = NETWORK
    endpoints: str = f"{NETWORK}/subnets/endpoints"
    outbound: str = f"{NETWORK}/subnets/outbound"
    endpoint: str = f"{GROUP}/providers/Microsoft.Network/privateEndpoints/pe"
    zone: str = f"{GROUP}/providers/Microsoft.Network/privateDnsZones/privatelink.digitaltwins.azure.net"
    instance: str = INSTANCE

    def endpoint_body(self, *, target: str = INSTANCE, group_id: str = "API", subnet: str = "") -> dict[str, Any]:
        connection = {"privateLinkServiceId": target, "groupIds": [group_id]}
        return {
            "location": "westeurope",
            "properties": {
                "subnet": {"id": subnet or self.endpoints},
                "privateLinkServiceConnections": [{"name": "pe", "properties": connection}],
            },
        }

    def make_endpoint(self, **options: str) -> Any:
        return self.arm.make("PUT", self.endpoint, self.endpoint_body(**options))


@pytest.fixture
def net(arm: Any) -> Net:
    """With no private endpoint yet."""
    net = Net(arm)
    space = {"addressPrefixes": ["10.0.0.0/16"]}
    arm.make("PUT", NETWORK, {"location": "westeurope", "properties": {"addressSpace": space}})
    arm.make("PUT", net.endpoints, {"properties": {"addressPrefix": "10.0.0.0/24"}})
    delegation = {"name": "flex", "properties": {"serviceName": "Microsoft.App/environments"}}
    arm.make("PUT", net.outbound, {"properties": {"addressPrefix": "10.0.1.0/24", "delegations": [delegation]}})
    return net


@dataclass
class Web:
    """The function app that the tests are about."""

    arm: Any
    group: str = GROUP
    identity: str = IDENTITY
    account: str = ACCOUNT
    container: str = CONTAINER
    plan: str = PLAN
    site: str = SITE

    def make_site(self) -> Any:
        return self.arm.make("PUT", SITE, SITE_BODY)

    def body(self, place: str = "", value: Any = None) -> dict[str, Any]:
        """The site's body with another value at a place such as properties.httpsOnly; None takes it out."""
        body = copy.deepcopy(SITE_BODY)
        if place:
            *above, last = place.split("/")
            inner = body
            for name in above:
                inner = inner[name]
            if value is None:
                del inner[last]
            else:
                inner[last] = value
        return body


@pytest.fixture
def web(arm: Any) -> Web:
    """Everything but the site."""
    arm.make("PUT", IDENTITY, {"location": "westeurope"})
    account = {"location": "westeurope", "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"}
    arm.make("PUT", ACCOUNT, account)
    arm.make("PUT", CONTAINER, {})
    arm.make("PUT", PLAN, PLAN_BODY)
    return Web(arm)
