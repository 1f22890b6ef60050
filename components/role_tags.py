"""Role tags on an instance's twins, as a manifest says."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
from pulumi import Input, Output, ResourceOptions

from twin_rbac.providers.role_tags import RoleTagsProvider

from .files import read_manifest


@dataclass(frozen=True, kw_only=True)
class RoleTagsArgs:
    """Which manifest is applied, and where."""

    endpoint: Input[str]
    """The instance's data-plane URL."""
    instance_id: Input[str]
    """The instance's id in Resource Manager: explains a refused call, and finds the endpoint while it is unknown."""
    manifest: str
    """Path of the role-tags manifest, relative to the project."""
    graph: str | None = None
    """The file that a TwinGraph seeds into the same instance: its twins count as present before they are."""
    seeded: Input[str] | None = None
    """That TwinGraph's `seeded_twins`: a twin it once seeded and that is gone does not come back."""
    cloud: Mapping[str, str] = field(default_factory=dict)
    """Addresses of an Azure that is not the public one."""


class RoleTags(pulumi.dynamic.Resource, module="digital-twins-rbac", name="RoleTags"):
    """Makes the twins carry the roles of the manifest, one line of the preview for each twin that changes.

    The manifest decides for its key: what leaves it loses its role tag, whoever wrote the tag. Destroying the
    resource writes nothing.
    """

    twins: Output[dict[str, str]]
    """Twin -> role, as it is live on the twins of the manifest."""
    declared: Output[dict[str, str]]
    """Twin -> role, as the manifest said when it was last applied."""
    unlisted: Output[dict[str, str]]
    """Twin -> role of the twins that carry one of the roles and do not stand in the manifest."""

    def __init__(self, name: str, args: RoleTagsArgs, opts: ResourceOptions | None = None) -> None:
        """Reads the manifest.

        Raises:
            InputFileError: the manifest cannot be used; the text names each wrong place and what to do.
        """
        manifest = read_manifest(args.manifest)
        super().__init__(
            RoleTagsProvider(),
            name,
            {
                "endpoint": args.endpoint,
                "instanceId": args.instance_id,
                "manifest": args.manifest,
                "rules": manifest.rules.to_mapping(),
                "twins": dict(manifest.twins),
                "graph": args.graph,
                "seeded": args.seeded,
                "cloud": dict(args.cloud),
                "declared": None,
                "unlisted": None,
            },
            opts,
        )
