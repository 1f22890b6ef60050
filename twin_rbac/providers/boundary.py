"""What Pulumi runs for Boundary: fails a preview in which a tenant can get round the gateway.

Pulumi's state names this class by module and class, so it must never move. What it calls is imported inside the
methods: a program that only declares the resource does not load what talks to Azure.
"""

from typing import Any

from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, ResourceProvider, UpdateResult

Properties = dict[str, Any]


class BoundaryProvider(ResourceProvider):
    """All of its work is in check, which runs in every preview and update; it writes nothing anywhere."""

    serialize_as_secret_always = False

    def check(self, _olds: Properties, news: Properties) -> CheckResult:
        """Refuses tenants that hold a data action of Azure Digital Twins at or above the instance."""
        from twin_rbac.providers import bounding, live

        return CheckResult(news, live.run(bounding.check(news)))

    def diff(self, _id: str, _olds: Properties, _news: Properties) -> DiffResult:
        """Leaves the comparison to Pulumi, but for a new instance: that is another resource."""
        from twin_rbac.providers import live

        return live.compare(_olds, _news, identity="instanceId")

    def create(self, props: Properties) -> CreateResult:
        """Records whom it looked at."""
        return CreateResult(f"{props['instanceId']}/boundary", props)

    def update(self, _id: str, _olds: Properties, _news: Properties) -> UpdateResult:
        """Records whom it looked at."""
        return UpdateResult(_news)

    def read(self, id_: str, props: Properties) -> ReadResult:
        """Echoes the state: the next check looks again."""
        return ReadResult(id_, props)

    def delete(self, _id: str, _props: Properties) -> None:
        """Does nothing."""
