"""What the benchmarks of role tags build their runs of."""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from azure.core.credentials import AccessToken

from benchmarks.no_op_server import ROLE, twin_name
from twin_rbac.clients.instance import InstanceClient
from twin_rbac.clients.rate import Rate
from twin_rbac.role_tags.model import TagRules, TwinTags
from twin_rbac.role_tags.plan import Plan, Planner

RULES = TagRules(roles=(ROLE, "Fire", "Wind"))
TOKEN = "x" * 1200
"""As long as tokens of Entra are."""


class Credential:
    """A credential that has its token at hand."""

    async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        """The token."""
        return AccessToken(TOKEN, int(time.time()) + 86_400)

    async def close(self) -> None:
        """Holds nothing open."""

    async def __aenter__(self) -> "Credential":
        return self

    async def __aexit__(self, *_exception: object) -> None:
        """Holds nothing open."""


def open_client(endpoint: str, ca_file: Path, *, rate: Rate | None = None) -> InstanceClient:
    """Our client, as the product makes it."""
    return InstanceClient(endpoint, Credential(), rate=rate, ca_file=ca_file)


def create_plan(numbers: Iterable[int]) -> Plan:
    """A plan that gives each of the twins its first role tag; they have a map of tags."""
    desired = {twin_name(number): ROLE for number in numbers}
    planner = Planner(RULES, desired)
    for twin_id in desired:
        planner.look_at(TwinTags(twin_id=twin_id, etag='W/"0"', tags={}))
    return planner.finish()
