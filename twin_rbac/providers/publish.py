"""What Pulumi runs for Publish: puts the gateway's code on its function app.

Pulumi's state names this class by module and class, so it must never move. What it calls is imported inside the
methods: a program that only declares the resource does not load what talks to Azure.
"""

from typing import Any

from pulumi.dynamic import CreateResult, DiffResult, ReadResult, ResourceProvider, UpdateResult

Properties = dict[str, Any]


class PublishProvider(ResourceProvider):
    """Publishes in create and update, asks the app in read what it runs; delete leaves it to the site's end."""

    serialize_as_secret_always = False

    def diff(self, _id: str, _olds: Properties, _news: Properties) -> DiffResult:
        """Leaves the comparison to Pulumi, but for a new site: that is another resource."""
        from twin_rbac.providers import live

        return live.compare(_olds, _news, identity="siteId")

    def create(self, props: Properties) -> CreateResult:
        """Publishes the package, and returns when the app runs it.

        Raises:
            AzureError, ProviderError: it does not run it; the next run publishes again.
        """
        from twin_rbac.providers import live, publishing

        return CreateResult(f"{props['siteId']}/package", live.run(publishing.publish(props)))

    def update(self, _id: str, _olds: Properties, _news: Properties) -> UpdateResult:
        """Publishes again.

        Raises:
            AzureError, ProviderError: as `create`.
        """
        from twin_rbac.providers import live, publishing

        return UpdateResult(live.run(publishing.publish(_news)))

    def read(self, id_: str, props: Properties) -> ReadResult:
        """What the app says that it runs, so that another package shows in the next preview and is published over.

        Raises:
            AzureError, ProviderError: Resource Manager does not say where the app is.
        """
        from twin_rbac.providers import live, publishing

        return live.run(publishing.read(id_, props))

    def delete(self, _id: str, _props: Properties) -> None:
        """Does nothing: the code goes with its site."""
