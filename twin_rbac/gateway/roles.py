"""Which roles a caller holds: one snapshot of the marker roles' assignments, which serves all callers."""

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from twin_rbac.access.assignments import RoleAssignment, roles_by_principal
from twin_rbac.gateway.errors import GroupsOverage, RolesUnavailable
from twin_rbac.gateway.identity import Caller
from twin_rbac.gateway.single_flight import SingleFlight

RENEWED_AFTER = 30.0
"""Seconds after which a snapshot is renewed by the next call that needs it, which does not wait for that."""
USABLE_FOR = 60.0
"""Seconds that a snapshot is trusted, from when it was asked for: so long a removed assignment may act."""
PAUSE = 2.0
"""Seconds between a renewal that failed and the next."""

ListAssignments = Callable[[], Awaitable[Iterable[Mapping[str, Any]]]]
"""The role assignments at and above the instance, as Resource Manager writes them."""


@dataclass(frozen=True)
class _Snapshot:
    roles: Mapping[str, frozenset[str]]
    """Object id -> role tags."""
    asked_at: float


class Roles:
    """Callers' roles, as they were at most a minute ago."""

    def __init__(
        self,
        list_assignments: ListAssignments,
        marker_roles: Mapping[str, str],
        *,
        instance_id: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._list_assignments = list_assignments
        self._marker_roles = marker_roles
        self._instance_id = instance_id
        self._clock = clock
        self._snapshot: _Snapshot | None = None
        self._failed_at: float | None = None
        self._renewal = SingleFlight(self._renew)

    async def of(self, caller: Caller) -> frozenset[str]:
        """The caller's roles: its own, and for a user those of the groups in its token.

        Raises:
            GroupsOverage: the token does not name the groups.
            RolesUnavailable: there is no snapshot to be trusted.
        """
        if caller.has_too_many_groups:
            raise GroupsOverage
        roles = (await self._current()).roles
        return frozenset().union(*(roles.get(holder, ()) for holder in (caller.object_id, *caller.groups)))

    async def check(self) -> None:
        """Whether roles are to be had.

        Raises:
            RolesUnavailable: they are not.
        """
        await self._current()

    async def _current(self) -> _Snapshot:
        snapshot = self._snapshot
        age = self._age(snapshot)
        if snapshot is not None and age < USABLE_FOR:
            if age >= RENEWED_AFTER and not self._is_pausing():
                self._renewal.start()
            return snapshot
        if self._is_pausing():
            raise RolesUnavailable
        renewed = await self._renewal.join()
        # Resource Manager may have taken longer than what it said is good for.
        if self._age(renewed) >= USABLE_FOR:
            raise RolesUnavailable
        return renewed

    async def _renew(self) -> _Snapshot:
        asked_at = self._clock()
        try:
            assignments = _read(await self._list_assignments())
        except Exception as error:
            # Whatever went wrong, an answer that cannot be read included: nobody is given roles by guessing.
            self._failed_at = self._clock()
            raise RolesUnavailable from error
        self._failed_at = None
        roles = roles_by_principal(assignments, self._marker_roles, instance_id=self._instance_id)
        self._snapshot = _Snapshot(roles, asked_at)
        return self._snapshot

    def _age(self, snapshot: _Snapshot | None) -> float:
        return float("inf") if snapshot is None else self._clock() - snapshot.asked_at

    def _is_pausing(self) -> bool:
        return self._failed_at is not None and self._clock() - self._failed_at < PAUSE


def _read(documents: Iterable[Mapping[str, Any]]) -> list[RoleAssignment]:
    """The assignments that can be read; one that cannot gives nobody anything, and is no reason to refuse all."""
    assignments = []
    for document in documents:
        with suppress(KeyError, TypeError, AttributeError):
            assignments.append(RoleAssignment.from_mapping(document))
    return assignments
