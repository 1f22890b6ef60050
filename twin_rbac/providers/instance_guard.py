"""What Pulumi runs for InstanceGuard: fails a preview that would replace or delete a protected instance.

Pulumi's state names this class by module and class, so it must never move.
"""

from typing import Any

from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, ReadResult, ResourceProvider, UpdateResult

from twin_rbac.providers.guarding import find_losses

Properties = dict[str, Any]


class InstanceGuardProvider(ResourceProvider):
    """All of its work is in check, which compares with what the last run recorded; it calls nobody."""

    serialize_as_secret_always = False

    def check(self, olds: Properties, news: Properties) -> CheckResult:
        """Refuses another name, region or owner for an instance that may not be lost."""
        return CheckResult(news, [CheckFailure(key, text) for key, text in find_losses(olds, news)])

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
