"""What a Pulumi program declares: instance, network, roles and assignments, a seeded graph, role tags, the gateway."""

from .alerts import Alerts, AlertsArgs
from .boundary import Boundary, BoundaryArgs
from .config import ConfigError, load_config, parse_config
from .config_sections import StackConfig
from .diagnostics import Diagnostics, DiagnosticsArgs
from .endpoints import Endpoints, EndpointsArgs, EndpointTarget
from .event_routes import EventRoutes, EventRoutesArgs
from .gateway import Gateway, GatewayArgs
from .gateway_access import GatewayAccess, GatewayEndpoint
from .gateway_identity import GatewayIdentity, GatewayIdentityArgs
from .gateway_settings import GatewaySettings
from .history import History, HistoryArgs
from .host_storage import HostStorage, HostStorageArgs
from .insights import Insights, InsightsArgs
from .instance import DigitalTwinsInstance, DigitalTwinsInstanceArgs, ExistingInstance, ExistingInstanceArgs
from .instance_guard import InstanceGuard, InstanceGuardArgs
from .lock import Lock, LockArgs
from .network import Network, NetworkArgs
from .permission_scopes import compose_data_actions, merge_permissions
from .private_access import PrivateAccess, PrivateAccessArgs
from .propagation import retry_lagging
from .publish import Publish, PublishArgs
from .registration import AppRegistration, AppRegistrationArgs
from .role_assignments import RoleAssignment, RoleAssignments, RoleAssignmentsArgs
from .role_tags import RoleTags, RoleTagsArgs
from .role_templates import ROLE_TEMPLATES, compose_permissions
from .roles import CustomRole, CustomRoleArgs, MarkerRoles, MarkerRolesArgs, built_in_role_id
from .stack import build_stack
from .twin_graph import TwinGraph, TwinGraphArgs

__all__ = [
    "ROLE_TEMPLATES",
    "Alerts",
    "AlertsArgs",
    "AppRegistration",
    "AppRegistrationArgs",
    "Boundary",
    "BoundaryArgs",
    "ConfigError",
    "CustomRole",
    "CustomRoleArgs",
    "Diagnostics",
    "DiagnosticsArgs",
    "DigitalTwinsInstance",
    "DigitalTwinsInstanceArgs",
    "EndpointTarget",
    "Endpoints",
    "EndpointsArgs",
    "EventRoutes",
    "EventRoutesArgs",
    "ExistingInstance",
    "ExistingInstanceArgs",
    "Gateway",
    "GatewayAccess",
    "GatewayArgs",
    "GatewayEndpoint",
    "GatewayIdentity",
    "GatewayIdentityArgs",
    "GatewaySettings",
    "History",
    "HistoryArgs",
    "HostStorage",
    "HostStorageArgs",
    "Insights",
    "InsightsArgs",
    "InstanceGuard",
    "InstanceGuardArgs",
    "Lock",
    "LockArgs",
    "MarkerRoles",
    "MarkerRolesArgs",
    "Network",
    "NetworkArgs",
    "PrivateAccess",
    "PrivateAccessArgs",
    "Publish",
    "PublishArgs",
    "RoleAssignment",
    "RoleAssignments",
    "RoleAssignmentsArgs",
    "RoleTags",
    "RoleTagsArgs",
    "StackConfig",
    "TwinGraph",
    "TwinGraphArgs",
    "build_stack",
    "built_in_role_id",
    "compose_data_actions",
    "compose_permissions",
    "load_config",
    "merge_permissions",
    "parse_config",
    "retry_lagging",
]
