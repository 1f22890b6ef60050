"""What the twins of an instance are to carry, and what is known of them before they are looked at; pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from twin_rbac.role_tags.model import TagRules
from twin_rbac.role_tags.plan import Planner


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the twins are to carry, and what they were to carry before."""

    rules: TagRules
    desired: Mapping[str, str]
    """Twin -> role, selectors expanded."""
    declared: Collection[str] = ()
    """What was desired when it was last applied; see `Planner`."""
    former_roles: Collection[str] = ()
    selected: Collection[str] = ()
    """The twins of `desired` that a selector chose."""

    def planner(self) -> Planner:
        """A planner that has not looked at any twin yet."""
        return Planner(
            self.rules, self.desired, declared=self.declared, former_roles=self.former_roles, selected=self.selected
        )


@dataclass(frozen=True)
class Agreement:
    """Where manifest and last apply agree, so that the index, agreeing too, is believed."""

    wanted: Wanted

    def holds(self, twin_id: str, role: str | None) -> bool:
        """Whether the twin carries by the index what it was to carry before and is to carry now."""
        declared = self.wanted.declared
        before = declared.get(twin_id) if isinstance(declared, Mapping) else None
        return role is not None and role == self.wanted.desired.get(twin_id) == before

    def holds_or_is_written(self, twin_id: str, role: str | None) -> bool:
        """The same, or whether it will be written: the etag of what was read then guards the write."""
        desired = self.wanted.desired.get(twin_id)
        return self.holds(twin_id, role) or (desired is not None and desired != role)
