"""A graph that is seeded into an instance once: models, twins and relationships of a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi import Input, Output, ResourceOptions

from twin_rbac.providers.twin_graph import TwinGraphProvider
from twin_rbac.role_tags.digest import pack_ids

from .files import read_graph


@dataclass(frozen=True, kw_only=True)
class TwinGraphArgs:
    """What is seeded, and where."""

    endpoint: Input[str]
    """The instance's data-plane URL."""
    instance_id: Input[str]
    """The instance's id in Resource Manager."""
    graph: str
    """Path of an import-job NDJSON file, relative to the project."""
    cloud: Mapping[str, str] = field(default_factory=dict)
    """Addresses of an Azure that is not the public one."""


class TwinGraph(pulumi.dynamic.Resource, module="digital-twins-rbac", name="TwinGraph"):
    """Uploads what is new to it and not there; never deletes, never overwrites, never brings back what is gone.

    Its inputs hold a hash of each line, no property values: the state shows which lines changed, not what they say.
    """

    # Pulumi reads this annotation, and knows no unions: lists of texts, or one text.
    seeded: Output[dict[str, Any]]
    """The ids that it uploaded or found: of models, twins and relationships; above 10,000 as one compressed text."""

    def __init__(self, name: str, args: TwinGraphArgs, opts: ResourceOptions | None = None) -> None:
        """Reads the file.

        Raises:
            InputFileError: the file is no import-job file; the text names each wrong line.
        """
        graph = read_graph(args.graph)
        super().__init__(
            TwinGraphProvider(),
            name,
            {
                "endpoint": args.endpoint,
                "instanceId": args.instance_id,
                "graph": args.graph,
                **graph.hashes(),
                "cloud": dict(args.cloud),
                "seeded": None,
            },
            opts,
        )

    @property
    def seeded_twins(self) -> Output[str]:
        """The ids of the twins that it uploaded or found, as one text for `RoleTagsArgs.seeded`."""
        return self.seeded.apply(lambda seeded: _as_text((seeded or {}).get("twins", ())))

    @property
    def seeded_relationships(self) -> Output[str]:
        """The keys of the relationships, as one text for `RoleTagsArgs.seeded_relationships`."""
        return self.seeded.apply(lambda seeded: _as_text((seeded or {}).get("relationships", ())))


def _as_text(ids: Sequence[str] | str) -> str:
    # Where they are very many the state holds them as that text already.
    return ids if isinstance(ids, str) else pack_ids(ids)
