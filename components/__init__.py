"""What a Pulumi program declares: instance, roles, role assignments, a seeded graph, role tags."""

from .config import ConfigError, load_config
from .config_sections import StackConfig
from .instance import DigitalTwinsInstance, DigitalTwinsInstanceArgs
from .permission_scopes import compose_data_actions
from .role_assignments import RoleAssignment, RoleAssignments, RoleAssignmentsArgs
from .role_tags import RoleTags, RoleTagsArgs
from .roles import CustomRole, CustomRoleArgs, MarkerRoles, MarkerRolesArgs, built_in_role_id
from .stack import build_stack
from .twin_graph import TwinGraph, TwinGraphArgs

__all__ = [
    "ConfigError",
    "CustomRole",
    "CustomRoleArgs",
    "DigitalTwinsInstance",
    "DigitalTwinsInstanceArgs",
    "MarkerRoles",
    "MarkerRolesArgs",
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
