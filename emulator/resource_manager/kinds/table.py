"""Which class serves a type."""

from emulator.resource_manager.context import ResourceManagerContext
from emulator.resource_manager.kinds.groups import GroupKind, InstanceKind
from emulator.resource_manager.kinds.identities import IdentityKind
from emulator.resource_manager.kinds.kind import Kind
from emulator.resource_manager.kinds.monitoring import ComponentKind, WorkspaceKind
from emulator.resource_manager.kinds.storage import AccountKind, ContainerKind
from emulator.resource_manager.kinds.web import PlanKind, PublishingKind, SiteConfigKind, SiteKind
from emulator.resource_manager.resource_types import groups, monitoring, storage, web

_CLASSES: dict[str, type[Kind]] = {
    groups.GROUP.type: GroupKind,
    groups.INSTANCE.type: InstanceKind,
    groups.USER_ASSIGNED_IDENTITY.type: IdentityKind,
    storage.ACCOUNT.type: AccountKind,
    storage.CONTAINER.type: ContainerKind,
    monitoring.WORKSPACE.type: WorkspaceKind,
    monitoring.COMPONENT.type: ComponentKind,
    web.PLAN.type: PlanKind,
    web.SITE.type: SiteKind,
    web.AUTH_SETTINGS.type: SiteConfigKind,
    web.FTP_ALLOWED.type: PublishingKind,
}


def make_kinds(context: ResourceManagerContext) -> dict[str, Kind]:
    """The kinds of a Resource Manager by type."""
    return {name: make(context) for name, make in _CLASSES.items()}
