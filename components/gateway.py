"""The gateway: a function app that answers tenants, each with its own twins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_azure_native import web

from .gateway_access import GatewayAccess
from .gateway_identity import GatewayIdentity
from .gateway_settings import GatewaySettings, gateway_app_settings, host_app_settings
from .host_storage import HostStorage
from .insights import Insights
from .private_access import SITE_ZONE, PrivateAccess, PrivateAccessArgs
from .publish import Publish, PublishArgs

PYTHON = "3.12"
"""The Python that the app runs on (fact sheet pulumi-azure, section 2.1)."""
HEALTH_PATH = "/healthz"
"""The only path that answers without a token."""
_MEMORY_MB = 2048
_MOST_INSTANCES = 40
_READY_IN_ZONES = 2
"""Instances that a zone redundant app keeps ready, at least (fact sheet pulumi-azure, section 2.1)."""


@dataclass(frozen=True, kw_only=True)
class GatewayArgs:
    """What the gateway is made of."""

    resource_group_name: Input[str]
    """The resource group that holds it."""
    site_name: Input[str]
    """The function app's name, unique in the world."""
    identity: GatewayIdentity
    """The identity that it calls Azure with."""
    storage: HostStorage
    """Its own storage."""
    insights: Insights
    """Where its telemetry goes."""
    settings: GatewaySettings
    """Whom it answers, and from what."""
    authority: str
    """Where the directory's tokens come from."""
    access: GatewayAccess
    """Who reaches it, and which way its own calls take. Nothing is the default: it has to be said."""
    wheels: str
    """`linux`, or `host` on the local stack: which platform its packages are for."""
    depends_on: Sequence[pulumi.Resource] = field(default_factory=tuple)
    """What has to be in order before the first tenant is answered."""


