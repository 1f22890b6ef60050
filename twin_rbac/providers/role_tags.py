"""What Pulumi runs for RoleTags: each method translates, and the library decides and writes.

Pulumi's state names this class by module and class, so it must never move. What it calls is imported inside the
methods: a program that only declares the resource does not load what talks to Azure.
"""

from typing import Any

from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, ResourceProvider, UpdateResult

Properties = dict[str, Any]


class RoleTagsProvider(ResourceProvider):
    """Plans in check, applies in create and update, finds drift in read; delete writes nothing."""

    serialize_as_secret_always = False

    def check(self, _olds: Properties, news: Properties) -> CheckResult:
        """Expands the manifest, and refuses what must not or cannot be, before anything is written."""
        from twin_rbac.providers import live, tag_checking

        return live.run(tag_checking.check(_olds, news))

    def diff(self, _id: str, _olds: Properties, _news: Properties) -> DiffResult:
        """Leaves the comparison to Pulumi: old and new inputs, so that each twin that changes is one line.

        Another tag is another resource: its id names the tag.
        """
        from twin_rbac.providers import live, tagging

        if tagging.moves_tag(_olds, _news):
            return DiffResult(changes=True, replaces=["rules"])
        return live.compare(_olds, _news)

    def create(self, props: Properties) -> CreateResult:
        """Applies the manifest to an instance that this stack has not tagged yet.

        Raises:
            AzureError: a call failed for good; what was written stays, and the next run goes on from there.
        """
        from twin_rbac.providers import live, tagging

        outputs = live.run(tagging.apply(props, {}))
        return CreateResult(f"{props['instanceId']}/{props['rules']['property']}/{props['rules']['key']}", outputs)

    def update(self, _id: str, _olds: Properties, _news: Properties) -> UpdateResult:
        """Applies the manifest, and takes the role tag from twins that left it.

        Raises:
            AzureError: as `create`.
        """
        from twin_rbac.providers import live, tagging

        return UpdateResult(live.run(tagging.apply(_news, _olds)))

    def read(self, id_: str, props: Properties) -> ReadResult:
        """What is live now, as inputs, so that the next preview shows drift as one line for each twin."""
        from twin_rbac.providers import live, tagging

        return live.run(tagging.read(id_, props))

    def delete(self, _id: str, _props: Properties) -> None:
        """Writes nothing: the tags stay on the twins; the gateway that gave them a meaning is gone."""
