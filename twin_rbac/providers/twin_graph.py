"""What Pulumi runs for TwinGraph: seeds an instance, and leaves alone what is there.

Pulumi's state names this class by module and class, so it must never move. What it calls is imported inside the
methods: a program that only declares the resource does not load what talks to Azure.
"""

from typing import Any

from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, ResourceProvider, UpdateResult

Properties = dict[str, Any]


class TwinGraphProvider(ResourceProvider):
    """Uploads in create and update; a seed neither drifts nor is deleted."""

    serialize_as_secret_always = False

    def check(self, _olds: Properties, news: Properties) -> CheckResult:
        """Warns of changed lines: what is there is never overwritten."""
        from twin_rbac.providers import seeding

        seeding.warn_of_changes(_olds, news)
        return CheckResult(news, [])

    def diff(self, _id: str, _olds: Properties, _news: Properties) -> DiffResult:
        """Leaves the comparison to Pulumi, line by line of the file."""
        from twin_rbac.providers import live

        return live.compare(_olds, _news)

    def create(self, props: Properties) -> CreateResult:
        """Uploads what the instance does not have.

        Raises:
            AzureError: a call failed for good; what was uploaded stays, and the next run goes on from there.
        """
        from twin_rbac.providers import live, seeding

        return CreateResult(f"{props['instanceId']}/graph", live.run(seeding.seed(props, {})))

    def update(self, _id: str, _olds: Properties, _news: Properties) -> UpdateResult:
        """Uploads what is new to the seed and what the instance does not have.

        Raises:
            AzureError: as `create`.
        """
        from twin_rbac.providers import live, seeding

        return UpdateResult(live.run(seeding.seed(_news, _olds.get("seeded") or {})))

    def read(self, id_: str, props: Properties) -> ReadResult:
        """Echoes the state, unless the instance itself is gone."""
        from twin_rbac.providers import live

        return ReadResult("", {}) if live.run(live.is_gone(props)) else ReadResult(id_, props)

    def delete(self, _id: str, _props: Properties) -> None:
        """Deletes nothing: twins may have changed since they were seeded."""
