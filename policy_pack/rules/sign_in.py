"""Whether the gateway can be called without a token, or its code replaced with a password."""

from collections.abc import Iterator

from .resource import Resource, Stack

APP = "azure-native:web:WebApp"
SIGN_IN = "azure-native:web:WebAppAuthSettingsV2"
OLDER_SIGN_IN = "azure-native:web:WebAppAuthSettings"
PASSWORDS = {"azure-native:web:WebAppFtpAllowed": "FTP", "azure-native:web:WebAppScmAllowed": "publishing"}
OPEN_PATHS = {"/healthz"}
"""What may answer without a token."""


def check_sign_in_required(resource: Resource, stack: Stack) -> Iterator[str]:
    """Each app has settings that refuse calls without a token, and refuses passwords for its own code."""
    if resource.type != APP:
        return
    if not any(item.is_about("name", resource, "name") for item in stack.of_type(SIGN_IN)):
        yield (
            "The app answers everybody: no WebAppAuthSettingsV2 of the stack belongs to it. A removed one turns "
            "sign-in off in Azure; put it back."
        )
    for kind, what in PASSWORDS.items():
        if not any(item.is_about("name", resource, "name") for item in stack.of_type(kind)):
            kind_name = kind.rpartition(":")[2]
            yield f"A password may be used for {what}: the app has no {kind_name} with allow: false."


def check_sign_in_complete(resource: Resource, _stack: Stack) -> Iterator[str]:
    """The settings themselves leave no way in without a token."""
    if resource.type == SIGN_IN:
        yield from _find_gaps(resource)
    elif resource.type == OLDER_SIGN_IN:
        if resource.is_not(True, "enabled") or resource.get("unauthenticatedClientAction") == "AllowAnonymous":
            yield "The older settings turn sign-in off that WebAppAuthSettingsV2 turns on; take them out."
    elif resource.type in PASSWORDS and resource.is_not(False, "allow"):
        yield f"A password may be used for {PASSWORDS[resource.type]}; set allow to false."
    elif resource.type == APP and resource.is_not(True, "httpsOnly"):
        yield "The app takes tokens over plain HTTP; set httpsOnly to true."


def _find_gaps(settings: Resource) -> Iterator[str]:
    wanted: dict[tuple[str, str], object] = {
        ("platform", "enabled"): True,
        ("globalValidation", "requireAuthentication"): True,
        ("globalValidation", "unauthenticatedClientAction"): "Return401",
    }
    for path, value in wanted.items():
        if settings.is_not(value, *path):
            yield f"{'.'.join(path)} must be {str(value).lower() if value is True else value}."
    for path_out in settings.items("globalValidation", "excludedPaths"):
        if isinstance(path_out, str) and path_out not in OPEN_PATHS:
            yield f"{path_out} answers without a token; take it out of globalValidation.excludedPaths."
