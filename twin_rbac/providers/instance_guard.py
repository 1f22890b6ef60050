"""What Pulumi runs for InstanceGuard: fails a preview that would replace or delete a protected instance.

Pulumi's state names this class by module and class, so it must never move. What it calls is imported inside the
method: a program that only declares the resource does not load what talks to Azure.
"""

from typing import Any

from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, ReadResult, ResourceProvider, UpdateResult

from twin_rbac.providers.guarding import find_losses

Properties = dict[str, Any]


class InstanceGuardProvider(ResourceProvider):
    """All of its work is in check: it compares with what the last run recorded, and looks for an existing instance."""

    serialize_as_secret_always = False

    def check(self, olds: Properties, news: Properties) -> CheckResult:
        """Refuses another name, region or owner for an instance that may not be lost, and one that is not there."""
        problems = [*find_losses(olds, news)] or self._find_missing(news)
        return CheckResult(news, [CheckFailure(key, text) for key, text in problems])

    def _find_missing(self, news: Properties) -> list[tuple[str, str]]:
        from twin_rbac.providers import live

        if news["managed"] or not live.is_known(news["instanceId"]) or not live.run(live.is_gone(news)):
            return []
        return [("instanceId", f"Azure knows no instance {news['instanceId']}: check instance.resourceId")]

    def create(self, props: Properties) -> CreateResult:
        """Records which instance it is."""
        return CreateResult("instance-guard", props)

    def update(self, _id: str, _olds: Properties, _news: Properties) -> UpdateResult:
        """Records which instance it is."""
        return UpdateResult(_news)

    def read(self, id_: str, props: Properties) -> ReadResult:
        """Echoes the state: it stands for no thing in Azure."""
        return ReadResult(id_, props)

    def delete(self, _id: str, _props: Properties) -> None:
        """Does nothing."""
