"""Rows of Microsoft.Network: virtual networks, their subnets and private endpoints."""

from dataclasses import replace

from emulator.resource_manager.resource_types.row import IN_GROUP, REQUIRED, ResourceType, tracked
from emulator.resource_manager.schema import Shape, a_list, an_object, booleans, inner

_NETWORK = f"{IN_GROUP}/providers/Microsoft.Network"
_NETWORKS = f"{_NETWORK}/virtualNetworks/{{virtualNetworkName}}"
_ENDPOINTS = f"{_NETWORK}/privateEndpoints/{{privateEndpointName}}"
_VERSIONS = ("2024-05-01", "2024-07-01", "2024-03-01", "2023-11-01")
_NAME = r"[A-Za-z0-9](?:[\w.-]*\w)?"
_RULE = "letters, digits, hyphens, underscores and dots, a letter or digit first, no hyphen or dot at the end"
_SUBNET_POLICIES = ("Enabled", "Disabled", "NetworkSecurityGroupEnabled", "RouteTableEnabled")
_POLICIES = {
    "privateEndpointNetworkPolicies": Shape(enum=_SUBNET_POLICIES),
    "privateLinkServiceNetworkPolicies": Shape(enum=("Enabled", "Disabled")),
}

VIRTUAL_NETWORK = ResourceType(
    type="Microsoft.Network/virtualNetworks",
    token="azure-native:network:VirtualNetwork",  # noqa: S106  # a type token
    path=_NETWORKS,
    name_input="virtualNetworkName",
    name_pattern=rf"(?=.{{2,64}}$){_NAME}",
    name_rule=f"2-64 {_RULE}",
    api_versions=_VERSIONS,
    body=tracked(
        {
            "addressSpace": an_object(
                {"addressPrefixes": a_list()}, required=True, not_supported=("ipamPoolPrefixAllocations",)
            ),
            "privateEndpointVNetPolicies": Shape(enum=("Disabled", "Basic")),
            **booleans("enableDdosProtection", "enableVmProtection"),
        },
        not_supported=(
            *("bgpCommunities", "ddosProtectionPlan", "dhcpOptions", "encryption", "extendedLocation"),
            # Subnets are resources of their own here.
            *("flowTimeoutInMinutes", "id", "ipAllocations", "subnets", "virtualNetworkPeerings"),
        ),
    ),
    top_level=("location", "tags"),
    defaults={"enableDdosProtection": False, "enableVmProtection": False},
    answered={"enableDdosProtection": False},
    replaces=("resourceGroupName", "virtualNetworkName", "location"),
    computed=("name", "type", "location", "provisioningState", "resourceGuid", "subnets"),
    takes_location=True,
    auto_name="hex",
)

_DELEGATION = inner(
    {"serviceName": Shape()}, not_supported=("actions",), name=Shape(), id=Shape(), etag=Shape(), type=Shape()
)

SUBNET = ResourceType(
    type="Microsoft.Network/virtualNetworks/subnets",
    token="azure-native:network:Subnet",  # noqa: S106  # a type token
    path=f"{_NETWORKS}/subnets/{{subnetName}}",
    name_input="subnetName",
    name_pattern=rf"(?=.{{1,80}}$){_NAME}",
    name_rule=f"1-80 {_RULE}",
    api_versions=_VERSIONS,
    body=an_object(
        {
            "properties": an_object(
                {
                    "addressPrefix": Shape(),
                    "addressPrefixes": a_list(),
                    "defaultOutboundAccess": Shape(type="boolean"),
                    "delegations": a_list(_DELEGATION),
                    **_POLICIES,
                },
                required=True,
                not_supported=(
                    *("applicationGatewayIPConfigurations", "ipAllocations", "ipamPoolPrefixAllocations"),
                    *("natGateway", "networkSecurityGroup", "routeTable", "serviceEndpointPolicies"),
                    *("serviceEndpoints", "sharingScope"),
                ),
            )
        },
        not_supported=("id", "name", "type"),
    ),
    parent_type=VIRTUAL_NETWORK.type,
    defaults={"privateEndpointNetworkPolicies": "Disabled", "privateLinkServiceNetworkPolicies": "Enabled"},
    answered={"privateEndpointNetworkPolicies": "Disabled", "privateLinkServiceNetworkPolicies": "Enabled"},
    replaces=("resourceGroupName", "virtualNetworkName", "subnetName"),
    computed=("name", "type", "provisioningState"),
    auto_name="copy",
)