class Gateway(pulumi.ComponentResource):
    """The function app, closed before its code arrives: identity, roles and sign-in first, the package last."""

    endpoint: Output[str]
    """The URL that tenants call, as they would call the instance."""

    def __init__(self, name: str, args: GatewayArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("digital-twins-rbac:index:Gateway", name, None, opts)
        self._group = args.resource_group_name
        self.site = self._create_site(name, args)
        self.endpoint = Output.concat("https://", self.site.default_host_name)
        closed = [*self._refuse_passwords(name), self._require_sign_in(name, args)]
        Publish(
            f"{name}-package",
            PublishArgs(
                site_id=self.site.id,
                runtime=PYTHON,
                wheels=args.wheels,
                cloud=dict(args.settings.cloud),
            ),
            self._part_of_site([*closed, *self._open_privately(name, args), *args.depends_on]),
        )
        self.register_outputs({"endpoint": self.endpoint})

    def _open_privately(self, name: str, args: GatewayArgs) -> list[pulumi.Resource]:
        endpoint = args.access.private_endpoint
        if endpoint is None:
            return []
        access = PrivateAccess(
            f"{name}-access",
            PrivateAccessArgs(
                resource_group_name=self._group,
                endpoint_name=Output.concat("pe-", args.site_name),
                target_id=self.site.id,
                group_id="sites",
                zone_name=SITE_ZONE,
                zone_id=endpoint.zone_id,
                subnet_id=endpoint.subnet_id,
                network_id=endpoint.network_id,
            ),
            ResourceOptions(parent=self),
        )
        return access.resources

    def _create_site(self, name: str, args: GatewayArgs) -> web.WebApp:
        plan = web.AppServicePlan(
            f"{name}-plan",
            resource_group_name=self._group,
            name=Output.concat("plan-", args.site_name),
            kind="functionapp",
            reserved=True,
            sku=web.SkuDescriptionArgs(name="FC1", tier="FlexConsumption"),
            zone_redundant=args.access.zone_redundant,
            opts=ResourceOptions(parent=self),
        )
        return web.WebApp(
            name,
            resource_group_name=self._group,
            name=args.site_name,
            kind="functionapp,linux",
            server_farm_id=plan.id,
            https_only=True,
            client_affinity_enabled=False,
            public_network_access=args.access.public_network_access,
            virtual_network_subnet_id=args.access.outbound_subnet_id,
            identity=web.ManagedServiceIdentityArgs(
                type=web.ManagedServiceIdentityType.USER_ASSIGNED, user_assigned_identities=[args.identity.identity_id]
            ),
            key_vault_reference_identity=args.identity.identity_id,
            function_app_config=_function_app_config(args),
            site_config=_site_config(args),
            # The platform looks at the container, and the host at its storage, when the app is made.
            opts=ResourceOptions(parent=self, depends_on=[*args.identity.role_assignments, args.storage.packages]),
        )

    def _refuse_passwords(self, name: str) -> list[pulumi.Resource]:
        names: Mapping[str, type[web.WebAppFtpAllowed | web.WebAppScmAllowed]] = {
            "ftp": web.WebAppFtpAllowed,
            "scm": web.WebAppScmAllowed,
        }
        return [
            make(
                f"{name}-{key}",
                resource_group_name=self._group,
                name=self.site.name,
                allow=False,
                opts=self._setting_of_site(),
            )
            for key, make in names.items()
        ]

    def _require_sign_in(self, name: str, args: GatewayArgs) -> pulumi.Resource:
        settings = args.settings
        return web.WebAppAuthSettingsV2(
            f"{name}-sign-in",
            resource_group_name=self._group,
            name=self.site.name,
            platform=web.AuthPlatformArgs(enabled=True, runtime_version="~1"),
            global_validation=web.GlobalValidationArgs(
                require_authentication=True,
                unauthenticated_client_action=web.UnauthenticatedClientActionV2.RETURN401,
                excluded_paths=[HEALTH_PATH],
            ),
            http_settings=web.HttpSettingsArgs(require_https=True),
            identity_providers=web.IdentityProvidersArgs(
                azure_active_directory=web.AzureActiveDirectoryArgs(
                    enabled=True,
                    registration=web.AzureActiveDirectoryRegistrationArgs(
                        client_id=settings.client_id,
                        open_id_issuer=Output.concat(args.authority, "/", settings.tenant_id, "/v2.0"),
                    ),
                    validation=web.AzureActiveDirectoryValidationArgs(
                        allowed_audiences=[settings.client_id, Output.concat("api://", settings.client_id)]
                    ),
                )
            ),
            login=web.LoginArgs(token_store=web.TokenStoreArgs(enabled=False)),
            opts=self._setting_of_site(),
        )

    def _setting_of_site(self) -> ResourceOptions:
        # azure-native "deletes" a setting by putting its default back, which opens the app: after a mere rename the
        # old one is deleted last (fact sheet pulumi-azure, section 3.1). It goes with the site, and no sooner.
        return ResourceOptions.merge(self._part_of_site([]), ResourceOptions(retain_on_delete=True))

    def _part_of_site(self, depends_on: list[pulumi.Resource]) -> ResourceOptions:
        # A replaced site has none of its settings, and no package.
        return ResourceOptions(parent=self, depends_on=depends_on, replace_with=[self.site])


def _function_app_config(args: GatewayArgs) -> web.FunctionAppConfigArgs:
    return web.FunctionAppConfigArgs(
        deployment=web.FunctionsDeploymentArgs(
            storage=web.FunctionsDeploymentStorageArgs(
                type=web.FunctionsDeploymentStorageType.BLOB_CONTAINER,
                value=args.storage.package_url,
                authentication=web.FunctionsDeploymentStorageAuthenticationArgs(
                    type=web.AuthenticationType.USER_ASSIGNED_IDENTITY,
                    user_assigned_identity_resource_id=args.identity.identity_id,
                ),
            )
        ),
        runtime=web.FunctionsRuntimeArgs(name=web.RuntimeName.PYTHON, version=PYTHON),
        scale_and_concurrency=web.FunctionsScaleAndConcurrencyArgs(
            instance_memory_mb=_MEMORY_MB,
            maximum_instance_count=_MOST_INSTANCES,
            always_ready=_always_ready(args.access),
        ),
    )


def _always_ready(access: GatewayAccess) -> list[web.FunctionsAlwaysReadyConfigArgs] | None:
    if not access.zone_redundant:
        return None
    return [web.FunctionsAlwaysReadyConfigArgs(name="http", instance_count=_READY_IN_ZONES)]


def _site_config(args: GatewayArgs) -> web.SiteConfigArgs:
    app_settings = {
        **host_app_settings(
            identity_client_id=args.identity.client_id,
            service_uris=args.storage.service_uris,
            insights=args.insights.connection_string,
            tenant_id=args.settings.tenant_id,
        ),
        **gateway_app_settings(args.settings),
    }
    access = args.access
    return web.SiteConfigArgs(
        # App Service keeps it in two places, and a PUT of one does not change the other.
        public_network_access=access.public_network_access,
        # Always said, an empty list too: what is left out of a PUT stays as it was.
        ip_security_restrictions=access.rules,
        ip_security_restrictions_default_action=web.DefaultAction.DENY,
        scm_ip_security_restrictions=[],
        scm_ip_security_restrictions_use_main=False,
        scm_ip_security_restrictions_default_action=access.scm_default_action,
        vnet_route_all_enabled=None if access.outbound_subnet_id is None else True,
        min_tls_version=web.SupportedTlsVersions.SUPPORTED_TLS_VERSIONS_1_2,
        scm_min_tls_version=web.SupportedTlsVersions.SUPPORTED_TLS_VERSIONS_1_2,
        ftps_state=web.FtpsState.DISABLED,
        http20_enabled=True,
        remote_debugging_enabled=False,
        app_settings=[web.NameValuePairArgs(name=name, value=value) for name, value in app_settings.items()],
    )
