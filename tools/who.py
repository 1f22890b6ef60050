"""Who sees what on the local stack: asked through the gateway, with each tenant's own token."""

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from azure.core.credentials import AccessToken
from rich.console import Console
from rich.table import Table

from emulator.client import call_control
from emulator.commands import DIRECTORY
from emulator.entra.directory import GROUP, Directory
from emulator.entra.directory_file import load_directory
from emulator.errors import EmulatorError
from emulator.home import Home
from tools.documents import read_yaml
from tools.errors import ToolError
from tools.pulumi_local import LocalPulumi
from twin_rbac.clients.errors import AzureError
from twin_rbac.clients.instance import InstanceClient

NOBODY = "(none)"
STRANGER = "stranger"
"""Someone of the directory who can sign in and is no tenant."""
EVERYTHING = "SELECT * FROM DIGITALTWINS"
_FAR_AWAY = 4_000_000_000


@dataclass(frozen=True)
class Row:
    """One caller and the twins that the gateway shows it."""

    name: str
    twins: tuple[str, ...]

    @property
    def text(self) -> str:
        """The twins as one text."""
        return ", ".join(self.twins) or NOBODY


@dataclass(frozen=True)
class FixedToken:
    """A credential that is one token, whatever it is asked for."""

    token: str

    async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        """The token, which outlives what it is used for."""
        return AccessToken(self.token, _FAR_AWAY)

    async def close(self) -> None:
        """Nothing is open."""

    async def __aenter__(self) -> "FixedToken":
        """Opens nothing."""
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Closes nothing."""


def print_who(pulumi: LocalPulumi, *, out: TextIO = sys.stdout) -> None:
    """Prints one line a caller, `name  1, 2, A`; on a terminal, a table.

    Raises:
        ToolError: the gateway does not answer, or the stack has none.
    """
    rows = _read_rows(pulumi)
    if not out.isatty():
        for row in rows:
            print(f"{row.name}  {row.text}", file=out)
        return
    table = Table("Caller", "Twins that the gateway shows it")
    for row in rows:
        table.add_row(row.name, row.text)
    Console(file=out).print(table)


def find_callers(directory: Directory, tenants: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Tenant -> the principal that signs in as it: itself, or a member of the group; and the stranger.

    A tenant that nobody of the directory can sign in as is left out.
    """
    callers: dict[str, str] = {}
    for name, tenant in tenants.items():
        principal = directory.by_object_id(str(tenant["principalId"]))
        members = principal.members if principal and principal.type == GROUP else ()
        for candidate in (principal, *(directory.by_object_id(member) for member in members)):
            if candidate is not None and candidate.type != GROUP:
                callers.setdefault(name, candidate.name)
    if STRANGER in directory.sign_in_names:
        callers.setdefault(STRANGER, STRANGER)
    return callers


def natural_order(twin_id: str) -> tuple[bool, int, str]:
    """Sorts ids that are numbers first, in their order, then the others."""
    is_number = twin_id.isascii() and twin_id.isdigit()
    return (not is_number, int(twin_id) if is_number else 0, twin_id)


def _read_rows(pulumi: LocalPulumi) -> Sequence[Row]:
    outputs = pulumi.outputs()
    tenants = read_yaml(pulumi.stack.config_file).get("config", {}).get("digital-twins-rbac:tenants", {})
    # The clients of this process take the local Azure's certificates, and no proxy, from the environment.
    os.environ.clear()
    os.environ.update(pulumi.environ)
    try:
        callers = find_callers(load_directory(DIRECTORY), tenants)
        home = Home(pulumi.azure.folder)
        tokens = {name: _get_token(home, caller) for name, caller in callers.items()}
        return asyncio.run(_ask(outputs["gatewayEndpoint"], tokens, pulumi.azure.ca_bundle))
    except KeyError as exc:
        raise ToolError(f"the stack has no {exc.args[0]}; run `make up`") from exc
    except (AzureError, EmulatorError) as exc:
        raise ToolError(f"the gateway cannot be asked: {exc}") from exc


def _get_token(home: Home, caller: str) -> str:
    return str(call_control(home, "POST", "token", {"name": caller, "audience": None})["token"])


async def _ask(endpoint: str, tokens: Mapping[str, str], ca_file: Path) -> list[Row]:
    seen = await asyncio.gather(*(_list_twins(endpoint, token, ca_file) for token in tokens.values()))
    return [Row(name, twins) for name, twins in zip(tokens, seen, strict=True)]


async def _list_twins(endpoint: str, token: str, ca_file: Path) -> tuple[str, ...]:
    async with InstanceClient(endpoint, FixedToken(token), ca_file=ca_file) as client:
        twins = [str(row["$dtId"]) async for row in client.query(EVERYTHING)]
    return tuple(sorted(twins, key=natural_order))
