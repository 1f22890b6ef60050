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