_PLACE = inner(
    # Only the id says something, but the Python SDK fills in defaults of the others.
    _POLICIES,
    not_supported=(
        *("addressPrefix", "addressPrefixes", "applicationGatewayIPConfigurations", "defaultOutboundAccess"),
        *("delegations", "etag", "ipAllocations", "ipamPoolPrefixAllocations", "name", "natGateway"),
        *("networkSecurityGroup", "provisioningState", "resourceNavigationLinks", "routeTable"),
        *("serviceAssociationLinks", "serviceEndpointPolicies", "serviceEndpoints", "serviceGateway"),
        *("sharingScope", "type"),
    ),
    id=REQUIRED,
)
_CONNECTION = inner(
    {"privateLinkServiceId": REQUIRED, "groupIds": Shape(type="array", items=Shape(), required=True)},
    not_supported=("privateLinkServiceConnectionState", "requestMessage"),
    name=REQUIRED,
    id=Shape(),
)

PRIVATE_ENDPOINT = ResourceType(
    type="Microsoft.Network/privateEndpoints",
    token="azure-native:network:PrivateEndpoint",  # noqa: S106  # a type token
    path=_ENDPOINTS,
    name_input="privateEndpointName",
    name_pattern=rf"(?=.{{2,64}}$){_NAME}",
    name_rule=f"2-64 {_RULE}",
    api_versions=_VERSIONS,
    body=tracked(
        {
            "subnet": replace(_PLACE, required=True),
            "privateLinkServiceConnections": Shape(type="array", items=_CONNECTION, required=True),
            "customNetworkInterfaceName": Shape(),
        },
        not_supported=(
            *("applicationSecurityGroups", "customDnsConfigs", "extendedLocation", "id", "ipConfigurations"),
            # What is another's waits for its owner's yes, and nobody gives it here.
            "manualPrivateLinkServiceConnections",
        ),
    ),
    top_level=("location", "tags"),
    replaces=("resourceGroupName", "privateEndpointName", "subnet"),
    computed=("name", "type", "location", "customDnsConfigs", "networkInterfaces", "provisioningState"),
    takes_location=True,
    auto_name="hex",
)

PRIVATE_DNS_ZONE_GROUP = ResourceType(
    type="Microsoft.Network/privateEndpoints/privateDnsZoneGroups",
    token="azure-native:network:PrivateDnsZoneGroup",  # noqa: S106  # a type token
    path=f"{_ENDPOINTS}/privateDnsZoneGroups/{{privateDnsZoneGroupName}}",
    name_input="privateDnsZoneGroupName",
    name_pattern=rf"(?=.{{1,80}}$){_NAME}",
    name_rule=f"1-80 {_RULE}",
    api_versions=_VERSIONS,
    body=an_object(
        {
            "properties": an_object(
                {"privateDnsZoneConfigs": a_list(inner({"privateDnsZoneId": REQUIRED}, name=REQUIRED))},
                required=True,
            )
        },
        not_supported=("id", "name"),
    ),
    parent_type=PRIVATE_ENDPOINT.type,
    replaces=("resourceGroupName", "privateEndpointName", "privateDnsZoneGroupName"),
    computed=("name", "provisioningState"),
    auto_name="copy",
)

ROWS = (VIRTUAL_NETWORK, SUBNET, PRIVATE_ENDPOINT, PRIVATE_DNS_ZONE_GROUP)
