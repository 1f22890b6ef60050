"""Who can reach what from the internet."""

from collections.abc import Iterator

from .resource import Resource, Stack

_EVERYWHERE = ("0.0.0.0/0", "::/0", "Any")


def check_no_public_access_in_prod(resource: Resource, stack: Stack) -> Iterator[str]:
    """In production the instance takes no call from the internet, and the gateway none from everywhere."""
    if not stack.is_prod:
        return
    if resource.type == "azure-native:digitaltwins:DigitalTwin":
        if resource.is_not("Disabled", "publicNetworkAccess"):
            yield (
                "The instance can be called from the internet; give it a private endpoint (instance.privateEndpoint) "
                "and set publicNetworkAccess to Disabled."
            )
    elif resource.type == "azure-native:web:WebApp" and _is_open(resource):
        yield (
            "The app can be called from everywhere; set publicNetworkAccess to Disabled, or list the addresses that "
            "may call it (gateway.allowedAddresses)."
        )


def _is_open(app: Resource) -> bool:
    if not app.is_not("Disabled", "publicNetworkAccess"):
        return False
    return app.is_not("Deny", "siteConfig", "ipSecurityRestrictionsDefaultAction") or any(
        rule.get("action", "Allow") == "Allow" and rule.get("ipAddress") in _EVERYWHERE
        for rule in app.items("siteConfig", "ipSecurityRestrictions")
        if isinstance(rule, dict)
    )
