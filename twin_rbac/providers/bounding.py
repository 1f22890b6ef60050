"""The work of Boundary: reads who holds what at and above the instance, and lets `access` decide."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from pulumi.dynamic import CheckFailure

from twin_rbac.access.assignments import RoleAssignment, is_at_or_above
from twin_rbac.access.data_access import RoleDefinition, Tenant, WayRound, find_risks, find_ways_round
from twin_rbac.clients.cloud import Cloud
from twin_rbac.clients.credential import create_credential
from twin_rbac.clients.errors import AccessDenied, AzureError, InvalidRequest
from twin_rbac.clients.resource_manager import ResourceManagerClient
from twin_rbac.providers.live import is_known, say

Properties = dict[str, Any]
_Answer = TypeVar("_Answer")

_WARN = "warn"
_WHOSE_GROUPS_ARE_LISTED = frozenset({"User", "ServicePrincipal"})
"""`assignedTo` takes no group (fact sheet adt-rbac, section 8)."""


async def check(props: Properties) -> list[CheckFailure]:
    """The ways round the gateway, a failure for each; with bypass `warn` a line for each.

    What the caller may not read is said in one line. A Resource Manager that does not answer is a failure: what
    nobody looked at is not taken for closed.
    """
    if not is_known(props["instanceId"]):
        say("warning: role assignments were not looked at: the instance's id is not known yet")
        return []
    cloud = Cloud.from_mapping(props.get("cloud"))
    try:
        async with (
            create_credential(cloud=cloud) as credential,
            ResourceManagerClient(credential, cloud=cloud) as client,
        ):
            survey = Survey(client, props["instanceId"], _tenants(props["tenants"]))
            ways = await survey.run()
            survey.unread += _unknown(props["tenants"])
    except AzureError as error:
        return [CheckFailure("", f"it is not known whether a tenant can get round the gateway: {error}")]
    if survey.unread:
        say(f"warning: ways round the gateway were not looked for in {'; '.join(survey.unread)}")
    for risk in survey.risks:
        say(f"warning: {risk}")
    return [CheckFailure("", f"{way}; {_remedy(way)}") for way in ways if _stays(way, props)]


def _stays(way: WayRound, props: Properties) -> bool:
    """Whether the way round is a failure; if not, a line is said about it.

    What the program itself assigned to a principal that has left the config is taken away at the end of this very run:
    to fail here would keep it.
    """
    ours = way.assignment.is_named_by_us and way.assignment.role_guid in {role.lower() for role in props["ownRoles"]}
    if ours and way.assignment.principal_id not in {reader.lower() for reader in props["readers"]}:
        say(f"warning: {way}; its principal has left the config, so that this run removes the assignment")
        return False
    if props["bypass"] == _WARN:
        say(f"warning: {way}")
        return False
    return True


def _remedy(way: WayRound) -> str:
    what = "take the tenant out of that group, or remove" if way.is_through_group else "remove"
    # In Azure: what is only taken out of a program stays, since this stops the run that would remove it.
    return f"{what} that assignment in Azure itself, or set digital-twins-rbac:bypass to warn"


def _tenants(given: Mapping[str, Mapping[str, Any]]) -> list[Tenant]:
    return [
        Tenant(name=name, principal_id=item["principalId"], principal_type=item["principalType"])
        for name, item in sorted(given.items())
        if _is_known(item)
    ]


def _unknown(given: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return [
        f"the role assignments of tenant {name} (its principal is not known yet)"
        for name, item in sorted(given.items())
        if not _is_known(item)
    ]


def _is_known(principal: Mapping[str, Any]) -> bool:
    return is_known(principal["principalId"]) and is_known(principal["principalType"])


class Survey:
    """One look at the role assignments that act on an instance."""

    def __init__(self, client: ResourceManagerClient, instance_id: str, tenants: Sequence[Tenant]) -> None:
        self._client = client
        self._instance_id = instance_id
        self._tenants = tenants
        self.unread: list[str] = []
        """What the caller may not read, in words."""
        self.risks: list[str] = []
        """What may become or hide a way round, in words."""

    async def run(self) -> list[WayRound]:
        """Each tenant's assignments that have a data action of Azure Digital Twins.

        Raises:
            AzureError: Resource Manager gives no usable answer.
        """
        scope, at_scope = await self._list_at_nearest_scope()
        if self.unread:
            # Whoever may not list them may not ask about one principal either.
            return []
        own = await asyncio.gather(*(self._list_of(tenant, scope) for tenant in self._tenants))
        held = {
            tenant: _distinct([*_of_principal(at_scope, tenant), *assignments])
            for tenant, assignments in zip(self._tenants, own, strict=True)
        }
        known = {item.assignment_id.lower() for assignments in held.values() for item in assignments}
        others = [item for item in at_scope if item.assignment_id.lower() not in known]
        roles = await self._read_roles([*held.values(), others], scope)
        self.risks = find_risks(held, others, roles)
        return find_ways_round(held, roles)

    async def _list_at_nearest_scope(self) -> tuple[str, list[RoleAssignment]]:
        """The nearest scope that exists, and the assignments there and above."""
        *missing, last = _scopes(self._instance_id)
        for scope in missing:
            try:
                return scope, await self._list(scope, "atScope()", f"the role assignments at {scope} and above")
            except InvalidRequest as error:
                if error.status != 404:
                    raise
        return last, await self._list(last, "atScope()", f"the role assignments at {last} and above")

    async def _list_of(self, tenant: Tenant, scope: str) -> list[RoleAssignment]:
        who = f"tenant {tenant.name}"
        principal_id = tenant.principal_id
        found = await self._list(scope, f"principalId eq '{principal_id}'", f"the role assignments of {who}")
        if tenant.principal_type in _WHOSE_GROUPS_ARE_LISTED:
            found += await self._list(
                scope, f"assignedTo('{principal_id}')", f"the groups of {who}", refusal_counts=False
            )
        return found

    async def _list(self, scope: str, filter_: str, what: str, *, refusal_counts: bool = True) -> list[RoleAssignment]:
        documents = await self._unless_denied(
            lambda: self._client.list_role_assignments(scope, filter_), what, refusal_counts=refusal_counts
        )
        assignments = map(RoleAssignment.from_mapping, documents or ())
        return [item for item in assignments if is_at_or_above(item.scope, self._instance_id)]

    async def _read_roles(self, held: Iterable[Iterable[RoleAssignment]], scope: str) -> dict[str, RoleDefinition]:
        guids = sorted({item.role_guid for assignments in held for item in assignments})
        definitions = await asyncio.gather(*(self._read_role(guid, scope) for guid in guids))
        return {guid: item for guid, item in zip(guids, definitions, strict=True) if item is not None}

    async def _read_role(self, guid: str, scope: str) -> RoleDefinition | None:
        # Asked for at the scope: who may read there may read it, even without a right at its own, wider scope.
        role_definition_id = f"{scope}/providers/Microsoft.Authorization/roleDefinitions/{guid}"
        what = f"the role definition {guid}"

        async def ask() -> Mapping[str, Any] | None:
            found = await self._client.get_role_definition(role_definition_id)
            if found is None:
                self.unread.append(f"{what} (it is gone)")
            return found

        document = await self._unless_denied(ask, what)
        if document is None:
            return None
        return RoleDefinition.from_mapping(document)

    async def _unless_denied(
        self, ask: Callable[[], Awaitable[_Answer]], what: str, *, refusal_counts: bool = True
    ) -> _Answer | None:
        try:
            return await ask()
        except AccessDenied as error:
            self.unread.append(f"{what} ({error.action} is missing)")
        except InvalidRequest:
            # The directory lists nobody's groups for a caller that may not read it.
            if refusal_counts:
                raise
            self.unread.append(f"{what} (the directory does not list them)")
        return None


def _scopes(instance_id: str) -> list[str]:
    """The instance, its resource group, its subscription."""
    parts = instance_id.strip("/").split("/")
    return ["/" + "/".join(parts[:length]) for length in (len(parts), 4, 2)]


def _of_principal(assignments: Iterable[RoleAssignment], tenant: Tenant) -> list[RoleAssignment]:
    return [item for item in assignments if item.principal_id == tenant.principal_id.lower()]


def _distinct(assignments: Iterable[RoleAssignment]) -> list[RoleAssignment]:
    return list({item.assignment_id.lower(): item for item in assignments}.values())
