"""Which class serves a type."""

from emulator.resource_manager.context import ResourceManagerContext
from emulator.resource_manager.kinds.alerts import MetricAlertKind
from emulator.resource_manager.kinds.diagnostics import DiagnosticSettingKind
from emulator.resource_manager.kinds.endpoints import EndpointKind
from emulator.resource_manager.kinds.groups import GroupKind, InstanceKind
from emulator.resource_manager.kinds.history import HistoryKind
from emulator.resource_manager.kinds.identities import IdentityKind
from emulator.resource_manager.kinds.kind import Kind
from emulator.resource_manager.kinds.kusto import ClusterKind, DatabaseKind, PrincipalAssignmentKind
from emulator.resource_manager.kinds.locking import LockKind
from emulator.resource_manager.kinds.messaging import EntityKind, NamespaceKind
from emulator.resource_manager.kinds.monitoring import ComponentKind, WorkspaceKind
from emulator.resource_manager.kinds.network import SubnetKind, VirtualNetworkKind
from emulator.resource_manager.kinds.private_dns import LinkKind, ZoneKind
from emulator.resource_manager.kinds.private_endpoints import PrivateEndpointKind, ZoneGroupKind
from emulator.resource_manager.kinds.storage import AccountKind, ContainerKind
from emulator.resource_manager.kinds.web import PlanKind, PublishingKind, SiteConfigKind, SiteKind
from emulator.resource_manager.resource_types import (
    alerting,
    authorization,
    digital_twins,
    groups,
    kusto,
    messaging,
    monitoring,
    network,
    private_dns,
    storage,
    web,
)

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
    network.VIRTUAL_NETWORK.type: VirtualNetworkKind,
    network.SUBNET.type: SubnetKind,
    network.PRIVATE_ENDPOINT.type: PrivateEndpointKind,
    network.PRIVATE_DNS_ZONE_GROUP.type: ZoneGroupKind,
    private_dns.PRIVATE_ZONE.type: ZoneKind,
    private_dns.VIRTUAL_NETWORK_LINK.type: LinkKind,
    messaging.HUB_NAMESPACE.type: NamespaceKind,
    messaging.EVENT_HUB.type: EntityKind,
    messaging.BUS_NAMESPACE.type: NamespaceKind,
    messaging.TOPIC.type: EntityKind,
    kusto.CLUSTER.type: ClusterKind,
    kusto.DATABASE.type: DatabaseKind,
    kusto.PRINCIPAL_ASSIGNMENT.type: PrincipalAssignmentKind,
    digital_twins.ENDPOINT.type: EndpointKind,
    digital_twins.HISTORY_CONNECTION.type: HistoryKind,
    alerting.DIAGNOSTIC_SETTING.type: DiagnosticSettingKind,
    alerting.METRIC_ALERT.type: MetricAlertKind,
    authorization.LOCK.type: LockKind,
}


def make_kinds(context: ResourceManagerContext) -> dict[str, Kind]:
    """The kinds of a Resource Manager by type."""
    return {name: make(context) for name, make in _CLASSES.items()}
