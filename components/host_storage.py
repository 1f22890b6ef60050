"""The function app's own storage, which knows callers by Entra ID alone."""

from dataclasses import dataclass

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_azure_native import storage

PACKAGES = "app-package"
"""The container that the platform keeps the published package in."""


@dataclass(frozen=True, kw_only=True)
class HostStorageArgs:
    """What the storage is made of."""

    resource_group_name: Input[str]
    """The resource group that holds it."""
    account_name: Input[str]
    """3-24 lower-case letters and digits, unique in the world."""
    zone_redundant: bool = False
    """Whether it keeps a copy in each of the region's zones."""
    resource_tags: dict[str, str] | None = None
    """Azure tags of the account."""


class HostStorage(pulumi.ComponentResource):
    """A storage account without keys: neither an account key nor a SAS made with one is accepted.

    Its network stays open, since the platform that writes a published package stands outside every network of ours
    (fact sheet pulumi-azure, section 2.3).
    """

    account_id: Output[str]
    """The account's id: the scope of the role that the app holds on it."""
    package_url: Output[str]
    """The container of the published package."""
    service_uris: Output[dict[str, str]]
    """The account's address for blobs, queues and tables."""

    def __init__(self, name: str, args: HostStorageArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("digital-twins-rbac:index:HostStorage", name, None, opts)
        account = self._create_account(name, args)
        self.packages = storage.BlobContainer(
            f"{name}-packages",
            resource_group_name=args.resource_group_name,
            account_name=account.name,
            container_name=PACKAGES,
            public_access=storage.PublicAccess.NONE,
            opts=ResourceOptions(parent=self),
        )
        self.account_id = account.id
        self.service_uris = account.primary_endpoints.apply(
            lambda found: {"blob": found.blob, "queue": found.queue, "table": found.table}
        )
        self.package_url = Output.concat(account.primary_endpoints.apply(lambda found: found.blob), self.packages.name)
        self.register_outputs({"account_id": self.account_id, "package_url": self.package_url})

    def _create_account(self, name: str, args: HostStorageArgs) -> storage.StorageAccount:
        copies = storage.SkuName.STANDARD_ZRS if args.zone_redundant else storage.SkuName.STANDARD_LRS
        return storage.StorageAccount(
            name,
            resource_group_name=args.resource_group_name,
            account_name=args.account_name,
            kind=storage.Kind.STORAGE_V2,
            sku=storage.SkuArgs(name=copies),
            allow_shared_key_access=False,
            default_to_o_auth_authentication=True,
            allow_blob_public_access=False,
            allow_cross_tenant_replication=False,
            enable_https_traffic_only=True,
            minimum_tls_version=storage.MinimumTlsVersion.TLS1_2,
            is_local_user_enabled=False,
            is_sftp_enabled=False,
            public_network_access=storage.PublicNetworkAccess.ENABLED,
            network_rule_set=storage.NetworkRuleSetArgs(
                default_action=storage.DefaultAction.ALLOW, bypass=storage.Bypass.AZURE_SERVICES
            ),
            tags=args.resource_tags,
            opts=ResourceOptions(parent=self),
        )
