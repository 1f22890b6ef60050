"""The shape of `siteConfig` and of `functionAppConfig` of a site."""

from emulator.resource_manager.schema import Shape, a_list, an_object, booleans, strings

_INTEGER = Shape(type="integer")
_TLS = Shape(enum=("1.0", "1.1", "1.2", "1.3"))

APP_SETTING = an_object(strings("name", "value"))

FLEX_REFUSES = {
    **strings("linuxFxVersion", "pythonVersion"),
    **booleans("alwaysOn", "functionsRuntimeScaleMonitoringEnabled", "use32BitWorkerProcess"),
    "functionAppScaleLimit": _INTEGER,
    "minimumElasticInstanceCount": _INTEGER,
    "preWarmedInstanceCount": _INTEGER,
}
"""What `siteConfig` may hold elsewhere, and not in a Flex Consumption plan."""

_ALLOW = Shape(enum=("Allow", "Deny"))
_ADDRESS_RULE = an_object(
    {
        "action": _ALLOW,
        "ipAddress": Shape(required=True),
        "name": Shape(longest=32),
        "description": Shape(longest=150),
        "priority": Shape(type="integer", least=1, most=2**31 - 1),
        "tag": Shape(enum=("Default",)),
    },
    not_supported=("headers", "subnetMask", "subnetTrafficTag", "vnetSubnetResourceId", "vnetTrafficTag"),
)
_RULES = Shape(type="array", items=_ADDRESS_RULE, longest=512)

NETWORK_RULES = {
    "ipSecurityRestrictions": _RULES,
    "ipSecurityRestrictionsDefaultAction": _ALLOW,
    "scmIpSecurityRestrictions": _RULES,
    "scmIpSecurityRestrictionsDefaultAction": _ALLOW,
    "scmIpSecurityRestrictionsUseMain": Shape(type="boolean"),
}
"""Who reaches a site, and its SCM site, by address."""

SITE_CONFIG = an_object(
    {
        "appSettings": a_list(APP_SETTING),
        **NETWORK_RULES,
        "ftpsState": Shape(enum=("AllAllowed", "FtpsOnly", "Disabled")),
        "minTlsVersion": _TLS,
        "scmMinTlsVersion": _TLS,
        "scmType": Shape(),
        "numberOfWorkers": _INTEGER,
        "defaultDocuments": a_list(),
        **strings("healthCheckPath", "keyVaultReferenceIdentity", "netFrameworkVersion", "publicNetworkAccess"),
        **booleans(
            "detailedErrorLoggingEnabled",
            "http20Enabled",
            "httpLoggingEnabled",
            "localMySqlEnabled",
            "remoteDebuggingEnabled",
            "requestTracingEnabled",
            "vnetRouteAllEnabled",
            "webSocketsEnabled",
        ),
        **FLEX_REFUSES,
    },
    not_supported=(
        *("acrUseManagedIdentityCreds", "acrUserManagedIdentityID", "apiDefinition", "apiManagementConfig"),
        *("appCommandLine", "autoHealEnabled", "autoHealRules", "autoSwapSlotName", "azureStorageAccounts"),
        *("connectionStrings", "cors", "documentRoot", "elasticWebAppScaleLimit", "experiments", "handlerMappings"),
        *("http20ProxyFlag", "javaContainer"),
        *("javaContainerVersion", "javaVersion", "limits", "loadBalancing", "logsDirectorySizeLimit"),
        *("managedPipelineMode", "managedServiceIdentityId", "metadata", "minTlsCipherSuite", "nodeVersion"),
        *("phpVersion", "powerShellVersion", "publishingUsername", "push", "remoteDebuggingVersion"),
        *("requestTracingExpirationTime", "tracingOptions", "virtualApplications", "vnetName"),
        *("vnetPrivatePortsCount", "websiteTimeZone", "windowsFxVersion", "xManagedServiceIdentityId"),
    ),
)

_AUTHENTICATION = an_object(
    {
        "type": Shape(
            required=True,
            enum=("SystemAssignedIdentity", "UserAssignedIdentity", "StorageAccountConnectionString"),
        ),
        "userAssignedIdentityResourceId": Shape(),
    },
    # It takes an account's key, and accounts of the local Azure have none.
    not_supported=("storageAccountConnectionStringName",),
)
_STORAGE = an_object(
    {
        "type": Shape(required=True, enum=("blobContainer",)),
        "value": Shape(required=True),
        "authentication": _AUTHENTICATION,
    },
    required=True,
)
_SCALE = an_object(
    {
        "instanceMemoryMB": _INTEGER,
        "maximumInstanceCount": Shape(type="integer", least=40, most=1000),
        "alwaysReady": a_list(an_object({"name": Shape(), "instanceCount": Shape(type="integer", least=0)})),
        "triggers": an_object(
            {"http": an_object({"perInstanceConcurrency": Shape(type="integer", least=1, most=1000)})}
        ),
    }
)

FUNCTION_APP_CONFIG = an_object(
    {
        "deployment": an_object({"storage": _STORAGE}, required=True),
        "runtime": an_object(
            {
                "name": Shape(
                    required=True, enum=("dotnet-isolated", "node", "java", "powershell", "python", "custom")
                ),
                "version": Shape(),
            },
            required=True,
        ),
        "scaleAndConcurrency": _SCALE,
        "siteUpdateStrategy": an_object({"type": Shape(enum=("Recreate", "RollingUpdate"))}),
    }
)
