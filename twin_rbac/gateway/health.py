"""Whether the gateway runs, and whether what it needs can be reached."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from twin_rbac.clients.errors import AzureError, TwinNotFound
from twin_rbac.gateway.errors import GatewayError
from twin_rbac.gateway.handlers import Instance
from twin_rbac.gateway.roles import Roles
from twin_rbac.gateway.single_flight import SingleFlight

OK = "ok"
UNAVAILABLE = "unavailable"
UNKNOWN = "unknown"
GOOD_FOR = 5.0
"""Seconds for which what was seen is told again."""


def read_package_hash(root: Path) -> str | None:
    """The hash of the package that this runs from; None when it runs from anything else."""
    file = root / "package_hash.txt"
    return file.read_text(encoding="utf-8").strip() if file.is_file() else None


def health(package: str | None) -> Mapping[str, Any]:
    """What /healthz says: that this package runs, and nothing else, since nobody has to say who they are."""
    return {"status": OK, "package": package}


class Readiness:
    """Looks whether what the gateway needs can be reached, at most every few seconds, however many ask."""

    def __init__(
        self, roles: Roles, open_instance: Callable[[], Awaitable[Instance]], *, clock: Callable[[], float]
    ) -> None:
        self._roles = roles
        self._open_instance = open_instance
        self._clock = clock
        self._look = SingleFlight(self._look_once)
        self._seen: tuple[float, Mapping[str, Any]] | None = None

    async def check(self) -> Mapping[str, Any]:
        """What /readyz says. Whoever asks showed a token that was judged, so keys are there."""
        if self._seen is not None and self._clock() - self._seen[0] < GOOD_FOR:
            return self._seen[1]
        return await self._look.join()

    async def _look_once(self) -> Mapping[str, Any]:
        asked_at = self._clock()
        found = _readiness(OK, await _state(self._roles.check), await _state(self._check_instance))
        self._seen = (asked_at, found)
        return found

    async def _check_instance(self) -> None:
        # A twin that nobody made: the answer says that the gateway may read twins.
        try:
            await (await self._open_instance()).get_twin(f"readyz-{secrets.token_hex(16)}")
        except TwinNotFound:
            return


def readiness_without_keys() -> Mapping[str, Any]:
    """What /readyz says while no token can be judged: nothing else was looked at."""
    return _readiness(UNAVAILABLE, UNKNOWN, UNKNOWN)


def _readiness(keys: str, roles: str, instance: str) -> Mapping[str, Any]:
    checks = {"keys": keys, "roles": roles, "instance": instance}
    return {"status": OK if set(checks.values()) == {OK} else UNAVAILABLE, "checks": checks}


async def _state(check: Callable[[], Awaitable[None]]) -> str:
    try:
        await check()
    except (GatewayError, AzureError):
        return UNAVAILABLE
    return OK
