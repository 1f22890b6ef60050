"""The rule: who may see which twin, and what a role assignment allows. Pure."""

from twin_rbac.access.errors import PolicyInvalid
from twin_rbac.access.model import Decision
from twin_rbac.access.policy import Policy

__all__ = ["Decision", "Policy", "PolicyInvalid"]
