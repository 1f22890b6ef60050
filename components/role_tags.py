"""Role tags on an instance's twins, as a manifest says."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
from pulumi import Input, Output, ResourceOptions

from twin_rbac.providers.role_tags import RoleTagsProvider
from twin_rbac.role_tags.digest import WHOLE, pack
from twin_rbac.role_tags.manifest import Manifest

from .files import read_manifest

_NOT_SHOWN = ResourceOptions(
    hide_diffs=[
        *(f"{name}.{WHOLE}" for name in ("twins", "declared", "unlisted")),
        "seeded",
        "seededRelationships",
    ]
)
"""Long texts: Pulumi hides such a key by itself where it shows a value, but not where it compares two."""


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
    seeded_relationships: Input[str] | None = None
    """That TwinGraph's `seeded_relationships`: where the manifest selects subtrees, one that is gone leads nowhere."""
    upgrade_models: bool = False
    """Whether models that cannot hold the tag get a next version that can, and their twins move to it."""
    allow_unsafe: str | None = None
    """The digest of the one manifest that may go past its limits, as the refusal prints it; it is not kept."""
    cloud: Mapping[str, str] = field(default_factory=dict)
    """Addresses of an Azure that is not the public one."""


class RoleTags(pulumi.dynamic.Resource, module="digital-twins-rbac", name="RoleTags"):
    """Makes the twins carry the roles of the manifest, one line of the preview for each twin that changes.

    Above 10,000 twins each map below holds role -> count and digest, and all of itself under a hidden key; see
    `twin_rbac.role_tags.digest`. What the manifest selects without listing it is found by the provider, from live data.

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
                "twins": pack(manifest.twins, manifest.rules),
                "graph": args.graph,
                "seeded": args.seeded,
                "seededRelationships": args.seeded_relationships if _walks(manifest) else None,
                # Left out of the state where they are not used.
                "upgradeModels": args.upgrade_models or None,
                "allowUnsafe": args.allow_unsafe,
                "cloud": dict(args.cloud),
                "declared": None,
                "unlisted": None,
            },
            ResourceOptions.merge(_NOT_SHOWN, opts),
        )


def _walks(manifest: Manifest) -> bool:
    return any(selector.kind == "subtree" for selector in manifest.selectors)
