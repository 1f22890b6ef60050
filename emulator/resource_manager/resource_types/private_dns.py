"""Rows of private DNS: zones and their links to virtual networks."""

from emulator.resource_manager.resource_types.row import IN_GROUP, REQUIRED, TAGS, ResourceType, tracked
from emulator.resource_manager.schema import Shape, an_object

_ZONES = f"{IN_GROUP}/providers/Microsoft.Network/privateDnsZones/{{privateZoneName}}"
_VERSIONS = ("2024-06-01", "2020-06-01", "2018-09-01")

PRIVATE_ZONE = ResourceType(
    type="Microsoft.Network/privateDnsZones",
    token="azure-native:privatedns:PrivateZone",  # noqa: S106  # a type token
    path=_ZONES,
    name_input="privateZoneName",
    name_pattern=r"(?=.{1,253}$)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})+",
    name_rule="a domain name of 2 labels or more, each of 1-63 letters, digits, hyphens and underscores",
    api_versions=_VERSIONS,
    body=an_object({"location": REQUIRED, "tags": TAGS}),
    top_level=("location", "tags"),
    replaces=("resourceGroupName", "privateZoneName", "location"),
    computed=("name", "type", "location", "numberOfVirtualNetworkLinks", "provisioningState"),
    takes_location=True,
    auto_name="hex",
)

VIRTUAL_NETWORK_LINK = ResourceType(
    type="Microsoft.Network/privateDnsZones/virtualNetworkLinks",
    token="azure-native:privatedns:VirtualNetworkLink",  # noqa: S106  # a type token
    path=f"{_ZONES}/virtualNetworkLinks/{{virtualNetworkLinkName}}",
    name_input="virtualNetworkLinkName",
    name_pattern=r"(?=.{1,80}$)[A-Za-z0-9](?:[\w.-]*\w)?",
    name_rule="1-80 letters, digits, hyphens, underscores and dots, a letter or digit first",
    api_versions=_VERSIONS,
    body=tracked(
        {
            "virtualNetwork": an_object({"id": REQUIRED}, required=True),
            "registrationEnabled": Shape(type="boolean"),
            "resolutionPolicy": Shape(enum=("Default", "NxDomainRedirect")),
        }
    ),
    parent_type=PRIVATE_ZONE.type,
    top_level=("location", "tags"),
    answered={"registrationEnabled": False, "virtualNetworkLinkState": "Completed"},
    replaces=("resourceGroupName", "privateZoneName", "virtualNetworkLinkName", "location"),
    computed=("name", "type", "location", "provisioningState", "virtualNetworkLinkState"),
    takes_location=True,
    auto_name="copy",
)

ROWS = (PRIVATE_ZONE, VIRTUAL_NETWORK_LINK)
