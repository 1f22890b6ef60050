"""What a Pulumi program declares: instance, roles, role assignments, a seeded graph, role tags, the gateway."""

from .boundary import Boundary, BoundaryArgs
from .config import ConfigError, load_config
from .config_sections import StackConfig
from .gateway import Gateway, GatewayArgs
from .gateway_identity import GatewayIdentity, GatewayIdentityArgs
from .gateway_settings import GatewaySettings
from .host_storage import HostStorage, HostStorageArgs
from .insights import Insights, InsightsArgs
from .instance import DigitalTwinsInstance, DigitalTwinsInstanceArgs
from .permission_scopes import compose_data_actions
from .publish import Publish, PublishArgs
from .registration import AppRegistration, AppRegistrationArgs
from .role_assignments import RoleAssignment, RoleAssignments, RoleAssignmentsArgs
from .role_tags import RoleTags, RoleTagsArgs
from .roles import CustomRole, CustomRoleArgs, MarkerRoles, MarkerRolesArgs, built_in_role_id
from .stack import build_stack
from .twin_graph import TwinGraph, TwinGraphArgs

__all__ = [
    "AppRegistration",
    "AppRegistrationArgs",
    "Boundary",
    "BoundaryArgs",
    "ConfigError",
    "CustomRole",
    "CustomRoleArgs",
    "DigitalTwinsInstance",
    "DigitalTwinsInstanceArgs",
    "Gateway",
    "GatewayArgs",
    "GatewayIdentity",
    "GatewayIdentityArgs",
    "GatewaySettings",
    "HostStorage",
    "HostStorageArgs",
    "Insights",
    "InsightsArgs",
    "MarkerRoles",
    "MarkerRolesArgs",
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
    "load_config",
]
