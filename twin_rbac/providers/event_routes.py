"""What Pulumi runs for EventRoutes: an instance's event routes, which live on its data plane.

Pulumi's state names this class by module and class, so it must never move. What it calls is imported inside the
methods: a program that only declares the resource does not load what talks to Azure.
"""

from typing import Any

from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, ResourceProvider, UpdateResult

Properties = dict[str, Any]


class EventRoutesProvider(ResourceProvider):
    """Writes what differs in create and update, finds drift in read, deletes what was declared."""

    serialize_as_secret_always = False

    def check(self, _olds: Properties, news: Properties) -> CheckResult:
        """Refuses names and filters that are none; the instance is not called."""
        from twin_rbac.providers import routing

        return CheckResult(news, routing.check(news))

    def diff(self, _id: str, _olds: Properties, _news: Properties) -> DiffResult:
        """Leaves the comparison to Pulumi, route by route."""
        from twin_rbac.providers import live

        return live.compare(_olds, _news)

    def create(self, props: Properties) -> CreateResult:
        """Writes the routes that are not there as declared.

        Raises:
            AzureError: a call failed for good; what was written stays, and the next run goes on from there.
        """
        from twin_rbac.providers import live, routing

        return CreateResult(f"{props['instanceId']}/eventroutes", live.run(routing.apply(props, {})))

    def update(self, _id: str, _olds: Properties, _news: Properties) -> UpdateResult:
        """Writes the routes that are not there as declared, and deletes those that are declared no more.

        Raises:
            AzureError: as `create`.
        """
        from twin_rbac.providers import live, routing

        return UpdateResult(live.run(routing.apply(_news, _olds.get("declared") or {})))

    def read(self, id_: str, props: Properties) -> ReadResult:
        """What is live of the declared routes, as inputs, so that the next preview shows drift."""
        from twin_rbac.providers import live, routing

        return live.run(routing.read(id_, props))

    def delete(self, _id: str, _props: Properties) -> None:
        """Deletes the declared routes: an endpoint with a route to it cannot be deleted.

        Raises:
            AzureError: a call failed for good, and the instance is there.
        """
        from twin_rbac.providers import live, routing

        live.run(routing.delete(_props))
