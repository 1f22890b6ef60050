"""Whether the gateway runs, and whether what it needs can be reached."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from twin_rbac.clients.errors import AzureError, TwinNotFound
from twin_rbac.gateway.errors import GatewayError
from twin_rbac.gateway.handlers import Instance
from twin_rbac.gateway.roles import Roles

OK = "ok"
UNAVAILABLE = "unavailable"
UNKNOWN = "unknown"


def read_package_hash(root: Path) -> str | None:
    """The hash of the package that this runs from; None when it runs from anything else."""
    file = root / "package_hash.txt"
    return file.read_text(encoding="utf-8").strip() if file.is_file() else None


def health(package: str | None) -> Mapping[str, Any]:
    """What /healthz says: that this package runs, and nothing else, since nobody has to say who they are."""
    return {"status": OK, "package": package}


async def readiness(roles: Roles, open_instance: Callable[[], Awaitable[Instance]]) -> Mapping[str, Any]:
    """What /readyz says. Whoever asks showed a token that was judged, so keys are there."""

    async def check_instance() -> None:
        # A twin that nobody made: the answer says that the gateway may read twins.
        try:
            await (await open_instance()).get_twin(f"readyz-{secrets.token_hex(16)}")
        except TwinNotFound:
            return

    return _readiness(OK, await _state(roles.check), await _state(check_instance))


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
