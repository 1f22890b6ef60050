"""The directory: who there is, which groups they are in, and which role assignments stand from the start."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from emulator.entra.errors import CannotSignIn, UnknownPrincipal

USER = "User"
GROUP = "Group"
SERVICE_PRINCIPAL = "ServicePrincipal"


@dataclass(frozen=True, kw_only=True)
class Principal:
    """A user, a group or a service principal."""

    name: str
    """Its name in the file: the NAME of `token NAME` and of `tools/pulumi-local --as NAME`."""
    object_id: str
    type: str
    """USER, GROUP or SERVICE_PRINCIPAL."""
    members: tuple[str, ...] = ()
    """The object ids of a group's direct members."""
    app_id: str | None = None
    """The client id of a service principal."""
    owner: bool = False
    """The emulator's own administrator, who is allowed everything outside role assignments."""
    graph_permissions: frozenset[str] = frozenset()
    """The application permissions that a service principal holds on Microsoft Graph."""


@dataclass(frozen=True)
class StandingAssignment:
    """A role assignment that is there before anything is deployed, and cannot be removed."""

    principal: str
    """The principal's name."""
    role: str
    """The name of a built-in role, such as Owner."""
    scope: str
    """An ARM scope, such as a subscription."""


@dataclass(frozen=True, kw_only=True)
class Directory:
    """One Entra tenant and the subscription that trusts it."""

    tenant_id: str
    subscription_id: str
    principals: tuple[Principal, ...]
    standing_assignments: tuple[StandingAssignment, ...] = ()

    def by_name(self, name: str) -> Principal:
        """The principal of that name.

        Raises:
            UnknownPrincipal: there is none; the message lists those that there are.
        """
        for principal in self.principals:
            if principal.name == name:
                return principal
        raise UnknownPrincipal(name, (principal.name for principal in self.principals))

    def by_object_id(self, object_id: str) -> Principal | None:
        """The principal with that object id, in whatever case; None without one."""
        return self._by_object_id.get(object_id.lower())

    def groups_of(self, object_id: str) -> frozenset[str]:
        """The object ids of the groups that hold the principal, directly or through other groups."""
        found: set[str] = set()
        waiting = [object_id.lower()]
        while waiting:
            new = self._groups_by_member.get(waiting.pop(), frozenset()) - found
            found |= new
            waiting.extend(new)
        return frozenset(found)

    def direct_groups_of(self, object_id: str) -> frozenset[str]:
        """The object ids of the groups that hold the principal itself."""
        return self._groups_by_member.get(object_id.lower(), frozenset())

    def signed_in(self, name: str) -> Principal:
        """The user or service principal of that name.

        Raises:
            UnknownPrincipal: there is no such principal.
            CannotSignIn: it is a group.
        """
        principal = self.by_name(name)
        if principal.type == GROUP:
            members = (self._by_object_id[member].name for member in principal.members)
            raise CannotSignIn(name, members)
        return principal

    @cached_property
    def sign_in_names(self) -> tuple[str, ...]:
        """The names of all who can sign in."""
        return tuple(principal.name for principal in self.principals if principal.type != GROUP)

    @cached_property
    def _by_object_id(self) -> Mapping[str, Principal]:
        return {principal.object_id: principal for principal in self.principals}

    @cached_property
    def _groups_by_member(self) -> Mapping[str, frozenset[str]]:
        return _invert((group.object_id, group.members) for group in self.principals)


def _invert(members_by_group: Iterable[tuple[str, tuple[str, ...]]]) -> Mapping[str, frozenset[str]]:
    groups: dict[str, set[str]] = {}
    for group, members in members_by_group:
        for member in members:
            groups.setdefault(member, set()).add(group)
    return {member: frozenset(found) for member, found in groups.items()}
