"""Waiting for a role assignment to reach a service, when Resource Manager says that it is there."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from twin_rbac.access.permissions import Permission, allow_data_action

Say = Callable[[str], None]
"""Takes one line for the person who waits."""

_LONGEST_WAIT = 600.0
"""Seconds: a new role assignment acts after up to 10 minutes (fact sheet adt-rbac, section 9)."""
_PAUSE = 5.0


class RolePropagation:
    """Decides about a 403 of a service: wait for the role that Resource Manager knows of, or believe it."""

    def __init__(
        self,
        list_permissions: Callable[[], Awaitable[list[Mapping[str, Any]]]],
        *,
        say: Say,
        allows: Callable[[Iterable[Permission], str], bool] = allow_data_action,
        place: str = "the instance",
        longest_wait: float = _LONGEST_WAIT,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Prepares the decision.

        Args:
            list_permissions: asks Resource Manager what the caller may do there.
            say: is told what is waited for.
            allows: whether permissions allow the action.
            place: what the role is to reach, for the lines that are said.
            longest_wait: seconds from an action's first 403 after which it is believed.
            clock: seconds, only ever growing.
            sleep: waits.
        """
        self._list_permissions = list_permissions
        self._say = say
        self._allows = allows
        self._place = place
        self._longest_wait = longest_wait
        self._clock = clock
        self._sleep = sleep
        self._since: dict[str, float] = {}
        self._pending: dict[str, asyncio.Task[bool]] = {}

    async def should_retry(self, action: str) -> bool:
        """Whether the refused action is worth another try; a pause is taken before it says so.

        Calls that are refused together share one question and one pause.
        """
        if action not in self._pending:
            task = asyncio.create_task(self._ask_and_pause(action))
            task.add_done_callback(lambda _: self._pending.pop(action, None))
            self._pending[action] = task
        return await asyncio.shield(self._pending[action])

    async def _ask_and_pause(self, action: str) -> bool:
        first = action not in self._since
        since = self._since.setdefault(action, self._clock())
        if self._clock() - since >= self._longest_wait:
            self._say(f"{action} did not reach {self._place} within {self._longest_wait / 60:g} minutes")
            return False
        permissions = [Permission.from_mapping(item) for item in await self._list_permissions()]
        if not self._allows(permissions, action):
            return False
        if first:
            self._say(f"waiting for {action} to reach {self._place}: Resource Manager says that the caller holds it")
        await self._sleep(_PAUSE)
        return True
