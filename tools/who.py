"""Roles and the twins that carry them, read back from the instance of the local stack."""

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TextIO

from rich.console import Console
from rich.table import Table

from tools.documents import read_yaml
from tools.errors import ToolError
from tools.pulumi_local import LocalPulumi
from twin_rbac.clients.cloud import Cloud
from twin_rbac.clients.errors import AzureError
from twin_rbac.role_tags.errors import RoleTagsError
from twin_rbac.role_tags.manifest import Manifest, load_manifest
from twin_rbac.role_tags.model import TwinTags
from twin_rbac.role_tags.reconcile import Target, read_existing

NOBODY = "(none)"


@dataclass(frozen=True)
class Row:
    """One role and its twins; an unlisted twin is marked as such."""

    role: str
    twins: tuple[str, ...]

    @property
    def text(self) -> str:
        """The twins as one text."""
        return ", ".join(self.twins) or NOBODY


def print_who(pulumi: LocalPulumi, *, out: TextIO = sys.stdout) -> None:
    """Prints one line a role, `name  1, 2, A`; on a terminal, a table.

    Raises:
        ToolError: the instance cannot be read.
    """
    rows = _read_rows(pulumi)
    if not out.isatty():
        for row in rows:
            print(f"{row.role}  {row.text}", file=out)
        return
    table = Table("Role", "Twins that carry it")
    for row in rows:
        table.add_row(row.role, row.text)
    Console(file=out).print(table)


def make_rows(manifest: Manifest, existing: Mapping[str, TwinTags]) -> list[Row]:
    """The roles in the manifest's order, the twins with those named by a number first, each in its order."""
    carriers: dict[str, list[str]] = {role: [] for role in manifest.rules.roles}
    for twin_id in sorted(existing, key=_natural_order):
        role = manifest.rules.role_of(existing[twin_id])
        if role in carriers:
            carriers[role].append(twin_id if twin_id in manifest.twins else f"{twin_id} (unlisted)")
    return [Row(role, tuple(twins)) for role, twins in carriers.items()]


def _natural_order(twin_id: str) -> tuple[bool, int, str]:
    is_number = twin_id.isascii() and twin_id.isdigit()
    return (not is_number, int(twin_id) if is_number else 0, twin_id)


def _read_rows(pulumi: LocalPulumi) -> Sequence[Row]:
    outputs = pulumi.outputs()
    config = read_yaml(pulumi.stack.config_file).get("config", {})
    # This process becomes the principal; the credential is taken from the environment, as everywhere.
    os.environ.clear()
    os.environ.update(pulumi.environ)
    try:
        manifest = load_manifest(pulumi.stack.project / config["digital-twins-rbac:manifest"])
        target = Target(
            endpoint=outputs["digitalTwinsEndpoint"],
            instance_id=outputs["instanceId"],
            cloud=Cloud.from_mapping(config["digital-twins-rbac:cloud"]),
        )
        existing = asyncio.run(read_existing(target, manifest.rules, manifest.twins))
    except KeyError as exc:
        raise ToolError(f"the stack has no {exc.args[0]}; run `make up`") from exc
    except (AzureError, RoleTagsError) as exc:
        raise ToolError(f"the twins cannot be read back: {exc}") from exc
    return make_rows(manifest, existing)
