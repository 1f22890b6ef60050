"""Keeps everybody from deleting a resource, whatever their role."""

from dataclasses import dataclass

import pulumi
from pulumi import Input, ResourceOptions
from pulumi_azure_native import authorization

LOCK_NAME = "do-not-delete"
"""The lock's name at the resource."""


@dataclass(frozen=True, kw_only=True)
class LockArgs:
    """What is locked, and why."""

    scope: Input[str]
    """The resource id of what nobody may delete."""
    notes: Input[str]
    """Why, for whoever meets the refusal; at most 512 characters."""


class Lock(pulumi.ComponentResource):
    """A CanNotDelete lock.

    It also keeps everybody from deleting what lies at or below the resource, role assignments and diagnostic settings
    among it (pulumi-azure, 4.3): make it depend on those, so that a `destroy` removes the lock first. ReadOnly is not
    offered: it would refuse the program's own next update.
    """

    def __init__(self, name: str, args: LockArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("digital-twins-rbac:index:Lock", name, None, opts)
        self.resource = authorization.ManagementLockByScope(
            name,
            scope=args.scope,
            lock_name=LOCK_NAME,
            level=authorization.LockLevel.CAN_NOT_DELETE,
            notes=args.notes,
            # Of its own, too: a child does not inherit what its component waits for.
            opts=ResourceOptions(parent=self, depends_on=None if opts is None else opts.depends_on),
        )
        self.register_outputs({})
