"""Rows of Microsoft.Storage."""

from emulator.resource_manager.resource_types.row import IN_GROUP, ResourceType, identity_shape, tracked
from emulator.resource_manager.schema import Shape, an_object, booleans

_ACCOUNTS = f"{IN_GROUP}/providers/Microsoft.Storage/storageAccounts/{{accountName}}"
_VERSIONS = ("2024-01-01", "2023-05-01", "2023-01-01")
_SKUS = tuple(
    f"{tier}_{copies}"
    for tier, kinds in (
        ("Standard", ("LRS", "GRS", "RAGRS", "ZRS", "GZRS", "RAGZRS")),
        ("Premium", ("LRS", "ZRS")),
        ("StandardV2", ("LRS", "GRS", "ZRS", "GZRS")),
        ("PremiumV2", ("LRS", "ZRS")),
    )
    for copies in kinds
)
_NETWORK_RULES = an_object(
    {"defaultAction": Shape(required=True, enum=("Allow", "Deny")), "bypass": Shape()},
    not_supported=("ipRules", "resourceAccessRules", "virtualNetworkRules"),
)

ACCOUNT = ResourceType(
    type="Microsoft.Storage/storageAccounts",
    token="azure-native:storage:StorageAccount",  # noqa: S106  # a type token
    path=_ACCOUNTS,
    name_input="accountName",
    name_pattern="[a-z0-9]{3,24}",
    name_rule="3-24 lower-case letters and digits",
    api_versions=_VERSIONS,
    body=tracked(
        {
            **booleans(
                "allowBlobPublicAccess",
                "allowCrossTenantReplication",
                "allowSharedKeyAccess",
                "defaultToOAuthAuthentication",
                "isHnsEnabled",
                "isLocalUserEnabled",
                "isSftpEnabled",
                "supportsHttpsTrafficOnly",
            ),
            "accessTier": Shape(enum=("Hot", "Cool", "Cold", "Premium")),
            "minimumTlsVersion": Shape(enum=("TLS1_0", "TLS1_1", "TLS1_2", "TLS1_3")),
            "networkAcls": _NETWORK_RULES,
            "publicNetworkAccess": Shape(enum=("Enabled", "Disabled", "SecuredByPerimeter")),
        },
        sku=an_object({"name": Shape(required=True, enum=_SKUS)}, required=True),
        kind=Shape(required=True, enum=("Storage", "StorageV2", "BlobStorage", "FileStorage", "BlockBlobStorage")),
        identity=identity_shape("SystemAssigned,UserAssigned"),
        not_supported=(
            "allowedCopyScope",
            "azureFilesIdentityBasedAuthentication",
            "customDomain",
            "dnsEndpointType",
            "enableExtendedGroups",
            "encryption",
            "extendedLocation",
            "immutableStorageWithVersioning",
            "isNfsV3Enabled",
            "keyPolicy",
            "largeFileSharesState",
            "routingPreference",
            "sasPolicy",
        ),
    ),
    top_level=("location", "tags", "identity", "sku", "kind"),
    renamed={
        "enableHttpsTrafficOnly": "supportsHttpsTrafficOnly",
        "enableNfsV3": "isNfsV3Enabled",
        "networkRuleSet": "networkAcls",
    },
    answered={
        "accessTier": "Hot",
        "allowBlobPublicAccess": False,
        "minimumTlsVersion": "TLS1_0",
        "networkAcls": {"defaultAction": "Allow", "bypass": "AzureServices"},
        "supportsHttpsTrafficOnly": True,
    },
    # The service answers a new account as one that needs no more waiting.
    created_status=200,
    taken_code="StorageAccountAlreadyTaken",
    replaces=("resourceGroupName", "accountName", "location", "isHnsEnabled"),
    computed=("name", "type", "location", "identity", "creationTime", "primaryEndpoints", "provisioningState"),
    takes_location=True,
    auto_name="hex",
)

CONTAINER = ResourceType(
    type="Microsoft.Storage/storageAccounts/blobServices/containers",
    token="azure-native:storage:BlobContainer",  # noqa: S106  # a type token
    path=f"{_ACCOUNTS}/blobServices/default/containers/{{containerName}}",
    name_input="containerName",
    name_pattern=r"\$root|\$logs|\$web|(?=.{3})(?!.{64})[a-z0-9]+(?:-[a-z0-9]+)*",
    name_rule="3-63 lower-case letters, digits and single hyphens, no hyphen at an end",
    api_versions=_VERSIONS,
    body=an_object(
        {
            "properties": an_object(
                {
                    "publicAccess": Shape(enum=("Container", "Blob", "None")),
                    "metadata": Shape(type="map", items=Shape()),
                },
                not_supported=(
                    "defaultEncryptionScope",
                    "denyEncryptionScopeOverride",
                    "enableNfsV3AllSquash",
                    "enableNfsV3RootSquash",
                    "immutableStorageWithVersioning",
                ),
            )
        }
    ),
    parent_type=ACCOUNT.type,
    answered={"publicAccess": "None"},
    replaces=("resourceGroupName", "accountName", "containerName"),
    computed=("name", "type", "etag", "hasImmutabilityPolicy", "hasLegalHold", "lastModifiedTime", "leaseState"),
    auto_name="copy",
)

ROWS = (ACCOUNT, CONTAINER)
