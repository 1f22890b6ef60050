"""The shape of a site's auth settings; of identity providers, the local Azure has Microsoft Entra alone."""

from emulator.resource_manager.schema import Shape, a_list, an_object, booleans, strings

_POLICY = an_object(
    {
        "allowedApplications": a_list(),
        "allowedPrincipals": an_object({"groups": a_list(), "identities": a_list()}),
    }
)
_ENTRA = an_object(
    {
        "enabled": Shape(type="boolean"),
        "isAutoProvisioned": Shape(type="boolean"),
        "login": an_object({"disableWWWAuthenticate": Shape(type="boolean"), "loginParameters": a_list()}),
        "registration": an_object(
            strings(
                "clientId",
                "clientSecretCertificateIssuer",
                "clientSecretCertificateSubjectAlternativeName",
                "clientSecretCertificateThumbprint",
                "clientSecretSettingName",
                "openIdIssuer",
            )
        ),
        "validation": an_object(
            {
                "allowedAudiences": a_list(),
                "defaultAuthorizationPolicy": _POLICY,
                "jwtClaimChecks": an_object({"allowedClientApplications": a_list(), "allowedGroups": a_list()}),
            }
        ),
    }
)
_LOGIN = an_object(
    {
        "allowedExternalRedirectUrls": a_list(),
        "cookieExpiration": an_object(
            {"convention": Shape(enum=("FixedTime", "IdentityProviderDerived")), "timeToExpiration": Shape()}
        ),
        "nonce": an_object({"nonceExpirationInterval": Shape(), "validateNonce": Shape(type="boolean")}),
        "preserveUrlFragmentsForLogins": Shape(type="boolean"),
        "routes": an_object(strings("logoutEndpoint")),
        "tokenStore": an_object(
            {"enabled": Shape(type="boolean"), "tokenRefreshExtensionHours": Shape(type="number")},
            not_supported=("azureBlobStorage", "fileSystem"),
        ),
    }
)

AUTH_SETTINGS = an_object(
    {
        "platform": an_object({**booleans("enabled"), **strings("runtimeVersion", "configFilePath")}),
        "globalValidation": an_object(
            {
                "excludedPaths": a_list(),
                "redirectToProvider": Shape(),
                "requireAuthentication": Shape(type="boolean"),
                "unauthenticatedClientAction": Shape(
                    enum=("RedirectToLoginPage", "AllowAnonymous", "Return401", "Return403")
                ),
            }
        ),
        "httpSettings": an_object(
            {
                "requireHttps": Shape(type="boolean"),
                "routes": an_object(strings("apiPrefix")),
                "forwardProxy": an_object(
                    {
                        "convention": Shape(enum=("NoProxy", "Standard", "Custom")),
                        **strings("customHostHeaderName", "customProtoHeaderName"),
                    }
                ),
            }
        ),
        "login": _LOGIN,
        "identityProviders": an_object(
            {"azureActiveDirectory": _ENTRA},
            not_supported=(
                "apple",
                "azureStaticWebApps",
                "customOpenIdConnectProviders",
                "facebook",
                "gitHub",
                "google",
                "legacyMicrosoftAccount",
                "twitter",
            ),
        ),
    }
)
